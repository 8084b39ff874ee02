"""`evaluate` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import TEMPLATE


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    given = {"model": "tiny", "data": "reviews", "prompt": TEMPLATE, "target": "label"}
    return [
        {**given, "max_new_tokens": 2},
        {
            **given,
            "baseline": "model:tiny@1",
            "choices": ["pos", "neg"],
            "metrics": ["accuracy"],
            "slices": ["label"],
            "limit": 5,
        },
    ]
