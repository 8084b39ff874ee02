"""Agreement from label events equals published numbers and the statistics it is made of."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score

from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.feedback.agreeing import majority, with_model
from llmops_workbench.scoring.statistics.agreement import gwet_ac1, krippendorff_alpha
from llmops_workbench.scoring.statistics.intervals import wilson
from tests.stock import Stock

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve
# units, with gaps. Published: nominal 0.743, ordinal 0.815, interval 0.849.
PUBLISHED = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]


def bring(
    stock: Stock, folder: Path, rows: list[tuple[Any, Any, Any]], **given: Any
) -> dict[str, Any]:
    file = folder / f"rows-{given.get('origin', 'people')}-{given.get('by', '')}.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["item", "who", "value"], *rows])
    columns = {"value": "value", "item": "item", "annotator": "who", "queue": "q"}
    if "by" in given:
        columns.pop("annotator")
    return stock("label", source=str(file), **columns, **given).to_dict()  # type: ignore[no-any-return]


def published() -> list[tuple[str, str, int]]:
    return [
        (f"unit-{unit}", f"observer-{observer}", int(value))
        for observer, line in enumerate(PUBLISHED)
        for unit, value in enumerate(line.split())
        if value != "."
    ]


@pytest.mark.parametrize(
    ("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_agreement_among_people_is_the_published_one(
    stock: Stock, tmp_path: Path, level: str, value: float
):
    bring(stock, tmp_path, published())
    found = stock("agree", queue="q", level=level, resamples=100)
    [alpha] = found.people
    assert alpha.value == pytest.approx(value, abs=5e-4)
    assert alpha.items == 11
    assert alpha.lower <= alpha.value <= alpha.upper
    assert (found.annotators, found.labels, found.model) == (4, 41, [])
    table = [
        [None if v == "." else int(v) for v in column]
        for column in zip(*(line.split() for line in PUBLISHED), strict=True)
    ]
    assert alpha.value == pytest.approx(krippendorff_alpha(table, level), abs=1e-12)


def test_a_model_is_compared_with_what_most_people_say(stock: Stock, tmp_path: Path):
    draw = random.Random(3)
    people, model, most = [], [], {}
    for n in range(60):
        votes = [draw.choice(["yes", "no", "no"]) for _ in range(3)]
        people += [(f"i{n}", f"p{k}", vote) for k, vote in enumerate(votes)]
        most[f"i{n}"] = max(set(votes), key=votes.count)
        model.append((f"i{n}", "bot", most[f"i{n}"] if draw.random() < 0.8 else "yes"))
    bring(stock, tmp_path, people)
    bring(stock, tmp_path, model, origin="model")
    found = stock("agree", queue="q", resamples=100)
    said = {item: value for item, _, value in model}
    one, two = [most[i] for i in most], [said[i] for i in most]
    values = {a.measure: a.value for a in found.model}
    assert values["Cohen's kappa"] == pytest.approx(cohen_kappa_score(one, two), abs=1e-12)
    pairs = list(zip(one, two, strict=True))
    assert values["Gwet's AC1"] == pytest.approx(gwet_ac1(pairs), abs=1e-12)
    hits = sum(a == b for a, b in pairs)
    share = wilson(hits, 60)
    assert (found.same.value, found.same.lower, found.same.upper) == pytest.approx(
        (hits / 60, share.lower, share.upper)
    )
    assert sum(sum(row.values()) for row in found.confusion.values()) == 60
    assert found.confusion["no"]["yes"] == sum(pair == ("no", "yes") for pair in pairs)
    assert (found.model_name, found.undecided) == ("bot", 0)
    assert len(found.to_frame()) == 4
    assert "Cohen&#x27;s kappa" in found._repr_html_()


def votes(*values: Any, item: str = "a") -> list[dict[str, Any]]:
    return [{"item": item, "annotator": str(n), "value": v} for n, v in enumerate(values)]


def test_a_threshold_cuts_each_number_before_people_are_counted():
    # Two of three are below, though the mean is above: most people say low.
    assert majority(votes(-1, -1, 4), 0, "low", "high") == ({"a": "low"}, 0)
    assert majority(votes(1, 0, 0, 0), 0, "low", "high") == ({"a": "high"}, 0)
    assert majority(votes(-1, 1), 0, "low", "high") == ({}, 1)
    assert majority(votes(0, 0), 0, "low", "high") == ({}, 1)
    assert majority(votes("2.5", 3), 2, "low", "high") == ({"a": "high"}, 0)
    both = [*votes("x", "x", "y"), *votes("x", "y", item="b")]
    assert majority(both, None, "", "") == ({"a": "x"}, 1)
    with pytest.raises(UsageError, match="'good' of a is no number"):
        majority(votes("good"), 0, "low", "high")


def test_where_all_say_the_same_agreement_beyond_chance_is_not_made_up(
    stock: Stock, tmp_path: Path
):
    bring(stock, tmp_path, [(f"i{n}", who, 1) for n in range(9) for who in ("a", "b")])
    [alpha] = stock("agree", queue="q").people
    assert (alpha.measure, alpha.value, alpha.items) == ("Krippendorff's alpha, nominal", None, 9)
    found, same, _ = with_model({"i": "x", "j": "x"}, {"i": "x", "j": "x"}, 50)
    assert [a.value for a in found] == [None, 1.0]
    assert same is not None
    assert same.value == 1


def test_what_cannot_be_measured_is_said(stock: Stock, tmp_path: Path):
    bring(stock, tmp_path, [("i", "bot", "x")], origin="model")
    with pytest.raises(DataError, match="no labels of people"):
        stock("agree", queue="q")
    bring(stock, tmp_path, [("i", "ann", "x"), ("i", "bob", "x"), ("j", "bob", "y")])
    with pytest.raises(NotFoundError, match="no labels for the question 'style'"):
        stock("agree", queue="q", question="style")
    with pytest.raises(NotFoundError, match=r"no model called 'bat' has labelled.*bot"):
        stock("agree", queue="q", model="bat")
    with pytest.raises(NotFoundError, match="queue"):
        stock("agree", queue="other")
    with pytest.raises(UsageError, match="needs numbers"):
        stock("agree", queue="q", level="interval")
    bring(stock, tmp_path, [("i", "", "x")], origin="model", by="other")
    with pytest.raises(UsageError, match="several models have labelled: give --model"):
        stock("agree", queue="q")
    same = stock("agree", queue="q", model="other").same
    assert (same.items, same.value) == (1, 1.0)
