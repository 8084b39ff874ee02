"""Two systems on the same rows: the difference, its interval and a test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.intervals import (
    RESAMPLES,
    SEED,
    Interval,
    bootstrap,
    mean_from_sums,
    mean_statistics,
    wilson,
)

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats, FromSums

PERMUTATIONS = 10_000
_BLOCK_CELLS = 4_000_000  # signs held at once: 32 MB of float64
_TIE = 1e-12  # differences that are equal but for rounding count as equal


class Paired(NamedTuple):
    """What a paired comparison found.

    Attributes:
        difference: Candidate minus baseline, in the metric's own unit.
        lower: Lower end of its confidence interval.
        upper: Upper end.
        p: Two-sided p-value of "no difference".
        n: Rows that both could be scored on.
        method: How interval and p were computed.
    """

    difference: float
    lower: float
    upper: float
    p: float
    n: int
    method: str


def mcnemar(only_first: int, only_second: int) -> float:
    """Test two paired proportions exactly, from the rows on which they differ.

    Args:
        only_first: Rows that only the first got right.
        only_second: Rows that only the second got right.

    Returns:
        The two-sided p-value of a fair coin over the rows that differ; 1 without such rows.
        Source: McNemar, Psychometrika 12 (1947) 153, with the exact binomial tail.
    """
    flips = only_first + only_second
    if flips == 0:
        return 1.0
    fewer = min(only_first, only_second)
    # Summed as logarithms: the binomial coefficients of large counts overflow a float.
    log_half = flips * math.log(0.5)
    logs = [
        math.lgamma(flips + 1) - math.lgamma(k + 1) - math.lgamma(flips - k + 1) + log_half
        for k in range(fewer + 1)
    ]
    return min(1.0, 2 * math.fsum(math.exp(term) for term in logs))


def paired_proportions_interval(
    both: int, only_first: int, only_second: int, neither: int, confidence: float = 0.95
) -> Interval:
    """Bound the difference of two proportions over the same rows, first minus second.

    Source: method 10 of Newcombe, Statistics in Medicine 17 (1998) 2635 (Wilson intervals joined
    through a correlation that is corrected for continuity).

    Args:
        both: Rows that both got right.
        only_first: Rows that only the first got right.
        only_second: Rows that only the second got right.
        neither: Rows that both got wrong.
        confidence: The level, such as 0.95.
    """
    n = both + only_first + only_second + neither
    low, high = wilson(both + only_first, n, confidence)
    other_low, other_high = wilson(both + only_second, n, confidence)
    first, second = (both + only_first) / n, (both + only_second) / n
    margins = (
        (both + only_first)
        * (only_second + neither)
        * (both + only_second)
        * (only_first + neither)
    )
    cross: float = both * neither - only_first * only_second
    if cross > 0:
        cross = max(cross - n / 2, 0)
    correlation = cross / math.sqrt(margins) if margins else 0.0
    difference = first - second

    def joined(one: float, two: float) -> float:
        return math.sqrt(max(0.0, one * one - 2 * correlation * one * two + two * two))

    return Interval(
        difference - joined(first - low, other_high - second),
        difference + joined(high - first, second - other_low),
    )


def paired_proportions(first: Floats, second: Floats, confidence: float = 0.95) -> Paired:
    """Compare two systems whose rows are 0 or 1.

    Args:
        first: The candidate's rows, shape (n,).
        second: The baseline's rows, shape (n,).
        confidence: The level, such as 0.95.

    Raises:
        UsageError: The lengths differ, there are no rows, or a row is neither 0 nor 1.
    """
    import numpy as np

    _check(first, second)
    if not np.isin(first, (0, 1)).all() or not np.isin(second, (0, 1)).all():
        raise UsageError("a paired proportion needs rows of 0 and 1; use paired_means for others")
    one, two = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    both, neither = int((one & two).sum()), int((~one & ~two).sum())
    only_first, only_second = int((one & ~two).sum()), int((~one & two).sum())
    n = len(one)
    lower, upper = paired_proportions_interval(both, only_first, only_second, neither, confidence)
    return Paired(
        (only_first - only_second) / n,
        lower,
        upper,
        mcnemar(only_first, only_second),
        n,
        "Newcombe's paired score interval; exact McNemar test",
    )


def paired_means(
    first: Floats,
    second: Floats,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> Paired:
    """Compare two systems by the mean of their rows' differences.

    Args:
        first: The candidate's rows, shape (n,).
        second: The baseline's rows, shape (n,).
        confidence: The level, such as 0.95.
        resamples: Draws of the bootstrap.
        permutations: Draws of the sign-flip test.
        seed: Makes both repeatable.

    Raises:
        UsageError: The lengths differ or there are no rows.
    """
    import numpy as np

    _check(first, second)
    gaps = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    lower, upper = bootstrap(
        mean_statistics(gaps),
        mean_from_sums,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )
    p = sign_flip_p(gaps, permutations=permutations, seed=seed)
    method = "paired BCa bootstrap; sign-flip permutation test"
    return Paired(float(gaps.mean()), lower, upper, p, len(gaps), method)


def paired_sums(
    first: Floats,
    second: Floats,
    from_sums: FromSums,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    permutations: int = RESAMPLES,
    seed: int = SEED,
) -> Paired:
    """Compare two systems by a value of the whole corpus, such as BLEU.

    Args:
        first: The candidate's statistics, shape (n, k).
        second: The baseline's statistics, shape (n, k).
        from_sums: Turns summed statistics, shape (b, k), into b values.
        confidence: The level, such as 0.95.
        resamples: Draws of the bootstrap.
        permutations: Draws of the test, which swaps the systems' rows at random.
        seed: Makes both repeatable.

    Raises:
        UsageError: The lengths differ or there are no rows.
    """
    import numpy as np

    _check(first, second)
    width = first.shape[1]

    def gap(sums: Floats) -> Floats:
        return from_sums(sums[:, :width]) - from_sums(sums[:, width:])

    joined = np.hstack([first, second]).astype(np.float64)
    lower, upper = bootstrap(joined, gap, confidence=confidence, resamples=resamples, seed=seed)
    observed = float(gap(joined.sum(axis=0)[None, :])[0])
    moved = joined[:, width:] - joined[:, :width]
    rng = np.random.default_rng(seed)
    extreme = 0
    block = max(1, _BLOCK_CELLS // len(joined))
    for start in range(0, permutations, block):
        size = min(block, permutations - start)
        swap = rng.integers(0, 2, size=(size, len(joined))).astype(np.float64) @ moved
        sums = joined.sum(axis=0) + np.hstack([swap, -swap])
        extreme += int((np.abs(gap(sums)) >= abs(observed) - _TIE).sum())
    p = (extreme + 1) / (permutations + 1)
    method = "paired BCa bootstrap of sums; approximate randomization test"
    return Paired(observed, lower, upper, p, len(joined), method)


def sign_flip_p(gaps: Floats, *, permutations: int = PERMUTATIONS, seed: int = SEED) -> float:
    """Test a mean of paired differences against 0 by flipping their signs.

    Args:
        gaps: The differences, shape (n,).
        permutations: Draws; all 2^n sign patterns are used when there are no more than that.
        seed: Makes the draw repeatable.

    Returns:
        The two-sided p-value; drawn patterns count the observed one, so that it is never 0.
    """
    import numpy as np

    gaps = np.asarray(gaps, dtype=np.float64)
    gaps = gaps[gaps != 0]  # a zero keeps its value under either sign
    n = len(gaps)
    if n == 0:
        return 1.0
    observed = abs(gaps.sum()) - _TIE * np.abs(gaps).sum()
    if 2**n <= permutations:
        patterns = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float((np.abs((2 * patterns - 1) @ gaps) >= observed).mean())
    rng = np.random.default_rng(seed)
    extreme = 0
    block = max(1, _BLOCK_CELLS // n)
    for start in range(0, permutations, block):
        size = min(block, permutations - start)
        signs = 2.0 * rng.integers(0, 2, size=(size, n)) - 1
        extreme += int((np.abs(signs @ gaps) >= observed).sum())
    return (extreme + 1) / (permutations + 1)


def _check(first: Floats, second: Floats) -> None:
    if len(first) != len(second):
        raise UsageError(f"paired rows differ in number: {len(first)} and {len(second)}")
    if len(first) == 0:
        raise UsageError("there are no rows that both systems could be scored on")
