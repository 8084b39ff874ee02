"""`tag` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    ref = "dataset:reviews@1"
    invoke("tag", {"ref": ref, "tags": {"old": "yes", "kept": "1"}}, workspace=workspace)
    return [{"ref": ref}, {"ref": ref, "tags": {"fresh": "a=b c"}, "remove": ["old"]}]
