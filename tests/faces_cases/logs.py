"""`logs` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import set_aside


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    job = set_aside(workspace, "failed")
    return [{"job": job}, {"job": job, "follow": True, "lines": 3}]
