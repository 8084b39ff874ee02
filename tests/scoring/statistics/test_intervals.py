"""Intervals against published figures, statsmodels, SciPy, and simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.intervals import (
    bootstrap,
    mean_from_sums,
    mean_interval,
    mean_statistics,
    newcombe,
    resampled,
    wilson,
    z_value,
)


# Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3.
@pytest.mark.parametrize(
    ("ones", "n", "expected"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilson_equals_the_published_figures(ones: int, n: int, expected) -> None:
    assert wilson(ones, n) == pytest.approx(expected, abs=5e-5)


def test_wilson_equals_scipy() -> None:
    for n in (1, 2, 7, 40, 1000):
        for ones in {0, 1, n // 2, n - 1, n}:
            for confidence in (0.8, 0.95, 0.999):
                oracle = stats.binomtest(ones, n).proportion_ci(confidence, method="wilson")
                ours = wilson(ones, n, confidence)
                assert ours == pytest.approx((oracle.low, oracle.high), abs=1e-12)


# Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10.
@pytest.mark.parametrize(
    ("counts", "expected"),
    [((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090))],
)
def test_newcombe_equals_the_published_figures(counts, expected) -> None:
    assert newcombe(*counts) == pytest.approx(expected, abs=5e-5)


def test_newcombe_equals_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for counts in ((3, 9, 8, 40), (0, 10, 10, 10), (5, 5, 1, 7)):
        oracle = proportion.confint_proportions_2indep(*counts, method="newcomb")
        assert newcombe(*counts) == pytest.approx(oracle, abs=1e-12)


def test_what_is_no_proportion_is_refused() -> None:
    for ones, n in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(UsageError, match="no proportion"):
            wilson(ones, n)
    with pytest.raises(UsageError, match="between 0 and 1"):
        z_value(1.0)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_the_bootstrap_agrees_with_scipy(method: str) -> None:
    values = np.random.default_rng(3).exponential(size=60)
    oracle = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method=method, rng=np.random.default_rng(4)
    ).confidence_interval
    ours = mean_interval(values, method=method, resamples=20_000)
    assert ours == pytest.approx((oracle.low, oracle.high), abs=0.01)


def test_resamples_are_sums_of_drawn_rows() -> None:
    values = np.array([1.0, 10.0, 100.0])
    seen = set()

    def remember(sums):
        seen.update(map(tuple, sums))
        return mean_from_sums(sums)

    drawn = resampled(mean_statistics(values), remember, resamples=2000, seed=1)
    assert drawn.shape == (2000,)
    assert {count for _, count in seen} == {3.0}
    assert {total for total, _ in seen} == {
        a + b + c for a in values for b in values for c in values
    }
    assert drawn.mean() == pytest.approx(values.mean(), rel=0.05)
    again = resampled(mean_statistics(values), mean_from_sums, resamples=2000, seed=1)
    assert np.array_equal(drawn, again)


def test_many_rows_are_drawn_in_blocks() -> None:
    values = np.random.default_rng(5).normal(size=20_000)
    lower, upper = bootstrap(mean_statistics(values), mean_from_sums, resamples=400)
    half = 1.96 / np.sqrt(20_000)
    assert upper - lower == pytest.approx(2 * half, rel=0.2)
    assert lower < values.mean() < upper


def test_wilson_covers_where_the_percentile_bootstrap_does_not() -> None:
    rng = np.random.default_rng(6)
    share, n, trials = 0.95, 20, 600
    by_wilson = by_bootstrap = 0
    for trial in range(trials):
        rows = (rng.random(n) < share).astype(float)
        lower, upper = wilson(rows.sum(), n)
        by_wilson += lower <= share <= upper
        lower, upper = mean_interval(rows, method="percentile", resamples=300, seed=trial)
        by_bootstrap += lower <= share <= upper
    assert by_wilson / trials > 0.9
    assert by_bootstrap / trials < 0.8


def test_bca_of_skewed_rows_keeps_its_coverage() -> None:
    rng = np.random.default_rng(7)
    trials = 400
    covered = 0
    for trial in range(trials):
        rows = rng.beta(0.6, 1.8, size=60)
        lower, upper = mean_interval(rows, resamples=400, seed=trial)
        covered += lower <= 0.25 <= upper
    # 0.95 less three standard errors of the simulation and one point for 60 rows.
    assert 0.905 < covered / trials < 0.985
