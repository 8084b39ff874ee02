"""Scores as they stand in reports: JSON values with what a reader needs to judge them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    from llmops_workbench.scoring.score import Score


class MetricScore(BaseModel):
    """One number with what a reader needs to judge it.

    Attributes:
        value: Over all rows that could be scored.
        lower: Lower end of its confidence interval.
        upper: Upper end.
        n: Rows that were scored.
        failed: Rows that were not.
        method: How the interval was computed.
        options: What the metric used, such as the tokenizer.
        notes: Sentences that belong to the number.
    """

    value: float | None
    lower: float | None
    upper: float | None
    n: int
    failed: int = 0
    method: str = ""
    options: dict[str, Any] = {}
    notes: list[str] = []


class PairedScore(BaseModel):
    """The candidate's score minus the baseline's, on the rows that both answered."""

    difference: float
    lower: float
    upper: float
    p: float
    n: int
    method: str = ""


def metric_score(score: "Score") -> MetricScore:
    """Write a score down for a report."""
    return MetricScore(
        value=score.value,
        lower=score.interval.lower if score.interval else None,
        upper=score.interval.upper if score.interval else None,
        n=score.n,
        failed=score.failed,
        method=str(score.options.get("interval", "")),
        options={key: value for key, value in score.options.items() if key != "interval"},
        notes=list(score.notes),
    )


def paired_scores(
    scores: Mapping[str, "Score"], base_scores: Mapping[str, "Score"], *, told: bool = True
) -> dict[str, PairedScore]:
    """Compare two models on the same rows by each metric that both have.

    A metric by which no row could be scored for both is left out, and said where `told`.
    """
    from llmops_workbench.scoring.paired import paired

    found = {}
    for name, score in scores.items():
        if name not in base_scores:
            continue
        try:
            found[name] = PairedScore(**paired(score, base_scores[name])._asdict())
        except UsageError as error:
            if told:
                context.warn(f"{name} could not be compared: {error.message}")
    return found
