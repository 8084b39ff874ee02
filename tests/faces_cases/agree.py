"""`agree` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.workspace import Workspace
from tests.preparing import do

RATINGS = "item,who,score\n" + "".join(
    f"{item},{who},{(item + shift) % 3}\n"
    for item in range(12)
    for who, shift in (("ada", 0), ("bob", 0 if item % 4 else 1), ("eve", 1 if item == 5 else 0))
)


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    (workspace.root / "ratings.csv").write_text(RATINGS, encoding="utf-8")
    do(
        workspace,
        "label",
        source="ratings.csv",
        queue="ratings",
        value="score",
        item="item",
        annotator="who",
    )
    return [{"queue": "ratings"}, {"queue": "ratings", "level": "interval", "resamples": 100}]
