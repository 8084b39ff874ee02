"""The Python face: functions that are the operations."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import llmops_workbench as lw
from llmops_workbench.core import operations
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.workspace import Workspace

PACKAGE = Path(lw.__file__).parent


def test_a_verb_has_the_signature_and_the_help_of_its_operation() -> None:
    operation = operations.get("echo")
    assert inspect.signature(lw.echo) == inspect.signature(operation.function)
    assert lw.echo.__doc__ == operation.function.__doc__
    assert lw.echo.__name__ == "echo"


def test_a_verb_is_called_by_place_or_by_name(inside: Workspace) -> None:
    assert lw.echo("hi", ["a"], loud=True).given["words"] == ["a"]
    with pytest.raises(UsageError, match="did you mean 'loud'"):
        lw.echo("hi", lod=True)
    with pytest.raises(UsageError, match="echo"):
        lw.echo("hi", [], "too", "many")
    with pytest.raises(UsageError, match="echo needs text"):
        lw.echo()


def test_a_file_may_stand_for_its_text(inside: Workspace) -> None:
    (inside.root / "note.txt").write_text("long\n", encoding="utf-8")
    assert lw.echo("hi", note="note.txt").given["note"] == "long\n"
    assert lw.echo("hi", note="no file").given["note"] == "no file"


def test_an_unknown_name_suggests_the_nearest_verb() -> None:
    with pytest.raises(AttributeError, match="did you mean 'echo'"):
        lw.ehco  # noqa: B018
    assert not hasattr(lw, "_repr_html_")


def test_the_verbs_are_listed() -> None:
    assert set(operations.index()) <= set(dir(lw))
    assert {"score", "step", "open", "workspace", "load_ipython_extension"} <= set(dir(lw))


def test_no_verb_is_named_like_a_room_or_a_module() -> None:
    """Importing a sub-package would replace the attribute of that name."""
    rooms = {path.stem for path in PACKAGE.iterdir()}
    assert not rooms & {*operations.index(), "score", "step", "open", "workspace"}


def test_an_opened_workspace_is_used(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmops_workbench.faces import functions

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(functions, "_opened", None)
    opened = lw.open(workspace.root)
    assert lw.workspace() is opened
    assert lw.echo("hi").given["text"] == "hi"


def test_lists_of_the_defaults_are_not_shared(inside: Workspace) -> None:
    first = lw.echo("a").given["words"]
    first.append("x")
    assert lw.echo("b").given["words"] == []


def test_the_score_of_the_contract() -> None:
    found = lw.score("exact_match", ["a", "b"], ["a", "c"])
    assert found.value == 0.5
    assert found.rows == [1.0, 0.0]
    assert found.interval is not None


def test_importing_the_package_imports_almost_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import llmops_workbench\n"
        "print(sorted(m for m in set(sys.modules) - before if m.startswith('llmops')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "['llmops_workbench', 'llmops_workbench.version']"
