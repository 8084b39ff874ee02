"""Agreement against the worked examples of the papers and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.agreement import (
    agreement_interval,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
)

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: 4 observers, 12 units.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
UNITS = list(zip(*OBSERVERS, strict=True))
# Fleiss, Psychological Bulletin 76 (1971): a count of each of 5 categories by 14 raters.
FLEISS = [
    *[(0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1)],
    *[(7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7)],
]


def spread(counts) -> list[str]:
    return [label for label, count in zip("abcde", counts, strict=False) for _ in range(count)]


@pytest.mark.parametrize(
    ("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_equals_the_published_example(level, expected: float) -> None:
    assert krippendorff_alpha(UNITS, level) == pytest.approx(expected, abs=5e-4)


def test_alpha_of_two_observers_equals_the_published_example() -> None:
    # The same paper, example A: two observers, ten units, two values.
    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    two = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(list(zip(one, two, strict=True))) == pytest.approx(0.095, abs=5e-4)


def test_fleiss_equals_the_published_example() -> None:
    assert fleiss_kappa([spread(row) for row in FLEISS]) == pytest.approx(0.210, abs=5e-4)


def test_cohen_equals_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    for labels in (2, 3, 7):
        one = rng.integers(0, labels, 60)
        two = np.where(rng.random(60) < 0.6, one, rng.integers(0, labels, 60))
        ours = cohen_kappa(list(zip(one.tolist(), two.tolist(), strict=True)))
        assert ours == pytest.approx(cohen_kappa_score(one, two))
    assert cohen_kappa([("a", "a"), ("b", None), ("b", "b")]) == 1


def test_ac1_stays_high_where_kappa_collapses() -> None:
    # Gwet (2008): 125 items, 118 on which both say yes, 5 and 2 on which they differ.
    pairs = [("+", "+")] * 118 + [("+", "-")] * 5 + [("-", "+")] * 2
    assert gwet_ac1(pairs) == pytest.approx(0.9408, abs=5e-5)
    assert cohen_kappa(pairs) == pytest.approx(-0.0234, abs=5e-5)


def test_ac1_takes_gaps() -> None:
    # With gaps, checked by hand: agreement 1 and 1/3 over the two items with pairs.
    rows = [("a", "a", None), ("a", "b", "b"), ("a", None, None)]
    shares = {"a": (1 + 1 / 3 + 1) / 3, "b": (2 / 3) / 3}
    chance = sum(share * (1 - share) for share in shares.values())
    assert gwet_ac1(rows) == pytest.approx((2 / 3 - chance) / (1 - chance))


def test_extremes() -> None:
    same = [("x", "x"), ("y", "y"), ("x", "x")]
    for statistic in (cohen_kappa, fleiss_kappa, gwet_ac1, krippendorff_alpha):
        assert statistic(same) == pytest.approx(1)
    alike = [("x", "x")] * 4
    assert math.isnan(cohen_kappa(alike)) and math.isnan(krippendorff_alpha(alike))
    assert gwet_ac1(alike) == 1


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(UsageError, match="two annotators"):
        cohen_kappa([("a", "b", "c")])
    with pytest.raises(UsageError, match="Krippendorff's alpha takes items with gaps"):
        fleiss_kappa([("a", "b"), ("a", None)])
    with pytest.raises(UsageError, match="needs numbers"):
        krippendorff_alpha([("low", "high"), ("low", "low")], "ordinal")
    for statistic in (gwet_ac1, krippendorff_alpha):
        with pytest.raises(UsageError, match="at least two ratings"):
            statistic([("a", None), (None, "b")])
    with pytest.raises(UsageError, match="nominal, ordinal and interval"):
        krippendorff_alpha([(1, 2), (2, 2)], "ratio")


def test_the_interval_draws_items() -> None:
    rows = [spread(row) for row in FLEISS] * 4
    lower, upper = agreement_interval(rows, fleiss_kappa, resamples=300)
    assert lower < fleiss_kappa(rows) < upper
    assert (lower, upper) == agreement_interval(rows, fleiss_kappa, resamples=300)
    narrow = agreement_interval(rows * 8, fleiss_kappa, resamples=300)
    assert narrow.upper - narrow.lower < (upper - lower) / 2
