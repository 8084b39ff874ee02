"""The line that is shown does the same again."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import llmops_workbench as lw
from llmops_workbench.core import operations, replay
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.arguments import parse
from tests.faces.conftest import PLUGIN

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=10) | st.sampled_from(
    ["a\nb", "\u2028", '"a\\nb"', "a\x85", "\n"]
)
ARGUMENTS = st.fixed_dictionaries(
    {"text": TEXT},
    optional={
        "words": st.lists(TEXT, max_size=3),
        "tone": st.sampled_from(["warm", "cool"]),
        "times": st.none() | st.integers(1, 9),
        "rate": st.floats(-2, 2),
        "label": st.none() | TEXT | st.sampled_from(["none", '"none"', "-x", "--tone"]),
        "loud": st.booleans(),
        "extra": st.dictionaries(TEXT, st.integers() | TEXT | st.booleans(), max_size=2),
    },
)


def without_defaults(arguments: dict[str, Any]) -> dict[str, Any]:
    operation = operations.get("echo")
    checked = operation.validate(arguments)
    return {
        name: value
        for name, value in checked.items()
        if operation.parameter(name).required or value != operation.parameter(name).default
    }


@given(ARGUMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_magic_means_the_same(arguments: dict[str, Any]) -> None:
    line = replay.magic("echo", arguments, output="kept")
    assert line.startswith("%llmops echo ")
    assert len(line.splitlines()) == 1
    parsed = parse(operations.get("echo"), shlex.split(line)[2:], magic=True)
    assert parsed.output == "kept"
    assert without_defaults(parsed.arguments) == without_defaults(arguments)


@given(ARGUMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_python_line_means_the_same(arguments: dict[str, Any]) -> None:
    class Recorder:
        def echo(self, **given: Any) -> dict[str, Any]:
            return given

    found = eval(replay.python_line("echo", arguments), {"lw": Recorder()})
    assert without_defaults(found) == without_defaults(arguments)


def test_a_text_of_many_lines_becomes_the_cell(inside: Workspace) -> None:
    note = "one {{x}}\n  two 'quoted'\nLLMOPS\n"
    cell = replay.magic("echo", {"text": "hi", "note": note})
    assert cell == f"%%llmops echo --text hi\n{note}"


@pytest.mark.parametrize("note", ["one\nLLMOPS\n$HOME `x` 'y'\n", "a: 1\n"])
def test_the_shell_line_runs(inside: Workspace, tmp_path: Path, note: str) -> None:
    import json
    import sys

    command = tmp_path / "llmops"
    command.write_text(
        f'#!/bin/sh\nexec {sys.executable} -m llmops_workbench.faces.cli "$@" --json\n'
    )
    command.chmod(0o755)
    arguments = {"text": "it's $HOME", "words": ["a,b", "c"], "note": note, "loud": True}
    done = subprocess.run(
        ["sh", "-c", replay.shell("echo", arguments)],
        cwd=inside.root,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "LLMOPS_PLUGINS": str(PLUGIN),
        },
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["given"]
    assert {name: found[name] for name in arguments} == arguments


def test_what_equals_the_default_is_left_out() -> None:
    assert replay.python_line("echo", {"text": "hi", "rate": 0.5, "words": []}) == (
        "lw.echo(text='hi')"
    )
    assert lw.__version__
