"""`gate` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import evaluated


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    run = evaluated(workspace)
    return [
        {"run": run, "rules": ["failed == 0"]},
        {"run": run, "rules": ["accuracy.value >= 0", "failed == 0"]},
    ]
