"""The view of a comparison: variants side by side, every answer in its cell."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError, NotFoundError
from llmops_workbench.core.views import Answer, View, answer, arrow_stream, view
from llmops_workbench.execution.shown_run import shown_run
from llmops_workbench.prompts.cells import Cells, Show
from llmops_workbench.prompts.earlier import earlier_run
from llmops_workbench.prompts.uses import best_variants, uses_of
from llmops_workbench.scoring import kept

if TYPE_CHECKING:
    import pyarrow as pa

# Rows of one range: more than any screen shows.
MOST_ROWS = 500
MOST_STARRED = 10_000
Place = Annotated[int, Field(ge=0)]
Starred = Annotated[list[int], Field(max_length=MOST_STARRED)]


@view
class GridView(View):
    """A comparison of prompts and models, from its run on the disk."""

    name = "grid"
    title = "Prompt grid"

    def state(self) -> dict[str, Any]:
        """Give the comparison's figures, or how far it is."""
        with context.activate(self.workspace):
            return self.report()

    @answer
    def report(self) -> dict[str, Any]:
        """Give the figures of all variants; before they are there, how far the run is."""
        head, result = shown_run(self.workspace, self.subject, self.held, "compare")
        if result is None:
            return head | {"variants": [], **_plan(head["arguments"])}
        shown = head | {name: result.get(name) for name in _FIELDS}
        shown |= {
            "prompts": len({column["prompt"] for column in result["columns"]}),
            "models": len({column["model"] for column in result["columns"]}),
            "cached": sum(column["cached"] for column in result["columns"]),
            "variants": [
                column | {"uses": self._uses(result, column)} for column in result["columns"]
            ],
            "best": best_variants(result),
            "metrics": [],
            "inputs": [],
            "source": False,
            "earlier": None,
            "missing": "",
        }
        try:
            cells = self._cells
        except LLMOpsError as error:
            # The figures stand in the run; only the answers are gone.
            return shown | {"missing": error.message}
        earlier = self._earlier
        return shown | {
            "metrics": cells.metrics,
            "inputs": cells.inputs,
            "source": cells.source is not None,
            "earlier": earlier and {"run": earlier["run"], "started": earlier["started"]},
        }

    @answer
    def counts(self, metric: str = "", search: str = "", starred: Starred = []) -> dict[str, int]:
        """Count the rows that each choice of `show` would leave, and the starred ones.

        Args:
            metric: What a failure is by.
            search: Words that must stand in the row.
            starred: Places of the starred rows.
        """
        return self._cells.counts(metric, search, starred)

    @answer
    def rows(
        self,
        start: Place,
        stop: Place,
        metric: str = "",
        show: Show = "all",
        search: str = "",
        sort: str = "row",
        descending: bool = False,
        only: Starred | None = None,
        against: Literal["", "earlier"] = "",
    ) -> Answer:
        """Give a range of rows with the answers of all variants; see `Cells.order` and `.range`.

        Args:
            start: The first row of the range, in the order that is asked for.
            stop: The row behind the last one.
            metric: What failures and the order by score are by.
            show: Which rows.
            search: Words that must stand in the row.
            sort: By what.
            descending: Whether the highest comes first.
            only: Places of rows, such as the starred ones.
            against: Whether the answers of the run before are given, too, as `bN`.
        """
        cells = self._cells
        order = cells.order(metric, show, search, sort, descending, only)
        table = cells.range(order[start : min(stop, start + MOST_ROWS)])
        if against == "earlier":
            table = self._with_earlier(table)
        return Answer({"total": len(order), "start": start}, (arrow_stream(table),))

    @answer
    def cell(self, place: Place, variant: Place, whole: bool = False) -> dict[str, Any]:
        """Give all that is kept of one cell: what was asked, said, expected, and what it cost.

        Args:
            place: The row, in the order of the data.
            variant: The column.
            whole: Whether texts are given to the end, however long they are.
        """
        return self._cells.detail(place, variant, kept.LONGEST if whole else kept.DETAILED)

    def static_html(self) -> str:
        """Give the variants with their scores and intervals, and a few answers."""
        from llmops_workbench.prompts.views._static import grid_page

        with context.activate(self.workspace):
            head, result = shown_run(self.workspace, self.subject, self.held, "compare")
            return grid_page(head, result)

    @cached_property
    def _finished(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The run and its result, which do not change any more."""
        head, result = shown_run(self.workspace, self.subject, self.held, "compare")
        if result is None:
            raise NotFoundError(f"{self.subject} has no answers yet: it is not finished")
        return head, result

    @cached_property
    def _cells(self) -> Cells:
        return Cells(self._finished[1])

    @cached_property
    def _earlier(self) -> dict[str, Any] | None:
        head, result = self._finished
        return earlier_run(head, result) if head["run"] else None

    def _with_earlier(self, table: pa.Table) -> pa.Table:
        """Add what the run before said to the same rows."""
        import pyarrow as pa

        if self._earlier is None:
            return table
        ids = self._row_ids.take(table.column("place")).to_pylist()
        for own, known in self._earlier_answers.items():
            said = [known.get(one) for one in ids]
            shown = [None if text is None else text[: kept.SHOWN] for text in said]
            table = table.append_column(f"b{own}", pa.array(shown, pa.string()))
        return table

    @cached_property
    def _row_ids(self) -> pa.ChunkedArray:
        return self._cells.table.column("row_id").slice(0, self._cells.rows)

    @cached_property
    def _earlier_answers(self) -> dict[int, dict[str, str | None]]:
        assert self._earlier is not None
        cells = Cells(self._earlier["report"])
        return {own: cells.answers(other) for own, other in self._earlier["variants"].items()}

    def _uses(self, result: dict[str, Any], column: dict[str, Any]) -> dict[str, Any]:
        return uses_of(result, column) if self.workspace is not None else {}


_FIELDS = (
    "data",
    "target",
    "choices",
    "n",
    "calls",
    "failed",
    "seconds",
    "differs",
    "more_rows",
    "scorers_failed",
    "cells",
)


def _plan(arguments: dict[str, Any]) -> dict[str, Any]:
    """Say of an unfinished comparison what it compares."""
    return {
        "data": arguments.get("data"),
        "prompts": len(arguments.get("prompts") or []),
        "models": len(arguments.get("models") or []),
    }
