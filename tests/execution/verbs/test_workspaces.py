"""`init` and `upgrade` as verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmops_workbench.core.errors import WorkspaceError, outcome
from llmops_workbench.core.workspace import FILE, FORMAT, Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.tracking.catalogue import Catalogue


def test_a_folder_becomes_a_workspace_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "deep"
    made = invoke("init", {"folder": str(folder)})
    assert (made.created, made.format, Path(made.workspace)) == (True, FORMAT, folder)
    text = (folder / FILE).read_text(encoding="utf-8")
    Catalogue(Workspace.find(folder)).register("model", "m", hash=f"sha256-{1:064x}")
    again = invoke("init", {"folder": str(folder)})
    assert again.created is False
    assert (folder / FILE).read_text(encoding="utf-8") == text
    assert Catalogue(Workspace.find(folder)).names("model") == ["m"]


def test_the_folder_is_where_one_stands_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Path(invoke("init", {}).workspace) == tmp_path
    assert Path(invoke("upgrade", {}).workspace) == tmp_path


def test_what_cannot_be_a_workspace_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="cannot be written") as caught:
        invoke("init", {"folder": str(tmp_path / "file")})
    assert outcome(caught.value).exit_code == 2
    with pytest.raises(WorkspaceError, match="is not a workspace"):
        invoke("upgrade", {"folder": str(tmp_path)})
    made = invoke("init", {"folder": str(tmp_path / "newer")})
    file = Path(made.workspace) / FILE
    file.write_text(file.read_text().replace(f"format = {FORMAT}", f"format = {FORMAT + 1}"))
    for verb in ("init", "upgrade"):
        with pytest.raises(WorkspaceError, match="newer than"):
            invoke(verb, {"folder": made.workspace})


def test_what_is_current_is_left_as_it_is(tmp_path: Path) -> None:
    invoke("init", {"folder": str(tmp_path)})
    below = tmp_path / "notebooks"
    below.mkdir()
    report = invoke("upgrade", {"folder": str(below)})
    assert Path(report.workspace) == tmp_path
    assert report.before == report.after
    assert report.backup is None
