"""The workspace folder: found, moved, and refused when it cannot be read."""

import re

import pytest

from llmops_workbench.core.errors import WorkspaceError
from llmops_workbench.core.workspace import FILE, FORMAT, Workspace


def test_init_twice_is_one_workspace(tmp_path):
    first = Workspace.init(tmp_path / "w")
    text = (tmp_path / "w" / FILE).read_text()
    assert Workspace.init(tmp_path / "w").root == first.root
    assert (tmp_path / "w" / FILE).read_text() == text


def test_it_is_found_upward(tmp_path, monkeypatch):
    made = Workspace.init(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Workspace.find().root == made.root


def test_the_environment_names_one(tmp_path, monkeypatch):
    made = Workspace.init(tmp_path / "w")
    monkeypatch.setenv("LLMOPS_WORKSPACE", str(made.root))
    monkeypatch.chdir(tmp_path)
    assert Workspace.find().root == made.root


def test_without_one_the_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkspaceError, match="llmops init"):
        Workspace.find()
    with pytest.raises(WorkspaceError, match="is not a workspace"):
        Workspace.find(tmp_path)


@pytest.mark.parametrize(
    ("found", "sentence"), [(FORMAT + 1, "newer than"), (FORMAT - 1, "llmops upgrade")]
)
def test_another_format_is_refused(tmp_path, found, sentence):
    file = Workspace.init(tmp_path).root / FILE
    file.write_text(re.sub(r"format = \d+", f"format = {found}", file.read_text()))
    with pytest.raises(WorkspaceError, match=sentence):
        Workspace.find(tmp_path)


def test_a_broken_file_is_refused(tmp_path):
    Workspace.init(tmp_path)
    (tmp_path / FILE).write_text("[workspace")
    with pytest.raises(WorkspaceError, match="is broken"):
        Workspace.find(tmp_path)


def test_it_moves_and_nothing_in_it_names_the_old_place(tmp_path):
    Workspace.init(tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")
    moved = Workspace.find(tmp_path / "after")
    for file in moved.root.rglob("*"):
        if file.is_file():
            assert b"before" not in file.read_bytes(), file


def test_the_user_is_the_hubs_then_the_settings(tmp_path, monkeypatch):
    opened = Workspace.init(tmp_path)
    assert opened.user()
    (tmp_path / FILE).write_text((tmp_path / FILE).read_text() + '\n[user]\nname = "Ada"\n')
    assert Workspace.find(tmp_path).user() == "Ada"
    monkeypatch.setenv("JUPYTERHUB_USER", "grace")
    assert Workspace.find(tmp_path).user() == "grace"
