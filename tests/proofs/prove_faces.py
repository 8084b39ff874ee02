"""The quickstart gives the same through every face."""

from __future__ import annotations

from tests.proofs.proof import Proof
from tests.proofs.suite import from_suite


def prove() -> list[Proof]:
    """Run the one operation that the suite leaves out for its length."""
    claim = "The quickstart gives the same result through all five faces"
    return [from_suite(claim, "tests/test_faces.py", "-k", "quickstart", trials=1)]
