"""`dashboard` through all faces, without the server, which goes on until somebody closes it."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    return [
        {"dry_run": True},
        {"dry_run": True, "ref": "dataset:reviews", "port": 9999, "browser": False},
    ]
