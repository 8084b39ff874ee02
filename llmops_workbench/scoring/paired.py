"""Two scores of the same rows, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.metric import METRICS
from llmops_workbench.scoring.score import Score
from llmops_workbench.scoring.statistics.intervals import RESAMPLES, SEED
from llmops_workbench.scoring.statistics.paired import (
    Paired,
    paired_means,
    paired_proportions,
    paired_sums,
)

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats


def paired(
    candidate: Score,
    baseline: Score,
    *,
    confidence: float = 0.95,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Paired:
    """Compare two systems that answered the same rows, candidate minus baseline.

    A row that failed for one of the two is left out for both; `.n` says how many remain.

    Args:
        candidate: Score of the one.
        baseline: Score of the other: same metric, same rows in the same order.
        confidence: Level of the interval.
        seed: Makes draws repeatable.
        resamples: Draws of the bootstrap.

    Raises:
        UsageError: The scores are of different metrics, options or numbers of rows, or no row was
            scored for both.
    """
    import numpy as np

    if candidate.metric != baseline.metric:
        raise UsageError(
            f"a score of '{candidate.metric}' cannot be paired with one of '{baseline.metric}'"
        )
    if len(candidate.rows) != len(baseline.rows):
        raise UsageError(
            f"paired scores need the same rows; there are {len(candidate.rows)} and "
            f"{len(baseline.rows)}"
        )
    pairs = [
        (one, two)
        for one, two in zip(candidate.rows, baseline.rows, strict=True)
        if one is not None and two is not None
    ]
    if not pairs:
        raise UsageError(f"no row was scored by '{candidate.metric}' for both systems")
    for option in METRICS.get(candidate.metric).options:
        one, two = candidate.options[option], baseline.options[option]
        if one != two:
            raise UsageError(
                f"the two scores of '{candidate.metric}' differ in {option}: {one} and {two}; "
                "give both the same"
            )
    first, second = np.array(pairs, dtype=np.float64).T
    part = METRICS.get(candidate.metric)
    if part.kind == "proportion":
        return paired_proportions(first, second, confidence)
    if candidate.statistics is not None and baseline.statistics is not None:
        assert candidate.from_sums is not None
        return paired_sums(
            _common(candidate, baseline),
            _common(baseline, candidate),
            candidate.from_sums,
            confidence=confidence,
            seed=seed,
            resamples=resamples,
        )
    return paired_means(first, second, confidence=confidence, seed=seed, resamples=resamples)


def _common(score: Score, other: Score) -> Floats:
    """Give the statistics of those scored rows that the other score has too."""
    assert score.statistics is not None
    scored_by_other = [
        two is not None for one, two in zip(score.rows, other.rows, strict=True) if one is not None
    ]
    return score.statistics[scored_by_other]
