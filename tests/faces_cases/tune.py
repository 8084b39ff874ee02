"""`tune` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import TEMPLATE


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    given = {
        "model": "tiny",
        "data": "reviews",
        "name": "tuned",
        "prompt": TEMPLATE,
        "target": "label",
    }
    return [given, {**given, "method": "full", "steps": 2, "limit": 4, "seed": 5}]
