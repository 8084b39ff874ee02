"""Confidence intervals: score intervals for proportions, the bootstrap for everything else."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, NamedTuple

from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    # Takes summed statistics of shape (b, k) and gives b values.
    FromSums = Callable[[Floats], Floats]

RESAMPLES = 2000
SEED = 12_345  # the default of sacrebleu
_GATHERED_COLUMNS = 2  # up to here picking rows is faster than a product with their counts
_BLOCK_CELLS = 4_000_000  # resample counts held at once: 32 MB of float64


class Interval(NamedTuple):
    """A confidence interval, from `lower` to `upper`."""

    lower: float
    upper: float


def z_value(confidence: float) -> float:
    """Give the two-sided normal quantile of a confidence level such as 0.95.

    Raises:
        UsageError: The level is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise UsageError(f"confidence is {confidence}; it lies between 0 and 1, such as 0.95")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(successes: float, n: int, confidence: float = 0.95) -> Interval:
    """Bound a proportion by inverting the score test.

    It keeps its coverage for few rows and for proportions near 0 and 1, where the bootstrap does
    not. Source: Wilson (1927), as method 3 of Newcombe, Statistics in Medicine 17 (1998) 857.

    Args:
        successes: How many of the `n` rows are ones; a sum of fractions works as well.
        n: Rows, at least 1.
        confidence: The level, such as 0.95.

    Raises:
        UsageError: `n` is below 1, or `successes` is not between 0 and `n`.
    """
    if n < 1 or not 0 <= successes <= n:
        raise UsageError(f"{successes} successes of {n} rows is no proportion")
    z = z_value(confidence)
    share = successes / n
    scale = 1 + z * z / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    lower = 0.0 if successes == 0 else (centre - spread) / scale
    upper = 1.0 if successes == n else (centre + spread) / scale
    return Interval(max(0.0, lower), min(1.0, upper))


def newcombe(
    successes: float, n: int, other_successes: float, other_n: int, confidence: float = 0.95
) -> Interval:
    """Bound the difference of two independent proportions, first minus second.

    Source: method 10 of Newcombe, Statistics in Medicine 17 (1998) 873 (two Wilson intervals,
    squared and added).

    Raises:
        UsageError: One of the two is no proportion.
    """
    first, second = successes / max(n, 1), other_successes / max(other_n, 1)
    low, high = wilson(successes, n, confidence)
    other_low, other_high = wilson(other_successes, other_n, confidence)
    difference = first - second
    return Interval(
        difference - math.hypot(first - low, other_high - second),
        difference + math.hypot(high - first, second - other_low),
    )


def bootstrap(
    statistics: Floats,
    from_sums: FromSums,
    *,
    confidence: float = 0.95,
    method: Literal["bca", "percentile"] = "bca",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval:
    """Bound any value that is computed from sums over rows.

    Rows are drawn with replacement; a drawn set needs only the sums of its rows' statistics, so one
    matrix product serves a block of resamples. Source: Efron, JASA 82 (1987) 171 for the
    bias-corrected and accelerated interval.

    Args:
        statistics: Shape (n, k), one row of sufficient statistics per data row.
        from_sums: Turns summed statistics, shape (b, k), into b values.
        confidence: The level, such as 0.95.
        method: "bca", or the plain "percentile".
        resamples: How many sets are drawn.
        seed: Makes the draw repeatable.
    """
    import numpy as np

    tail = NormalDist().cdf(-z_value(confidence))
    statistics = np.asarray(statistics, dtype=np.float64)
    values = resampled(statistics, from_sums, resamples=resamples, seed=seed)
    levels = (tail, 1 - tail)
    if method == "bca":
        total = statistics.sum(axis=0)
        estimate = float(from_sums(total[None, :])[0])
        levels = _bca_levels(values, estimate, from_sums(total - statistics), levels)
    lower, upper = np.quantile(values, levels)
    return Interval(float(lower), float(upper))


def mean_interval(
    values: Floats,
    *,
    confidence: float = 0.95,
    method: Literal["bca", "percentile"] = "bca",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval:
    """Bound a mean by the bootstrap.

    Args:
        values: Shape (n,).
        confidence: The level, such as 0.95.
        method: "bca", or the plain "percentile".
        resamples: How many sets are drawn.
        seed: Makes the draw repeatable.
    """
    return bootstrap(
        mean_statistics(values),
        mean_from_sums,
        confidence=confidence,
        method=method,
        resamples=resamples,
        seed=seed,
    )


def mean_statistics(values: Floats) -> Floats:
    """Make the statistics whose sums give a mean: the value and a one, shape (n, 2)."""
    import numpy as np

    return np.column_stack([values, np.ones(len(values))])


def mean_from_sums(sums: Floats) -> Floats:
    """Turn summed `mean_statistics` into means."""
    return sums[:, 0] / sums[:, 1]


def resampled(
    statistics: Floats, from_sums: FromSums, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Floats:
    """Compute a value on sets of rows that are drawn with replacement.

    Args:
        statistics: Shape (n, k).
        from_sums: Turns summed statistics, shape (b, k), into b values.
        resamples: How many sets.
        seed: Makes the draw repeatable.

    Returns:
        The values, shape (resamples,).
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    n = len(statistics)
    block = max(1, _BLOCK_CELLS // n)
    columns = np.ascontiguousarray(statistics.T)
    parts = []
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(0, n, size=(size, n))
        if statistics.shape[1] <= _GATHERED_COLUMNS:
            sums = np.column_stack([column[drawn].sum(axis=1) for column in columns])
            parts.append(from_sums(sums))
            continue
        drawn += np.arange(size)[:, None] * n
        counts = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        parts.append(from_sums(counts.astype(np.float64) @ statistics))
    return np.concatenate(parts)


def _bca_levels(
    values: Floats, estimate: float, left_out: Floats, levels: tuple[float, float]
) -> tuple[float, float]:
    """Shift the quantile levels by the bias and the skew that the data show."""
    normal = NormalDist()
    count = len(values)
    # Half of the ties count as below; clipped, since an estimate outside all draws has no quantile.
    below = float((values < estimate).sum()) + 0.5 * float((values == estimate).sum())
    bias = normal.inv_cdf(min(max(below, 0.5), count - 0.5) / count)
    deviation = left_out.mean() - left_out
    spread = float((deviation**2).sum())
    skew = float((deviation**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    shifted = []
    for level in levels:
        z = bias + normal.inv_cdf(level)
        denominator = 1 - skew * z
        shifted.append(normal.cdf(bias + z / denominator) if denominator > 0 else level)
    return shifted[0], shifted[1]
