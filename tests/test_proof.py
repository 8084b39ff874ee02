"""The arithmetic behind `docs/proof.md`."""

import pytest
from scipy import stats

from tests.proofs.__main__ import names, page
from tests.proofs.proof import Proof, upper_bound


@pytest.mark.parametrize(("failures", "trials"), [(0, 20), (0, 200), (1, 20), (7, 100), (19, 20)])
def test_the_bound_is_clopper_and_pearsons(failures, trials):
    expected = stats.beta.ppf(0.95, failures + 1, trials - failures)
    assert upper_bound(failures, trials) == pytest.approx(expected, abs=1e-9)


def test_nothing_tried_bounds_nothing():
    assert upper_bound(0, 0) == 1.0
    assert upper_bound(3, 3) == 1.0


def test_a_failure_is_written_as_not_shown():
    text = page([Proof("it holds", 200, 0, "x"), Proof("it breaks", 20, 1, "y")], 60)
    assert "| it holds | 0 of 200 | under 1.49% |  | shown | `x` |" in text
    assert "| it breaks | 1 of 20 | under 21.61% |  | **not shown** | `y` |" in text


def test_every_proof_can_be_run():
    assert {"seeds", "kills"} <= set(names())
