"""`prompt` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    first = {"name": "polarity", "template": "Is this good?\n{{text}}\n"}
    invoke("prompt", first, workspace=workspace)
    return [
        {"name": "polarity"},
        {
            "name": "polarity",
            "template": "Good or bad:\n{{text}}\n",
            "description": "a shorter one",
            "against": "polarity@1",
        },
    ]
