"""Bringing a workspace of another format to this one."""

import re

import pytest

from llmops_workbench.core.errors import WorkspaceError
from llmops_workbench.core.workspace import FILE, FORMAT, Workspace, read_format, upgrade_format


def set_format(root, number):
    file = root / FILE
    file.write_text(re.sub(r"format = \d+", f"format = {number}", file.read_text()))


def test_an_older_one_is_brought_up_and_opens_again(tmp_path):
    root = Workspace.init(tmp_path / "w").root
    set_format(root, FORMAT - 1)
    below = root / "notebooks"
    below.mkdir()
    opened, *_ = upgrade_format(below)
    assert opened.root == root
    assert read_format(root) == FORMAT
    assert Workspace.find(root).store.revision() >= 0


def test_a_newer_one_is_refused_and_left_alone(tmp_path):
    root = Workspace.init(tmp_path / "w").root
    set_format(root, FORMAT + 1)
    with pytest.raises(WorkspaceError, match="newer than"):
        upgrade_format(root)
    assert read_format(root) == FORMAT + 1
