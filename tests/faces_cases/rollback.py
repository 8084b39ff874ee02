"""`rollback` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import do


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    for version in (1, 2):
        do(
            workspace,
            "promote",
            model=f"model:tiny@{version}",
            to="champion",
            without_gate="a trial",
        )
    return [
        {"model": "model:tiny@champion"},
        {"model": "model:tiny@champion", "reason": "it's worse"},
    ]
