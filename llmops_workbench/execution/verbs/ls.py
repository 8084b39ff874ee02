"""The operation `ls`."""

import html
from typing import Annotated, Any, ClassVar

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import Kinds, check_kind
from llmops_workbench.core.results import Result, Volatile


class Listing(Result):
    """A page of things of one kind.

    Attributes:
        kind: What they are.
        items: Each with ref, hash, parents, created and what belongs to its kind.
        total: How many there are in all.
    """

    view: ClassVar[str] = "listing"

    kind: str
    items: Volatile[list[dict[str, Any]]]
    total: int

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line an item."""
        return self.items

    def text_rows(self) -> list[dict[str, Any]]:
        """Give what a person looks for in a list: what it is, how it is, how good, and since when.

        Columns that would be empty for all items are left out.
        """
        rows = [
            {
                "reference": item["ref"],
                "aliases": ", ".join(item.get("aliases") or []),
                "operation": item.get("operation", ""),
                "state": item.get("state", ""),
                "scores": _scores(item.get("scores") or {}),
                "created": str(item["created"])[:19].replace("T", " "),
            }
            for item in self.items
        ]
        used = [name for name in rows[0] if any(row[name] for row in rows)] if rows else []
        return [{name: row[name] for name in used} for row in rows]

    def html_body(self) -> str:
        """Give a table of the items."""
        lines = "".join(
            f"<tr><td>{html.escape(str(item['ref']))}</td>"
            f"<td>{html.escape(', '.join(item.get('aliases') or []))}</td>"
            f"<td>{html.escape(str(item.get('operation', '')))}</td>"
            f"<td>{html.escape(str(item.get('state', '')))}</td>"
            f"<td>{html.escape(_scores(item.get('scores') or {}))}</td>"
            f"<td>{html.escape(str(item['created']))}</td></tr>"
            for item in self.items
        )
        more = f"<p>{len(self.items)} of {self.total}</p>" if self.total > len(self.items) else ""
        titles = ("reference", "aliases", "operation", "state", "scores", "created")
        head = "<tr>" + "".join(f"<th>{title}</th>" for title in titles) + "</tr>"
        return f"<table>{head}{lines}</table>{more}"


def _scores(scores: dict[str, Any]) -> str:
    values = {
        name: score.get("value") if isinstance(score, dict) else score
        for name, score in scores.items()
    }
    return ", ".join(
        f"{name} {value:.3g}" for name, value in values.items() if isinstance(value, int | float)
    )


@operation(stage="everywhere", records=False)
def ls(
    kind: Kinds,
    *,
    where: str = "",
    limit: Annotated[int, Field(gt=0, le=10_000)] = 50,
    offset: Annotated[int, Field(ge=0)] = 0,
) -> Listing:
    """List what is in the workspace, the newest first.

    Args:
        kind: datasets, prompts, models, pipelines, runs, queues, endpoints or monitors.
        where: Part of a name, or conditions such as 'alias=champion' or 'state=failed'.
        limit: How many at most.
        offset: How many of the newest to leave out.

    Raises:
        UsageError: There is no such kind, or a condition cannot be read.

    Example:
        llmops ls models --where alias=champion
    """
    from llmops_workbench.tracking.catalogue import Catalogue

    single = check_kind(kind)
    items, total = Catalogue(context.workspace()).items(
        single, limit=limit, offset=offset, where=where or None
    )
    return Listing(kind=single, items=items, total=total)
