"""The embedded model learns: a few real rows, both methods, and it still answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stock import Stock

WORDS = ["sunny", "rainy"]


@pytest.mark.model
@pytest.mark.slow
def test_the_embedded_model_learns_from_a_few_rows(stock: Stock, smollm2: Path):
    rows = [
        {"text": f"Report {n}: {'blue sky' if n % 2 else 'wet streets'}", "label": WORDS[1 - n % 2]}
        for n in range(16)
    ]
    ref = stock.dataset("weather", rows)
    found = stock(
        "tune",
        model=str(smollm2),
        data=ref,
        name="weather",
        target="label",
        prompt="{{text}}. Sunny or rainy?",
        choices=WORDS,
        epochs=4,
        rows_per_step=8,
        checkpoints=1,
    )
    assert found.failed == 0
    assert found.history[-1]["loss"] < 0.5 * found.history[0]["loss"]
    from llmops_workbench.models.engine import Sampling
    from llmops_workbench.models.sources import open_model

    with stock.open(), open_model(found.ref) as engine:
        asked = [
            [{"role": "user", "content": f"Report 99: {sky}. Sunny or rainy?"}]
            for sky in ("blue sky", "wet streets")
        ]
        answers = [a.text for a in engine.generate(asked, Sampling(max_new_tokens=4))]
    assert answers == WORDS
