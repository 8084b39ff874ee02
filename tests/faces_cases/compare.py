"""`compare` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import TEMPLATE


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    given = {"data": "reviews", "prompts": [TEMPLATE, "{{text}}, in short:"], "models": ["tiny"]}
    return [
        {**given, "target": "label", "max_new_tokens": 2},
        {
            **given,
            "models": ["model:tiny@1", "model:tiny@2"],
            "target": "label",
            "choices": ["pos", "neg"],
            "metrics": ["accuracy"],
            "limit": 4,
            "seed": 3,
        },
    ]
