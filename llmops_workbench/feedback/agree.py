"""The operation `agree`."""

import html
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import QueueRef
from llmops_workbench.core.results import Result, Volatile

# Resampling every item with many annotators costs seconds; this many give two digits.
RESAMPLES = 300


class Agreement(BaseModel):
    """One measure of agreement with its interval.

    Attributes:
        measure: How it was computed.
        value: 1 is perfect, 0 is chance.
        lower: Lower end of the 95 % interval, items drawn with replacement.
        upper: Upper end.
        items: Items that it rests on.
    """

    measure: str
    value: float | None
    lower: float | None
    upper: float | None
    items: int


class AgreementReport(Result):
    """How far people agree with each other, and a model with them.

    Attributes:
        people: Agreement among human annotators.
        model: Agreement of the model with what most people say, beyond chance.
        same: The share of items on which the model says what most people say.
        model_name: The annotator that is the model.
        confusion: What people say (outer) against what the model says (inner), counted.
        undecided: Items on which people are split evenly; they are left out against the model.
    """

    view: ClassVar[str] = "agreement"

    queue: Volatile[str]
    items: int
    annotators: int
    labels: int
    people: list[Agreement]
    model: list[Agreement] = []
    same: Agreement | None = None
    model_name: Volatile[str | None] = None
    confusion: dict[str, dict[str, int]] = {}
    undecided: int = 0

    def headline(self) -> dict[str, float]:
        """Give each measure."""
        found = {f"people.{a.measure}": a.value for a in self.people}
        found |= {f"model.{a.measure}": a.value for a in self.model}
        if self.same is not None:
            found["model.same"] = self.same.value
        return {name: value for name, value in found.items() if value is not None}

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line a measure."""
        lines = [{"between": "people", **a.model_dump()} for a in self.people]
        lines += [{"between": "people and model", **a.model_dump()} for a in self.model]
        return lines + (
            [{"between": "people and model", **self.same.model_dump()}] if self.same else []
        )

    def html_body(self) -> str:
        """Give the measures as a table."""
        lines = "".join(
            f"<tr><td>{html.escape(str(row['between']))}</td>"
            f"<td>{html.escape(str(row['measure']))}</td><td>{_number(row['value'])}</td>"
            f"<td>{_number(row['lower'])} … {_number(row['upper'])}</td>"
            f"<td>{row['items']}</td></tr>"
            for row in self.frame_rows()
        )
        head = "".join(
            f"<th>{name}</th>" for name in ("between", "measure", "value", "95 % interval", "items")
        )
        return f"<p>{html.escape(self.queue)}</p><table><tr>{head}</tr>{lines}</table>"


@operation(stage="feedback")
def agree(
    queue: QueueRef,
    *,
    question: str = "label",
    level: Literal["nominal", "ordinal", "interval"] = "nominal",
    model: str = "",
    threshold: float | None = None,
    low: str = "negative",
    high: str = "positive",
    resamples: Annotated[int, Field(ge=50)] = RESAMPLES,
) -> AgreementReport:
    """Measure how far annotators agree, and how far a model agrees with them.

    Among people: Krippendorff's alpha, which allows missing labels. Between the model and what
    most people say: Cohen's kappa and Gwet's AC1, which stays sensible when nearly all items are
    of one kind. People's numbers can be cut into two names, to be compared with a model's words.

    Args:
        queue: Which queue.
        question: Which question of it.
        level: How values are compared: as names, by rank, or by distance.
        model: The annotator that is the model; the only one from a model when left out.
        threshold: Numbers above it become the name high, those below it low, for the comparison
            with the model; equal ones take no side.
        low: The name below the threshold.
        high: The name above the threshold.
        resamples: How many sets of items are drawn for an interval.

    Raises:
        NotFoundError: There is no such queue or model in it.
        DataError: No item has two labels.

    Example:
        llmops agree reviews --level interval --threshold 0
    """
    from llmops_workbench.feedback.agreeing import among_people, majority, with_model
    from llmops_workbench.tracking import events

    current = events.current_labels(queue.name, schema=question)
    if not current:
        raise NotFoundError(f"{queue} has no labels for the question '{question}'")
    people = [event for event in current if event["source"] != "model"]
    machines = sorted({event["annotator"] for event in current if event["source"] == "model"})
    if model and model not in machines:
        raise NotFoundError(
            f"no model called '{model}' has labelled in {queue}; "
            f"there is {', '.join(machines) or 'none'}"
        )
    if not model and len(machines) > 1:
        raise UsageError(f"several models have labelled: give --model, one of {machines}")
    chosen = model or (machines[0] if machines else None)
    if not people:
        raise DataError(f"{queue} has no labels of people")
    measured = among_people(people, level, resamples)
    against: list[Agreement] = []
    same: Agreement | None = None
    confusion: dict[str, dict[str, int]] = {}
    undecided = 0
    if chosen is not None:
        said = {
            event["item"]: str(event["value"])
            for event in current
            if event["source"] == "model" and event["annotator"] == chosen
        }
        most, undecided = majority(people, threshold, low, high)
        against, same, confusion = with_model(most, said, resamples)
    return AgreementReport(
        run_id=context.current().run_id,
        queue=str(queue),
        items=len({event["item"] for event in current}),
        annotators=len({event["annotator"] for event in current}),
        labels=len(current),
        people=measured,
        model=against,
        same=same,
        model_name=chosen,
        confusion=confusion,
        undecided=undecided,
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
