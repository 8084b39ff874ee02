"""`fetch` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.tiny import make_tiny


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    make_tiny(workspace.root / "random-llama")
    return [{"source": "./random-llama"}, {"source": "./random-llama", "name": "mine"}]
