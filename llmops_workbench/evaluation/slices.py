"""The scores of parts of the rows, those that say something bad first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_workbench.evaluation.report import SliceScore
from llmops_workbench.scoring.asking import Answers, score_answers
from llmops_workbench.scoring.records import metric_score, paired_scores

if TYPE_CHECKING:
    from llmops_workbench.scoring.expected import Expected
    from llmops_workbench.scoring.score import Score

# A slice of fewer rows says nothing; its interval would cover nearly everything.
SMALLEST_SLICE = 10
MOST_SLICES = 20


@dataclass(frozen=True)
class Scored:
    """What one model said to all rows, with its scores; None for a baseline that is not there."""

    answers: Answers | None
    scores: Mapping[str, Score]


def score_slices(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[Expected],
    candidate: Scored,
    baseline: Scored,
) -> tuple[list[SliceScore], int]:
    """Score the rows of each value of some columns.

    With a baseline the parts stand in the order of harm: first where the candidate loses most by
    the first metric. Their p-values are corrected over all parts and metrics (Benjamini and
    Hochberg), since among many parts some differ by chance. Without a baseline the worst scores
    come first.

    Returns:
        The parts, and how many values were left out because they have too few rows or because
        there are too many better ones.
    """
    made: list[SliceScore] = []
    values = 0
    for column in columns:
        places: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault(slice_value(row[column]), []).append(place)
        values += len(places)
        for value, group in places.items():
            if len(group) < SMALLEST_SLICE:
                continue
            right = [expected[place] for place in group]
            own = _part(candidate, group, right)
            base = _part(baseline, group, right)
            made.append(
                SliceScore(
                    column=column,
                    value=value,
                    n=len(group),
                    metrics={name: metric_score(score) for name, score in own.items()},
                    baseline_metrics={name: metric_score(one) for name, one in base.items()},
                    paired=paired_scores(own, base, told=False),
                )
            )
    if candidate.scores:
        made.sort(key=_goodness(*first_metric(candidate.scores)))
    shown = _corrected(made)[:MOST_SLICES]
    return shown, values - len(shown)


def slice_value(value: Any) -> str:
    """Name the part that a row with this value is in."""
    return "" if value is None else str(value)


def first_metric(scores: Mapping[str, Score]) -> tuple[str, int]:
    """Give the metric by which rows are ranked, and 1 where higher is better, else -1."""
    from llmops_workbench.scoring.metric import METRICS

    name = next(iter(scores))
    return name, 1 if METRICS.get(name).higher_is_better else -1


def _part(whole: Scored, group: Sequence[int], right: Sequence[Expected]) -> dict[str, Score]:
    """Score some rows, with the tokenizers that the whole was scored with."""
    if whole.answers is None:
        return {}
    answers = whole.answers
    tokenizers = {
        name: str(score.options["tokenizer"])
        for name, score in whole.scores.items()
        if "tokenizer" in score.options
    }
    part = Answers(
        written=[answers.written[place] for place in group] if answers.written else [],
        chosen=[answers.chosen[place] for place in group] if answers.chosen else [],
    )
    return score_answers(list(whole.scores), part, right, tokenizers, told=False)[0]


def _goodness(name: str, sign: int) -> Any:
    def key(item: SliceScore) -> tuple[float, float]:
        score, pair = item.metrics.get(name), item.paired.get(name)
        known = score is not None and score.value is not None
        value = sign * score.value if known and score and score.value is not None else -math.inf
        return (sign * pair.difference if pair is not None else 0.0, value)

    return key


def _corrected(made: Sequence[SliceScore]) -> list[SliceScore]:
    from llmops_workbench.scoring.statistics.multiple import benjamini_hochberg

    places = [(number, name) for number, part in enumerate(made) for name in part.paired]
    adjusted = benjamini_hochberg([made[number].paired[name].p for number, name in places])
    found: list[dict[str, float]] = [{} for _ in made]
    for (number, name), p in zip(places, adjusted, strict=True):
        found[number][name] = float(p)
    return [
        part.model_copy(update={"adjusted_p": own}) for part, own in zip(made, found, strict=True)
    ]
