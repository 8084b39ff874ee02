"""`execute` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace

PIPELINE = """
name: small
parameters: {limit: 3}
steps:
  look: {template: explore, with: {source: reviews, limit: "${{ parameters.limit }}"}}
  again: {template: ls, with: {kind: datasets}, after: look}
"""


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    (workspace.root / "small.yaml").write_text(PIPELINE, encoding="utf-8")
    (workspace.root / "one.yaml").write_text(
        PIPELINE.replace("name: small", "name: one").replace("after: look", "after: []"),
        encoding="utf-8",
    )
    return [
        {"source": "one.yaml"},
        {"source": "small.yaml", "parameters": {"limit": 2}, "until": "look"},
    ]
