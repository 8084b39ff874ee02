"""A thinned series shows every peak, and what is told again replaces what was told before."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.execution.series import Series

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000)


def series(values: list[float]) -> Series:
    made = Series()
    for step, value in enumerate(values):
        made.add(step, value)
    return made


@given(values=numbers, points=st.integers(8, 300))
def test_few_points_hold_the_ends_and_the_extremes(values: list[float], points: int):
    steps, kept = series(values).thin(points)
    assert len(steps) == len(kept) <= points
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, len(values) - 1)
    for step, value in zip(steps, kept, strict=True):
        assert math.isclose(value, values[int(step)], rel_tol=1e-5, abs_tol=1e-9)
    assert math.isclose(max(kept), max(values), rel_tol=1e-5, abs_tol=1e-9)
    assert math.isclose(min(kept), min(values), rel_tol=1e-5, abs_tol=1e-9)


def test_a_spike_of_one_step_in_a_million_is_seen():
    made = series([1.0] * 1_000_000)
    made.add(1_000_000, 1.0)
    made.cut(765_432)
    made.add(765_432, 99.0)
    for step in range(765_433, 800_000):
        made.add(step, 1.0)
    steps, values = made.thin(200)
    assert (765_432.0, 99.0) in zip(steps, values, strict=True)
    assert len(steps) <= 200


def test_a_range_is_cut_out_with_both_ends():
    steps, values = series([float(n) for n in range(100)]).thin(50, start=10, stop=19)
    assert steps == [float(n) for n in range(10, 20)]
    assert values == steps


@given(
    first=st.integers(1, 60),
    again=st.integers(0, 60),
    second=st.integers(1, 60),
)
def test_what_is_told_again_counts_last(first: int, again: int, second: int):
    made, oracle = Series(), {}
    for step in range(first):
        made.add(step, 1.0)
        oracle[step] = 1.0
    start = min(again, first)
    for step in range(start, start + second):
        made.add(step, 2.0)
        oracle = {known: value for known, value in oracle.items() if known < step} | {step: 2.0}
    steps, values = made.thin(10_000)
    assert dict(zip(steps, values, strict=True)) == {float(k): v for k, v in oracle.items()}
