"""`fetch` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.models.conftest import make_tiny


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    make_tiny(workspace.root / "small", seed=2)
    return [{"source": "./small"}, {"source": "./small", "name": "smaller"}]
