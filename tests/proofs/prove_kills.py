"""Killed at random moments: nothing is lost, nothing is doubled, training goes on bit for bit."""

from __future__ import annotations

from tests.proofs.proof import Proof
from tests.proofs.suite import from_suite


def prove() -> list[Proof]:
    """Run the kill tests with 20 moments each."""
    return [
        from_suite(
            "A job that is killed is found interrupted and goes on from its checkpoint",
            "tests/execution",
            "-k",
            "kill",
        ),
        from_suite(
            "Killed and resumed training gives the weights of an unbroken run",
            "tests/tuning",
            "-k",
            "kill",
        ),
        from_suite(
            "Killed while MLflow is told, no run, metric or version is lost or doubled",
            "tests/tracking",
            "-k",
            "kill",
        ),
        from_suite(
            "Killed while labels come in, none that was acknowledged is lost or doubled",
            "tests/feedback",
            "-k",
            "kill",
        ),
    ]
