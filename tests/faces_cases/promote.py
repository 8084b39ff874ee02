"""`promote` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import do, evaluated


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    do(workspace, "gate", run=evaluated(workspace), rules=["failed == 0"])
    return [
        {"model": "model:tiny@2", "to": "champion"},
        {"model": "model:tiny@1", "to": "canary", "without_gate": "a trial; on one machine"},
    ]
