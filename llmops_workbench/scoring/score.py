"""Score predictions against references, with an interval and a count of what failed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import DataError, LLMOpsError
from llmops_workbench.scoring.metric import METRICS, Metric, Scored, one_of
from llmops_workbench.scoring.rows import Rows, read_rows
from llmops_workbench.scoring.statistics.intervals import (
    RESAMPLES,
    SEED,
    Interval,
    bootstrap,
    mean_interval,
    wilson,
    z_value,
)
from llmops_workbench.scoring.tokenizers import KNOWN, MOST_DROPPED, dropped, refuse_dropping

if TYPE_CHECKING:
    import pandas as pd

    from llmops_workbench.scoring.statistics.intervals import Floats, FromSums


@dataclass(frozen=True)
class Score:
    """A score of many rows.

    Attributes:
        metric: Name of the metric.
        value: The score over all rows that could be scored, in the metric's own unit; None when
            there is none.
        rows: One score per row given; None for a row that failed.
        interval: Confidence interval of the value; None when one row of an unbounded metric says
            nothing about the spread.
        n: Rows that were scored.
        failed: Rows that were not.
        options: What was used: the metric's options (the tokenizer that "auto" picked, the
            signature of sacrebleu), `confidence`, `seed` and `interval`, the method.
        notes: Sentences that a reader of the number should see.
        failures: Why a row failed, by its place.
    """

    metric: str
    value: float | None
    rows: list[float | None]
    interval: Interval | None
    n: int
    failed: int
    options: dict[str, Any]
    notes: tuple[str, ...] = ()
    failures: dict[int, str] = field(default_factory=dict)
    # For paired tests: statistics of the scored rows, by their order, and the corpus formula.
    statistics: Floats | None = field(default=None, repr=False, compare=False)
    from_sums: FromSums | None = field(default=None, repr=False, compare=False)

    @property
    def normalized(self) -> float | None:
        """The value on a scale from 0, the worst, to 1, identical text, to compare across metrics.

        TER has no worst score; 100 edits per 100 words and more count as 0.
        """
        if self.value is None:
            return None
        part = METRICS.get(self.metric)
        lowest, highest = part.range
        if not math.isfinite(highest):
            highest = lowest + 100
        share = (self.value - lowest) / (highest - lowest)
        return min(1.0, max(0.0, share if part.higher_is_better else 1 - share))

    def to_dict(self) -> dict[str, Any]:
        """Give the result as JSON values, without the rows."""
        return {
            "metric": self.metric,
            "value": self.value,
            "lower": self.interval.lower if self.interval else None,
            "upper": self.interval.upper if self.interval else None,
            "n": self.n,
            "failed": self.failed,
            "options": self.options,
            "notes": list(self.notes),
        }

    def to_frame(self) -> pd.DataFrame:
        """Give one line per row: its place, its score, and why it failed."""
        import pandas as pd

        return pd.DataFrame(
            {
                "row": range(len(self.rows)),
                self.metric: pd.array(self.rows, dtype="Float64"),
                "failure": [self.failures.get(place) for place in range(len(self.rows))],
            }
        )


def score(
    metric: str,
    predictions: Iterable[Any],
    references: Iterable[Any],
    *,
    confidence: float = 0.95,
    seed: int = SEED,
    resamples: int = RESAMPLES,
    **options: Any,
) -> Score:
    """Score predictions against references by a metric.

    BLEU and chrF keep sacrebleu's scale, 0 to 100; TER counts edits per 100 words, 0 is best; all
    others go from 0 to 1. An identical pair has the metric's best score (`METRICS.get(name).best`),
    and `.normalized` 1.

    Args:
        metric: Its name, such as "rougeL"; `METRICS.names()` lists them.
        predictions: One per row.
        references: One per row, or a list of several per row.
        confidence: Level of the interval.
        seed: Makes the bootstrap repeatable.
        resamples: Draws of the bootstrap.
        **options: The metric's own, such as `tokenizer` or `stemmer`.

    Returns:
        The score. A row that is missing, not a number, or no proper text is counted as failed and
        the others go on.

    Raises:
        NotFoundError: There is no such metric; the nearest is named.
        UsageError: An option is wrong, the lengths differ, or a tokenizer would drop the text.
        DataError: A metric gave a score that its kind or range does not allow.

    Example:
        score("bleu", ["你好世界"], ["你好，世界"], tokenizer="zh").value
    """
    part = METRICS.get(metric)
    z_value(confidence)
    part.check_options({name: one for name, one in options.items() if name != "tokenizer"})
    rows = read_rows(predictions, references)
    options, notes = _with_tokenizer(part, options, rows)
    failures = dict(rows.failures)
    scored = _run(part, rows, options, failures)
    places = [place for place, one in zip(rows.kept, scored.rows, strict=True) if one is not None]
    values = [float(one) for one in scored.rows if one is not None]
    _check(part, values)
    statistics = scored.statistics
    if statistics is not None and len(values) < len(scored.rows):
        statistics = statistics[[one is not None for one in scored.rows]]
    value = scored.value if scored.value is not None else _mean(values)
    interval, method = _interval(part, values, statistics, scored, confidence, seed, resamples)
    flat = interval is not None and interval.lower == interval.upper
    if flat and value is not None and not math.isclose(value, part.best):
        notes.append("all rows are alike, so that the interval has no width")
    by_place: list[float | None] = [None] * rows.count
    for place, one in zip(places, values, strict=True):
        by_place[place] = one
    for place in rows.kept:
        if by_place[place] is None:
            failures.setdefault(place, "the metric gave no score")
    used = {**part.options, **options, **scored.options}
    used |= {"confidence": confidence, "seed": seed, "interval": method}
    return Score(
        metric,
        value if values else None,
        by_place,
        interval,
        len(values),
        rows.count - len(values),
        used,
        (*notes, *scored.notes),
        dict(sorted(failures.items())),
        statistics,
        scored.from_sums,
    )


def _with_tokenizer(
    part: Metric, options: dict[str, Any], rows: Rows
) -> tuple[dict[str, Any], list[str]]:
    """Settle the tokenizer, refuse one that would drop the text, and say what a reader should know.

    "auto" is settled by all references, also those of rows that failed: two systems on the same
    rows must get the same tokenizer, whatever they answered.
    """
    options = dict(options)
    asked = options.pop("tokenizer", "auto")
    if "tokenizer" not in part.options:
        if asked == "auto":
            return options, []
        one_of(part.name, "tokenizer", asked, KNOWN)
        note = f"{part.name} uses no tokenizer, so that tokenizer='{asked}' changes nothing"
        return options, [note]
    picked = asked
    about: tuple[str, ...] = ()
    if asked == "auto" and part.pick is not None:
        picked, about = part.pick(rows.all_references, options)
    elif asked != "auto":
        one_of(part.name, "tokenizer", asked, ("auto", *part.tokenizers))
    notes = list(about)
    if part.split is not None:
        tokenize = part.split(picked)
        expected = [one for row in rows.all_references for one in row]
        if asked != "auto" or picked != "words":  # beyond words, "auto" has nothing better
            refuse_dropping(part.name, picked, tokenize, "references", expected)
        if asked != "auto":
            refuse_dropping(part.name, picked, tokenize, "predictions", rows.predictions)
        elif (share := dropped(rows.predictions, tokenize)) > MOST_DROPPED:
            # The references decide; an answer in another script is wrong, not a wrong use.
            notes.append(
                f"tokenizer='{picked}' drops {share:.0%} of the predictions' letters and digits; "
                "tokenizer='words' keeps them"
            )
    return {**options, "tokenizer": picked}, notes


def _run(part: Metric, rows: Rows, options: dict[str, Any], failures: dict[int, str]) -> Scored:
    if not rows.kept:
        return Scored([])
    if not part.per_row:
        found = part.function(rows.predictions, rows.references, **options)
        return found if isinstance(found, Scored) else Scored(list(found))
    values: list[float | None] = []
    for place, prediction, several in zip(
        rows.kept, rows.predictions, rows.references, strict=True
    ):
        try:
            one = part.function(prediction, several, **options)
        except LLMOpsError:
            raise
        except Exception as error:  # a plug-in's fault on one row: counted and kept, others go on
            failures[place] = f"{type(error).__name__}: {error}"
            one = None
        values.append(None if one is None or math.isnan(one) else float(one))
    return Scored(values)


def _mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _check(part: Metric, values: list[float]) -> None:
    lowest, highest = part.range
    for one in values:
        # The reach of rounding: sacrebleu gives 100.00000000000004 for identical text.
        if not lowest - 1e-9 <= one <= highest + 1e-9:
            raise DataError(
                f"metric '{part.name}' gave {one}, outside its range {lowest} to {highest}"
            )
        if part.kind == "proportion" and one not in (0, 1):
            raise DataError(f"metric '{part.name}' is a proportion and gave {one}, not 0 or 1")


def _interval(
    part: Metric,
    values: list[float],
    statistics: Floats | None,
    scored: Scored,
    confidence: float,
    seed: int,
    resamples: int,
) -> tuple[Interval | None, str]:
    """Bound the value by what suits its kind, and say by what."""
    import numpy as np

    lowest, highest = part.range
    bounded = math.isfinite(lowest) and math.isfinite(highest)
    n = len(values)
    if n == 0:
        return None, "none: no row was scored"
    if part.kind == "proportion":
        return wilson(sum(values), n, confidence), "Wilson score"
    if n == 1:
        one_row = "the whole range: one row does not show a spread"
        return (Interval(lowest, highest), one_row) if bounded else (None, "none: one row")
    if statistics is not None and scored.from_sums is not None:
        drawn = bootstrap(
            statistics, scored.from_sums, confidence=confidence, seed=seed, resamples=resamples
        )
        return drawn, "BCa bootstrap of sums"
    rows = np.asarray(values)
    if bounded and (np.isin(rows, part.range).all() or rows.min() == rows.max()):
        # Rows that lie at the ends are a proportion; equal rows leave the bootstrap no spread. A
        # proportion of the same mean varies at least as much, so that its interval is safe.
        share = (rows.mean() - lowest) / (highest - lowest)
        bound = wilson(min(max(share * n, 0.0), n), n, confidence)
        scale = highest - lowest
        return Interval(lowest + scale * bound.lower, lowest + scale * bound.upper), "Wilson score"
    drawn = mean_interval(rows, confidence=confidence, seed=seed, resamples=resamples)
    return drawn, "BCa bootstrap of the mean"
