"""The command line as a user meets it, and one whole life of a small model to look at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.cli import main
from tests.acceptance.chain import LLMOPS, write_sources
from tests.preparing import as_the_job
from tests.tiny import make_tiny

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "env": "sk-canary-in-the-environment-9917",
    "file": "sk-canary-in-a-file-7261",
    "literal": "sk-canary-on-the-command-line-5523",
}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random model of 64 dimensions."""
    return make_tiny(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Path:
    """A workspace with a dataset, a prompt and a model; to be copied, not to be written to."""
    folder = tmp_path_factory.mktemp("stocked") / "workspace"
    folder.mkdir()
    write_sources(folder)
    here = Path.cwd()
    os.chdir(folder)
    try:
        for words in (
            ["init", "."],
            ["fetch", str(tiny), "--name", "tiny"],
            ["prepare", "reviews.csv", "--recipe", "recipe.yaml", "--name", "reviews"],
            ["prompt", "polarity", "--text", "Review: {{text}}\nIs it pos or neg?"],
        ):
            assert main([*words, "--quiet"]) == 0
    finally:
        os.chdir(here)
    Workspace(folder).store.engine.dispose()
    return folder


@pytest.fixture
def inside(stocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the stocked workspace that the process stands in."""
    folder = tmp_path / "workspace"
    shutil.copytree(stocked, folder)
    monkeypatch.chdir(folder)
    return folder


@dataclass
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object on the last line of standard output."""
        return json.loads(self.out.splitlines()[-1])


Llmops = Callable[..., Said]


@pytest.fixture
def llmops(capfd: pytest.CaptureFixture[str]) -> Llmops:
    """Run a command in this process, a job too, with `--json` and without progress."""

    def run(*words: str) -> Said:
        capfd.readouterr()
        with as_the_job():
            code = main([*words, "--json", "--quiet"])
        shown = capfd.readouterr()
        return Said(code, shown.out, shown.err)

    return run


def shell(folder: Path, *words: str, prefix: tuple[str, ...] = (), **environment: str) -> Said:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [*prefix, *LLMOPS, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def refused(said: Said, *parts: str, code: int = 2) -> str:
    """Hold that a command ended with one sentence that has these parts, and give it."""
    assert said.code == code, said
    lines = said.err.splitlines()
    assert len(lines) == 1, said.err
    assert "Traceback" not in said.err
    assert said.json["error"] == lines[0]
    assert said.json["exit_code"] == code
    for part in parts:
        assert part in lines[0], lines[0]
    return lines[0]


def until(look: Callable[[], Any], seconds: float = 240.0) -> Any:
    """Wait until something is so, and give it."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"nothing came within {seconds:.0f} s"
        time.sleep(0.05)


@cache
def permits(*command: str) -> bool:
    """Tell whether this machine lets us run something, such as `unshare -rn`."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "true"], capture_output=True).returncode == 0


NO_NETWORK = ("unshare", "-rn")
WATCHED = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect", "-o", "/dev/null")


@dataclass
class Life:
    """A workspace that a whole life was led in, and what each step printed.

    Attributes:
        folder: The workspace.
        steps: By name: words, code, stdout, stderr.
        connects: What strace saw of its connections; None when it could not watch.
        offline: Whether it was led without a network.
    """

    folder: Path
    steps: dict[str, dict[str, Any]]
    connects: str | None
    offline: bool

    def json(self, step: str) -> dict[str, Any]:
        """Give the object that a step printed."""
        return json.loads(self.steps[step]["stdout"].splitlines()[-1])


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Life:
    """One life, led without a network and watched, where this machine permits that."""
    base = tmp_path_factory.mktemp("life")
    folder, trace, key = base / "workspace", base / "connects", base / "key"
    key.touch(mode=0o600)
    key.write_text(SECRETS["file"] + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "tests.acceptance.chain", str(folder), str(tiny)]
    watched = permits(*WATCHED)
    if watched:
        command = [*WATCHED[:-1], str(trace), *command]
    offline = permits(*NO_NETWORK)
    if offline:
        command = [*NO_NETWORK, *command]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={
            **os.environ,
            "SERVE_KEY": SECRETS["env"],
            "KEY_FILE": str(key),
            "KEY_LITERAL": SECRETS["literal"],
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Life(
        folder=folder,
        steps=json.loads(folder.with_suffix(".json").read_text(encoding="utf-8")),
        connects=trace.read_text(encoding="utf-8") if watched else None,
        offline=offline,
    )
