"""`execute` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace

PIPELINE = """
name: small
parameters: {limit: 3}
steps:
  look: {template: ls, with: {kind: datasets, limit: "${{ parameters.limit }}"}}
"""


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    (workspace.root / "small.yaml").write_text(PIPELINE, encoding="utf-8")
    (workspace.root / "two.yaml").write_text(
        PIPELINE.replace("small", "two") + "  again: {template: ls, with: {kind: models}}\n",
        encoding="utf-8",
    )
    return [
        {"source": "small.yaml"},
        {"source": "two.yaml", "parameters": {"limit": 2}, "until": "look"},
    ]
