"""Which workspace a result came from, which the result itself does not say."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from llmops_workbench.core.results import Result

# By the id of the result, which a frozen record with lists in it cannot be hashed by.
_homes: dict[int, Workspace] = {}


def remember(result: Result, workspace: Workspace | Path | str | None) -> None:
    """Remember where a result came from, while it lives."""
    found = find(workspace)
    if found is not None and id(result) not in _homes:
        _homes[id(result)] = found
        weakref.finalize(result, _homes.pop, id(result), None)


def home_of(result: Result) -> Workspace | None:
    """Give the workspace that a result came from, or else the one that is open here."""
    return _homes.get(id(result)) or find(None)


def find(workspace: Workspace | Path | str | None) -> Workspace | None:
    """Open a workspace as the verbs do; None when there is none."""
    from llmops_workbench.faces import functions

    if isinstance(workspace, Workspace):
        return workspace
    if workspace is None and functions.opened() is not None:
        return functions.opened()
    try:
        return Workspace.find(workspace)
    except LLMOpsError:
        return None
