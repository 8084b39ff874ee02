"""Choosing the likeliest answer."""

from __future__ import annotations

import numpy as np
import pytest

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.likelihood import choose

SUMS = [[-4.0, -6.0], [-3.0, -3.0], [-9.0, -1.0], [np.nan, -1.0]]


def test_the_likeliest_wins() -> None:
    found = choose(SUMS)
    assert found.winner.tolist() == [0, 0, 1, -1]
    assert found.margin[:3].tolist() == [2, 0, 8]
    assert np.isnan(found.margin[3])


@pytest.mark.parametrize("normalize", ["token", "char"])
def test_a_long_answer_is_not_held_back_by_its_length(normalize) -> None:
    found = choose(SUMS, [1, 2], normalize)
    assert found.winner.tolist() == [1, 1, 1, -1]
    assert found.margin[0] == pytest.approx(4 - 3)
    per_row = choose(SUMS, np.tile([1, 2], (4, 1)), normalize)
    assert per_row.winner.tolist() == found.winner.tolist()


def test_impossible_answers() -> None:
    found = choose([[-np.inf, -np.inf], [-np.inf, -2.0]])
    assert found.winner.tolist() == [0, 1]
    assert found.margin.tolist() == [0, np.inf]


def test_shapes_are_checked() -> None:
    for wrong in ([-1.0, -2.0], [[-1.0]]):
        with pytest.raises(UsageError, match="at least two answers"):
            choose(wrong)
    with pytest.raises(UsageError, match="needs the answers' lengths"):
        choose(SUMS, normalize="token")
    for lengths in ([1, 0], [1, 2, 3], [[1, 2]]):
        with pytest.raises(UsageError, match="shape of the likelihoods"):
            choose(SUMS, lengths, "char")
    with pytest.raises(UsageError, match="sum, token or char"):
        choose(SUMS, normalize="mean")
