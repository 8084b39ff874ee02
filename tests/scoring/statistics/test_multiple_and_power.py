"""Adjusted p-values against SciPy, sample sizes against simulated power."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.multiple import benjamini_hochberg
from llmops_workbench.scoring.statistics.paired import mcnemar
from llmops_workbench.scoring.statistics.power import more_rows, rows_for_proportions, rows_to_see


def test_adjusted_p_values_equal_scipys() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 9, 40):
        values = rng.random(count) ** 3
        oracle = stats.false_discovery_control(values)
        assert benjamini_hochberg(values.tolist()) == pytest.approx(oracle.tolist())
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([0.01, 0.01, 1.0]) == pytest.approx([0.015, 0.015, 1.0])
    with pytest.raises(UsageError, match=r"1\.5 is no p-value"):
        benjamini_hochberg([0.5, 1.5])


def test_the_rows_asked_for_give_the_power() -> None:
    rng = np.random.default_rng(2)
    needed = rows_to_see(0.05, 0.3)
    assert 275 <= needed <= 290
    gaps = rng.normal(0.05, 0.3, size=(2000, needed))
    seen = stats.ttest_1samp(gaps, 0, axis=1).pvalue <= 0.05
    assert seen.mean() == pytest.approx(0.8, abs=0.04)
    assert more_rows(100, 0.05, 0.3) == needed - 100
    assert more_rows(1000, -0.05, 0.3) == 0
    with pytest.raises(UsageError, match="difference of 0"):
        rows_to_see(0, 1)


def test_the_rows_for_proportions_give_the_power() -> None:
    rng = np.random.default_rng(3)
    flips, difference = 0.2, 0.1
    needed = rows_for_proportions(flips, difference)
    chances = [(flips + difference) / 2, (flips - difference) / 2, 1 - flips]
    drawn = rng.multinomial(needed, chances, size=1500)
    seen = np.mean([mcnemar(int(one), int(two)) <= 0.05 for one, two, _ in drawn])
    # The exact test is a little shy of the approximation that the size rests on.
    assert 0.7 < seen < 0.85
    with pytest.raises(UsageError, match="impossible"):
        rows_for_proportions(0.1, 0.2)
