"""Numbers by step, as a long run tells them, and fewer of them for a chart."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import pairwise


class Series:
    """One number by step, in the order of the steps.

    A run that goes on from a checkpoint tells some steps again: what it tells last counts.
    """

    def __init__(self) -> None:
        self._steps = array("d")
        self._values = array("d")
        self.changes = 0

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, step: float, value: float) -> None:
        """Add a value; one that is there for this step, or for a later one, is dropped first."""
        if self._steps and step <= self._steps[-1]:
            self.cut(step)
        self._steps.append(step)
        self._values.append(value)
        self.changes += 1

    def cut(self, step: float) -> None:
        """Drop what was told for this step and for all later ones."""
        place = bisect_left(self._steps, step)
        if place < len(self._steps):
            del self._steps[place:]
            del self._values[place:]
            self.changes += 1

    def last(self) -> tuple[float, float] | None:
        """Give the newest step and its value; None before the first."""
        return (self._steps[-1], self._values[-1]) if self._steps else None

    def thin(
        self, points: int, start: float | None = None, stop: float | None = None
    ) -> tuple[list[float], list[float]]:
        """Give at most so many points of a range, with every peak and every dip in them.

        The steps are cut into buckets of equal width; of each the lowest and the highest value
        stay, so that a spike of one step is seen however long the run is.

        Args:
            points: How many at most, 4 or more.
            start: The first step of the range; the first of all when left out.
            stop: The last step of the range.

        Returns:
            Steps and values.
        """
        first = 0 if start is None else bisect_left(self._steps, start)
        end = len(self._steps) if stop is None else bisect_right(self._steps, stop)
        if end - first <= points:
            chosen = list(range(first, end))
        else:
            chosen = _peaks(self._steps, self._values, first, end, points)
        return (
            [_short(self._steps[place]) for place in chosen],
            [_short(self._values[place]) for place in chosen],
        )


def _peaks(
    steps: array[float], values: array[float], first: int, end: int, points: int
) -> list[int]:
    import numpy as np

    # The ends are always there; each bucket between them gives two points.
    buckets = max(1, (points - 2) // 2)
    edges = np.linspace(steps[first], steps[end - 1], buckets + 1)[1:-1]
    inner = np.frombuffer(values, dtype=np.float64)
    places = [first, *(bisect_left(steps, edge, first, end) for edge in edges), end]
    chosen = {first, end - 1}
    for begin, stop in pairwise(places):
        if begin < stop:
            part = inner[begin:stop]
            chosen |= {begin + int(part.argmin()), begin + int(part.argmax())}
    return sorted(chosen)


def _short(value: float) -> float:
    """Leave out digits that no chart shows."""
    return float(f"{value:.6g}")
