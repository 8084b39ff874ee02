"""What `evaluate` keeps of every row, and how it scores parts of the rows."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from llmops_workbench.models.prompting import build_prompt
from llmops_workbench.models.sources import open_model
from tests.stock import Stock

CHOICES = ["good", "bad"]
SHORT = "{{text}}\nGood or bad?"
TEST = "dataset:reviews@1#test"


def test_small_slices_are_left_out_and_counted(stock: Stock) -> None:
    rows = [
        {"text": f"film {at}", "label": "good", "kind": "big" if at < 12 else f"k{at}"}
        for at in range(15)
    ]
    data = stock.dataset("kinds", rows)
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="label", choices=CHOICES,
        metrics=["accuracy"], slices=["kind"],
    )  # fmt: skip
    assert [(part.value, part.n) for part in report.slices] == [("big", 12)]
    assert report.small_slices == 3


def test_slices_are_paired_on_their_own_rows_and_the_most_harmed_comes_first(
    stock: Stock,
) -> None:
    call: dict[str, Any] = {
        "model": "tiny", "baseline": "other", "data": TEST, "prompt": "short",
        "choices": CHOICES, "metrics": ["accuracy", "chrf"], "max_new_tokens": 3,
    }  # fmt: skip
    report = stock("evaluate", **call, slices=["domain", "label"])
    rows, kept = stock.rows(TEST), stock.rows(report.rows)
    assert len(report.slices) > 2
    plain: list[float] = []
    for part in report.slices:
        own = [line for line, row in zip(kept, rows, strict=True) if row[part.column] == part.value]
        assert len(own) == part.n
        gaps = [line["accuracy"] - line["baseline_accuracy"] for line in own]
        won, lost = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
        p = stats.binomtest(won, won + lost).pvalue if won + lost else 1.0
        pair = part.paired["accuracy"]
        assert (pair.difference, pair.p) == pytest.approx((sum(gaps) / len(own), p))
        base = [line["baseline_accuracy"] for line in own]
        assert part.baseline_metrics["accuracy"].value == pytest.approx(sum(base) / len(own))
    for part in report.slices:
        plain += [part.paired[name].p for name in part.paired]
    adjusted = [part.adjusted_p[name] for part in report.slices for name in part.paired]
    assert adjusted == pytest.approx(stats.false_discovery_control(plain, method="bh"))
    changes = [part.paired["accuracy"].difference for part in report.slices]
    assert changes == sorted(changes)
    assert changes[0] != changes[-1], "equal parts show no order"
    page = report.html_body()
    assert f"{changes[0]:+.3g}" in page
    assert "accuracy: difference" in page


def test_what_was_asked_is_kept_with_every_row(stock: Stock) -> None:
    rows = [{"text": row["text"], "label": row["label"]} for row in stock.rows(TEST)[:4]]
    rows[2]["text"] = None
    data = stock.dataset("asked", rows)
    call: dict[str, Any] = {
        "model": "tiny", "data": data, "target": "label", "max_new_tokens": 3,
        "metrics": ["exact_match"],
    }  # fmt: skip
    report = stock("evaluate", **call, prompt="short")
    kept = stock.rows(report.rows)
    for place, (line, row) in enumerate(zip(kept, stock.rows(data), strict=True)):
        assert (line["row"], line["row_id"]) == (row["__row__"], row["__id__"])
        asked = build_prompt(SHORT, row, chat=True) if place != 2 else None
        assert line["sent"] == asked
    assert [line["new_tokens"] for line in kept] == [3, 3, 0, 3]
    with stock.open(), open_model("tiny") as engine:
        counts = engine.count_tokens([SHORT.replace("{{text}}", str(row["text"])) for row in rows])
    for line, count in zip(kept, counts, strict=True):
        assert line["error"] or line["prompt_tokens"] > count, "the chat template adds some"
    paired = stock.rows(stock("evaluate", **call, prompt="short", baseline="other").rows)
    assert "baseline_answer" in paired[0]
    assert "baseline_sent" not in paired[0], "both were asked the same"
