"""Paired comparisons against published figures, SciPy, exhaustive enumeration and simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.paired import (
    mcnemar,
    paired_means,
    paired_proportions,
    paired_proportions_interval,
    paired_sums,
    sign_flip_p,
)


def test_mcnemar_is_the_exact_binomial_test() -> None:
    for one, two in [(0, 0), (1, 7), (7, 1), (5, 5), (0, 12), (300, 260), (4000, 3900)]:
        expected = stats.binomtest(one, one + two).pvalue if one + two else 1.0
        assert mcnemar(one, two) == pytest.approx(expected, rel=1e-9)


def test_paired_interval_equals_the_published_figures() -> None:
    # Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850: airway
    # hyper-responsiveness of 21 children before and after a transplantation.
    assert paired_proportions_interval(1, 1, 7, 12) == pytest.approx((-0.507, -0.026), abs=5e-4)


def test_paired_interval_mirrors_and_stays_in_range() -> None:
    for counts in itertools.product((0, 1, 6), repeat=4):
        both, first, second, neither = counts
        if not sum(counts):
            continue
        lower, upper = paired_proportions_interval(*counts)
        mirrored = paired_proportions_interval(both, second, first, neither)
        assert -1 <= lower <= (first - second) / sum(counts) <= upper <= 1
        assert (-mirrored.upper, -mirrored.lower) == pytest.approx((lower, upper))


def test_paired_proportions_counts_rows() -> None:
    first = np.repeat([1, 1, 0, 0], [40, 12, 3, 5])
    second = np.repeat([1, 0, 1, 0], [40, 12, 3, 5])
    found = paired_proportions(first, second)
    assert found.difference == pytest.approx(9 / 60)
    assert found[1:3] == paired_proportions_interval(40, 12, 3, 5)
    assert found.p == pytest.approx(stats.binomtest(3, 15).pvalue)
    assert found.n == 60
    with pytest.raises(UsageError, match="0 and 1"):
        paired_proportions(first * 0.5, second)
    with pytest.raises(UsageError, match="60 and 59"):
        paired_proportions(first, second[1:])
    with pytest.raises(UsageError, match="no rows"):
        paired_proportions(first[:0], second[:0])


def test_paired_interval_covers() -> None:
    rng = np.random.default_rng(1)
    chances, n, trials = [0.75, 0.15, 0.05, 0.05], 30, 1500
    covered = 0
    for counts in rng.multinomial(n, chances, size=trials):
        lower, upper = paired_proportions_interval(*map(int, counts))
        covered += lower <= 0.10 <= upper
    assert covered / trials > 0.935


def test_sign_flips_are_enumerated_when_they_are_few() -> None:
    gaps = np.array([0.3, -0.1, 0.5, 0.2, 0.0, 0.4, 0.05])
    sums = [
        abs(sum(sign * gap for sign, gap in zip(signs, gaps, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(gaps))
    ]
    expected = np.mean([total >= abs(gaps.sum()) - 1e-12 for total in sums])
    assert sign_flip_p(gaps) == pytest.approx(expected)
    assert sign_flip_p(np.zeros(5)) == 1


def test_sign_flip_p_agrees_with_scipy_and_is_uniform_without_a_difference() -> None:
    rng = np.random.default_rng(2)
    gaps = rng.normal(0.15, 1, size=80)
    oracle = stats.permutation_test(
        (gaps, np.zeros(80)),
        lambda one, two, axis: np.mean(one - two, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(3),
    )
    assert sign_flip_p(gaps) == pytest.approx(oracle.pvalue, abs=0.02)
    null = [sign_flip_p(rng.normal(size=20), permutations=400, seed=k) for k in range(300)]
    assert stats.kstest(null, "uniform").pvalue > 0.001
    assert min(null) > 0


def test_paired_means_finds_what_is_there() -> None:
    rng = np.random.default_rng(4)
    base = rng.random(200)
    better = paired_means(base + 0.05 + rng.normal(0, 0.1, 200), base)
    assert 0 < better.lower < better.difference < better.upper
    assert better.p < 0.001
    same = paired_means(base, base)
    assert (same.difference, same.p) == (0, 1)
    assert paired_means(base, base + 1).p == pytest.approx(1 / 10_001)


def test_paired_sums_of_a_mean_are_paired_means() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.random(50), rng.random(50)

    def mean(sums):
        return sums[:, 0] / 50

    by_sums = paired_sums(first[:, None], second[:, None], mean, permutations=5000)
    by_means = paired_means(first, second)
    assert by_sums.difference == pytest.approx(by_means.difference)
    assert by_sums[1:3] == pytest.approx(by_means[1:3])
    assert by_sums.p == pytest.approx(by_means.p, abs=0.03)
