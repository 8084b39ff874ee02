"""What a long proof found, and how sure it makes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Proof:
    """One claim with the trials that it was put to.

    Attributes:
        claim: What is claimed, as a sentence.
        trials: How often it was tried.
        failures: How often it did not hold.
        command: What shows it again.
        figures: Numbers that belong to it, as text.
        holds: Whether it counts as shown; no failure when left out.
    """

    claim: str
    trials: int
    failures: int
    command: str
    figures: str = ""
    holds: bool | None = None

    @property
    def shown(self) -> bool:
        """Whether the claim counts as shown."""
        return self.failures == 0 if self.holds is None else self.holds

    @property
    def bound(self) -> str:
        """The upper end of the exact one-sided 95 % interval of the failure rate."""
        return f"under {upper_bound(self.failures, self.trials):.2%}"

    def row(self) -> str:
        """Give the line of the table in `docs/proof.md`."""
        verdict = "shown" if self.shown else "**not shown**"
        cells = [
            self.claim,
            f"{self.failures} of {self.trials}",
            self.bound,
            self.figures,
            verdict,
            f"`{self.command}`",
        ]
        return "| " + " | ".join(cells) + " |"


def upper_bound(failures: int, trials: int, confidence: float = 0.95) -> float:
    """Bound a failure rate from above.

    Source: Clopper and Pearson, Biometrika 26 (1934) 404; found here by bisection.

    Args:
        failures: How many failed.
        trials: Of how many.
        confidence: The level, one-sided.
    """
    if trials == 0 or failures >= trials:
        return 1.0
    low, high = failures / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(failures, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(failures: int, trials: int, rate: float) -> float:
    return math.fsum(
        math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(failures + 1)
    )
