"""Many comparisons at once."""

from __future__ import annotations

from collections.abc import Sequence

from llmops_workbench.core.errors import UsageError


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the share of false discoveries stays below the level.

    Source: Benjamini and Hochberg, JRSS B 57 (1995) 289.

    Args:
        p_values: One per comparison, in any order.

    Returns:
        The adjusted values, in the same order; a comparison stands at level q when its adjusted
        value is at most q.

    Raises:
        UsageError: A value is not between 0 and 1.
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise UsageError(f"{p} is no p-value; it lies between 0 and 1")
    count = len(p_values)
    order = sorted(range(count), key=lambda index: p_values[index], reverse=True)
    adjusted = [0.0] * count
    smallest = 1.0
    for position, index in enumerate(order):
        smallest = min(smallest, p_values[index] * count / (count - position))
        adjusted[index] = smallest
    return adjusted
