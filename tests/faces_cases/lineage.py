"""`lineage` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    recipe = "steps:\n- select: [text]\n"
    invoke("prepare", {"source": "reviews", "recipe": recipe, "name": "texts"}, workspace=workspace)
    return [{"ref": "dataset:texts"}, {"ref": "dataset:reviews@1", "forward": True}]
