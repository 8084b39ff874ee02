"""`diff` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    text = (workspace.root / "reviews.csv").read_text(encoding="utf-8")
    changed = text.replace("dull and long,neg", "dull and long,pos") + "one more,pos\n"
    (workspace.root / "later.csv").write_text(changed, encoding="utf-8")
    return [
        {"before": "reviews.csv", "after": "later.csv"},
        {"before": "reviews", "after": "later.csv", "key": "text", "show": 1},
    ]
