"""`label` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace

RATINGS = "item,who,score\na,ada,1\na,bob,2\nb,ada,2\nb,bob,2\n"


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    (workspace.root / "ratings.csv").write_text(RATINGS, encoding="utf-8")
    given = {"source": "ratings.csv", "queue": "ratings", "value": "score"}
    return [
        {**given, "by": "ada"},
        {**given, "item": "item", "annotator": "who", "question": "tone", "origin": "human"},
    ]
