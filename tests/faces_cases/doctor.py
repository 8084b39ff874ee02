"""`doctor` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    return [{}]
