"""The view of an evaluation: how good, how much better, where not, and in which rows."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError, NotFoundError
from llmops_workbench.core.views import Answer, View, answer, arrow_stream, view
from llmops_workbench.evaluation.examples import OUTCOMES, Examples, Outcome
from llmops_workbench.evaluation.traces import labels_of, nearest_training_rows
from llmops_workbench.evaluation.verdicts import verdicts
from llmops_workbench.execution.shown_run import shown_run
from llmops_workbench.scoring import kept

# Rows of one range: more than any screen shows.
MOST_ROWS = 500
Place = Annotated[int, Field(ge=0)]
Outcomes = Annotated[list[Outcome], Field(max_length=len(OUTCOMES))]


@view
class EvaluationView(View):
    """An evaluation, from its run on the disk."""

    name = "evaluation"
    title = "Evaluation"

    def state(self) -> dict[str, Any]:
        """Give the report with what gates said of it, or how far the run is."""
        with context.activate(self.workspace):
            return self.report()

    @answer
    def report(self) -> dict[str, Any]:
        """Give scores, differences, slices and verdicts; before they are there, how far it is."""
        head, result = shown_run(self.workspace, self.subject, self.held, "evaluate")
        if result is None:
            names = ("model", "baseline", "data", "prompt", "target")
            given = {name: head["arguments"].get(name) for name in names}
            return head | given | {"n": None, **verdicts(None, head["run"])}
        shown = head | {name: result.get(name) for name in _FIELDS}
        shown |= {
            "facts": [kept.metric_facts(name) for name in result["metrics"]],
            "outcomes": list(OUTCOMES),
            "inputs": [],
            "source": False,
            "missing": "",
        }
        shown |= verdicts(result, head["run"])
        if self.workspace is None:
            return shown | {"missing": "no workspace is open: the single rows cannot be read"}
        try:
            examples = self._examples
        except LLMOpsError as error:
            # The figures stand in the run; only the rows are gone.
            return shown | {"missing": error.message}
        return shown | {"inputs": examples.inputs, "source": examples.source is not None}

    @answer
    def counts(
        self, metric: str, search: str = "", column: str = "", value: str = ""
    ) -> dict[str, int]:
        """Count the rows of each outcome.

        Args:
            metric: What outcomes are by.
            search: Words that must stand in the row.
            column: Only rows of one part: the column …
            value: … and the value that they have there.
        """
        return self._examples.counts(metric, search, (column, value) if column else None)

    @answer
    def rows(
        self,
        start: Place,
        stop: Place,
        metric: str,
        outcomes: Outcomes = [],
        search: str = "",
        column: str = "",
        value: str = "",
        sort: str = "change",
        descending: bool = False,
    ) -> Answer:
        """Give a range of rows; see `Examples.order` and `Examples.range`.

        Args:
            start: The first row of the range, in the order that is asked for.
            stop: The row behind the last one.
            metric: What outcomes and scores are by.
            outcomes: Only these; all when empty.
            search: Words that must stand in the row.
            column: Only rows of one part: the column …
            value: … and the value that they have there.
            sort: By what.
            descending: The other way round.
        """
        part = (column, value) if column else None
        order = self._examples.order(metric, outcomes, search, part, sort, descending)
        shown = order[start : min(stop, start + MOST_ROWS)]
        table = self._examples.range(shown, metric)
        return Answer({"total": len(order), "start": start}, (arrow_stream(table),))

    @answer
    def row(self, place: Place, whole: bool = False) -> dict[str, Any]:
        """Give all that is kept of one row, and what people said about it.

        Args:
            place: The row, in the order of the data.
            whole: Whether texts are given to the end, however long they are.
        """
        found = self._examples.detail(place, kept.LONGEST if whole else kept.DETAILED)
        return found | {"labels": labels_of(found["row_id"])}

    @answer
    def nearest(self, place: Place) -> dict[str, Any]:
        """Find the rows that the model learned from which are most like one.

        Args:
            place: The row, in the order of the data.
        """
        examples = self._examples
        text = examples.detail(place)["text"]
        return nearest_training_rows(self._result, examples.inputs, text["text"] if text else "")

    def static_html(self) -> str:
        """Give scores, differences, slices and the rows that went wrong."""
        from llmops_workbench.evaluation.views._static import evaluation_page

        with context.activate(self.workspace):
            head, result = shown_run(self.workspace, self.subject, self.held, "evaluate")
            return evaluation_page(head, result, verdicts(result, head["run"])["gates"])

    @cached_property
    def _result(self) -> dict[str, Any]:
        result = shown_run(self.workspace, self.subject, self.held, "evaluate")[1]
        if result is None:
            raise NotFoundError(f"{self.subject} has no rows yet: it is not finished")
        return result

    @cached_property
    def _examples(self) -> Examples:
        return Examples(self._result)


_FIELDS = (
    "model",
    "baseline",
    "data",
    "prompt",
    "target",
    "choices",
    "n",
    "failed",
    "baseline_failed",
    "metrics",
    "baseline_metrics",
    "paired",
    "slices",
    "small_slices",
    "scorers_failed",
    "cached",
    "seconds",
    "rows",
)
