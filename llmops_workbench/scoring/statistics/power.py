"""How many more rows it would take to see a difference."""

from __future__ import annotations

import math
from statistics import NormalDist

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.intervals import z_value


def rows_to_see(
    difference: float, deviation: float, *, confidence: float = 0.95, power: float = 0.8
) -> int:
    """Estimate the rows a paired comparison needs, by the normal approximation.

    Args:
        difference: The true mean difference that should be seen.
        deviation: Standard deviation of the rows' differences.
        confidence: Level of the test.
        power: Chance to see the difference when it is there.

    Raises:
        UsageError: The difference is 0, which no number of rows would show.
    """
    if difference == 0:
        raise UsageError("a difference of 0 cannot be seen with any number of rows")
    if not 0 < power < 1:
        raise UsageError(f"power is {power}; it lies between 0 and 1, such as 0.8")
    reach = z_value(confidence) + NormalDist().inv_cdf(power)
    return max(2, math.ceil((reach * deviation / difference) ** 2))


def more_rows(
    n: int, difference: float, deviation: float, *, confidence: float = 0.95, power: float = 0.8
) -> int:
    """Estimate how many rows to add to `n`; 0 when `n` suffices.

    Arguments and errors are those of `rows_to_see`.
    """
    needed = rows_to_see(difference, deviation, confidence=confidence, power=power)
    return max(0, needed - n)


def rows_for_proportions(
    flips: float, difference: float, *, confidence: float = 0.95, power: float = 0.8
) -> int:
    """Estimate the rows a paired comparison of right and wrong answers needs.

    Source: Connor, Biometrics 43 (1987) 207, for McNemar's test.

    Args:
        flips: Share of rows on which the two systems differ, 0 to 1.
        difference: The difference of the two proportions that should be seen.
        confidence: Level of the test.
        power: Chance to see the difference when it is there.

    Raises:
        UsageError: The difference is 0, or larger than the share of rows that differ.
    """
    if not 0 < abs(difference) <= flips <= 1:
        raise UsageError(
            f"a difference of {difference} is impossible when {flips} of the rows differ"
        )
    if not 0 < power < 1:
        raise UsageError(f"power is {power}; it lies between 0 and 1, such as 0.8")
    level = z_value(confidence) * math.sqrt(flips)
    chance = NormalDist().inv_cdf(power) * math.sqrt(flips - difference**2)
    return max(2, math.ceil(((level + chance) / difference) ** 2))
