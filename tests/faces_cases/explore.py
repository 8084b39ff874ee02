"""`explore` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    return [
        {"source": "reviews.csv"},
        {"source": "dataset:reviews@1", "column": "text", "limit": 4, "near_threshold": 0.5},
    ]
