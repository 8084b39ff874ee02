"""`prepare` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace

PLAIN = "steps:\n- roles: {input: text, target: label}\n"
SPLIT = "steps:\n- dedup_exact: {column: text}\n- split: {train: 0.5, test: 0.5, seed: 7}\n"


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    return [
        {"source": "reviews.csv", "recipe": PLAIN, "name": "polarity"},
        {"source": "reviews", "recipe": SPLIT, "name": "halves"},
    ]
