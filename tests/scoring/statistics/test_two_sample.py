"""Two-sample tests: they find a difference, and raise no alarm without one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.two_sample import (
    domain_classifier,
    kolmogorov_smirnov,
    maximum_mean_discrepancy,
)


def test_ks_is_scipys() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.normal(size=40), rng.normal(0.5, size=30)
    found = kolmogorov_smirnov(one, two)
    assert (found.statistic, found.p) == tuple(stats.ks_2samp(one, two))


def test_mmd_is_the_unbiased_double_sum() -> None:
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=(7, 3)), rng.normal(1, size=(5, 3))

    def kernel(a, b) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / (2 * 1.3**2)))

    within = np.mean([kernel(a, b) for i, a in enumerate(one) for j, b in enumerate(one) if i != j])
    other = np.mean([kernel(a, b) for i, a in enumerate(two) for j, b in enumerate(two) if i != j])
    between = np.mean([kernel(a, b) for a in one for b in two])
    found = maximum_mean_discrepancy(one, two, bandwidth=1.3, permutations=10)
    assert found.statistic == pytest.approx(within + other - 2 * between)


@pytest.mark.parametrize(
    "test",
    [
        lambda a, b, k: maximum_mean_discrepancy(a, b, permutations=99, seed=k),
        lambda a, b, k: domain_classifier(a, b, permutations=49, seed=k),
    ],
    ids=["mmd", "classifier"],
)
def test_alarms_come_with_a_difference_and_not_without(test) -> None:
    rng = np.random.default_rng(3)
    null = [test(rng.normal(size=(30, 4)), rng.normal(size=(40, 4)), k).p for k in range(120)]
    # 0.05 of 120 is 6; 15 or more would be a chance of 1 in 1,000.
    assert sum(p <= 0.05 for p in null) < 15
    assert np.mean(null) == pytest.approx(0.5, abs=0.1)
    moved = [test(rng.normal(size=(30, 4)), rng.normal(0.8, size=(40, 4)), k).p for k in range(20)]
    assert sum(p <= 0.05 for p in moved) >= 19


def test_the_classifiers_area_is_half_without_and_one_with_a_difference() -> None:
    rng = np.random.default_rng(4)
    base = rng.normal(size=(200, 3))
    areas = [
        domain_classifier(base, rng.normal(size=(200, 3)), permutations=1, seed=k).statistic
        for k in range(10)
    ]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.04)
    one, two = base[:, :1], rng.normal(1, size=(200, 1))
    area = domain_classifier(one, two, permutations=1).statistic
    # With one feature every fit ranks rows alike.
    labels = np.repeat([0, 1], 200)
    assert area == pytest.approx(roc_auc_score(labels, np.vstack([one, two])[:, 0]), abs=0.02)
    assert domain_classifier(base, base + 9, permutations=1).statistic == 1


def test_few_rows_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 5 rows"):
        domain_classifier(np.zeros((4, 2)), np.zeros((9, 2)))
    with pytest.raises(UsageError, match="at least 2 rows"):
        maximum_mean_discrepancy(np.zeros((1, 2)), np.zeros((9, 2)))
    with pytest.raises(UsageError, match="at least 1 rows"):
        kolmogorov_smirnov(np.zeros(0), np.zeros(3))
