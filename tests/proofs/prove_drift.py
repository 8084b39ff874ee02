"""How often drift is said where there is none, and how often it is found, on real texts.

Pairs of windows are drawn from the movie reviews of the vader sample (no drift), and pairs of a
window of movie reviews and one of another domain (drift); the tests are those of `monitor`.
"""

from __future__ import annotations

import os

import numpy as np

from llmops_workbench.core import context
from llmops_workbench.data.samples.vader import vader
from llmops_workbench.monitoring import drift
from llmops_workbench.text.embeddings import embed
from tests.proofs.proof import Proof

WINDOW, ALPHA, PERMUTATIONS = 100, 0.05, 400
TRIALS = int(os.environ.get("LLMOPS_PROVE_N", "100"))


def prove() -> list[Proof]:
    """Count false alarms within one domain, and what was overlooked across domains."""
    with context.activate(None):
        tables = {table.name: table.columns for table in vader()}
    texts = {
        name.removeprefix("vader-"): columns["text"]
        for name, columns in tables.items()
        if "text" in columns
    }
    vectors = {name: embed(part).vectors for name, part in texts.items()}
    draw = np.random.default_rng(0)
    proofs = []
    for other in texts:
        alarms = 0
        for number in range(TRIALS):
            mine = draw.permutation(len(texts["movies"]))
            first, second = mine[:WINDOW], mine[WINDOW : 2 * WINDOW]
            if other != "movies":
                second = draw.permutation(len(texts[other]))[:WINDOW]
            tests, _ = drift.compare(
                vectors[other][second],
                vectors["movies"][first],
                [len(texts[other][place]) for place in second],
                [len(texts["movies"][place]) for place in first],
                permutations=PERMUTATIONS,
                seed=number,
            )
            alarms += min(drift.holm([test.p for test in tests])) < ALPHA
        proofs.append(_proof(other, alarms))
    return proofs


def _proof(other: str, alarms: int) -> Proof:
    from scipy import stats

    command = f"LLMOPS_PROVE_N={TRIALS} python -m tests.proofs drift"
    rate = stats.binomtest(alarms, TRIALS).proportion_ci(method="exact")
    figures = (
        f"{alarms} alarms of {TRIALS}, rate {rate.low:.3f} to {rate.high:.3f}; windows of {WINDOW}"
    )
    if other == "movies":
        claim = f"Two windows of one domain raise a drift alarm in {ALPHA:.0%} of looks at most"
        return Proof(claim, TRIALS, alarms, command, figures, holds=rate.low <= ALPHA)
    claim = f"A window of {other} against one of movie reviews raises a drift alarm"
    return Proof(claim, TRIALS, TRIALS - alarms, command, figures, holds=rate.low > 0.9)
