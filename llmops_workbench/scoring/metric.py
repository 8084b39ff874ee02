"""What a metric is, and the registry of all of them.

A metric is a plain function. Most look at one row:

    @metric("shouts", kind="proportion", help="Whether the answer is in capitals.")
    def shouts(prediction: str, references: list[str]) -> float:
        return float(prediction.isupper())

A metric of the whole corpus, or one that is faster on many rows, takes all rows and gives `Scored`.
Its keyword-only arguments are its options.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.core.registry import Registry
from llmops_workbench.scoring.tokenizers import Tokenize

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats, FromSums

Kind = Literal["proportion", "mean", "corpus"]
Function = TypeVar("Function", bound=Callable[..., Any])
References = Sequence[Sequence[str]]
Pick = Callable[[References, Mapping[str, Any]], tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Scored:
    """What a metric of many rows gives back.

    Attributes:
        rows: One score per row; None where a row cannot be scored.
        options: What was really used, such as the tokenizer that "auto" picked.
        notes: Sentences that a reader of the number should see.
        value: The score of the whole; the mean of the rows when left out.
        statistics: Sufficient statistics, shape (n, k), of a corpus metric.
        from_sums: Turns summed statistics, shape (b, k), into b values.
    """

    rows: Sequence[float | None]
    options: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    value: float | None = None
    statistics: Floats | None = None
    from_sums: FromSums | None = None


@dataclass(frozen=True)
class Metric:
    """A metric with the facts about it.

    Attributes:
        name: What users call it.
        function: The plain function.
        kind: "proportion" for rows of 0 and 1, "mean" for other rows that are averaged, "corpus"
            for a value that is computed from sums over all rows.
        range: Lowest and highest score, in the metric's own unit; the highest may be infinite.
        higher_is_better: False for error rates.
        help: One line for a form.
        per_row: Whether the function takes one row rather than all.
        pick: What tokenizer="auto" means for these references and options, with notes; only for a
            metric that has a tokenizer.
        tokenizers: Names that the metric's option `tokenizer` takes beside "auto".
        split: The function behind a tokenizer's name, so that one which drops text is refused; left
            out when none of the metric's tokenizers can.
    """

    name: str
    function: Callable[..., Any]
    kind: Kind
    range: tuple[float, float]
    higher_is_better: bool
    help: str
    per_row: bool
    pick: Pick | None = None
    split: Callable[[str], Tokenize] | None = None
    tokenizers: tuple[str, ...] = ()

    @property
    def best(self) -> float:
        """The score of a prediction that is the same as its reference."""
        return self.range[1] if self.higher_is_better else self.range[0]

    @property
    def options(self) -> dict[str, Any]:
        """Names and defaults of the options."""
        parameters = inspect.signature(self.function).parameters.values()
        return {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}

    def check_options(self, given: dict[str, Any]) -> None:
        """Refuse an option that the metric does not have.

        Raises:
            UsageError: There is one; the nearest is named.
        """
        known = self.options
        for name in given:
            if name not in known:
                hint = did_you_mean(name, known) if known else "it has none"
                raise UsageError(f"metric '{self.name}' has no option '{name}'; {hint}")


METRICS: Registry[Metric] = Registry("metric", "llmops_workbench.scoring.metrics")


def metric(
    name: str,
    *,
    kind: Kind,
    help: str,
    range: tuple[float, float] = (0.0, 1.0),
    higher_is_better: bool = True,
    per_row: bool = True,
    pick: Pick | None = None,
    split: Callable[[str], Tokenize] | None = None,
    tokenizers: tuple[str, ...] = (),
) -> Callable[[Function], Function]:
    """Register a plain function as a metric; see `Metric` for the arguments."""

    def add(function: Function) -> Function:
        part = Metric(
            name, function, kind, range, higher_is_better, help, per_row, pick, split, tokenizers
        )
        METRICS.register(name)(part)
        return function

    return add


def one_of(metric_name: str, option: str, value: object, known: Sequence[str]) -> str:
    """Check the value of an option against its choices.

    Raises:
        UsageError: It is none of them; the nearest is named.
    """
    if isinstance(value, str) and value in known:
        return value
    raise UsageError(
        f"metric '{metric_name}' has no {option} '{value}'; {did_you_mean(str(value), known)}"
    )
