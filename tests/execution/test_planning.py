"""What a form says before a call: counts from the catalogue, times from earlier runs."""

from __future__ import annotations

from typing import Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.operations import get, to_json
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.evaluation import evaluate
from llmops_workbench.prompts import compare
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.catalogue import Catalogue
from llmops_workbench.tuning import tune

BASE = "model:base@1"


def whole(verb: str, **given: Any) -> dict[str, Any]:
    """Fill in the defaults, as a form does."""
    return {item.name: to_json(item.default) for item in get(verb).parameters} | given


@pytest.fixture
def stocked(workspace: Workspace) -> Workspace:
    rows = [
        {"text": f"t{n}", "label": "x", "__split__": "train" if n < 40 else "test"}
        for n in range(60)
    ]
    with activate(workspace):
        datasets.register("reviews", rows)
        Catalogue(workspace).register("model", "base", hash=f"sha256-{1:064x}")
    return workspace


def done(workspace: Workspace, verb: str, arguments: dict[str, Any], result: dict[str, Any]) -> str:
    book = Catalogue(workspace)
    run = book.start_run(verb, arguments)
    book.finish_run(run, "done", result=result)
    return f"run:{run}"


def test_tuning_counts_the_rows_that_are_learned(stocked: Workspace) -> None:
    given = whole("tune", model="base", data="reviews@1", name="new", epochs=2.0, rows_per_step=16)
    with activate(stocked):
        told = tune.plan(given)
    assert told == {
        "text": "about 5 steps on 40 rows of dataset:reviews@1#train",
        "rows": 40,
        "steps": 5,
        "seconds": None,
        "estimated_from": [],
    }


def test_the_time_is_that_of_earlier_runs_like_it(stocked: Workspace) -> None:
    like = {"model": BASE, "method": "lora", "rows_per_step": 16}
    runs = [
        done(stocked, "tune", like, {"steps": 10, "seconds": seconds})
        for seconds in (20.0, 30.0, 100.0)
    ]
    done(stocked, "tune", {**like, "method": "full"}, {"steps": 1, "seconds": 900.0})
    given = whole("tune", model="base", data="reviews@1", name="new", steps=7, rows_per_step=16)
    with activate(stocked):
        told = tune.plan(given)
    assert told["seconds"] == pytest.approx(7 * 3.0)  # the median of 2, 3 and 10 seconds a step
    assert set(told["estimated_from"]) == set(runs)
    assert told["text"].startswith("7 steps")


def test_what_the_fields_forbid_together_is_raised(stocked: Workspace) -> None:
    given = whole("tune", model="base", data="reviews@1#test", name="new")
    with activate(stocked), pytest.raises(UsageError, match="kept for the test"):
        tune.plan(given)


def test_an_evaluation_counts_the_answers_of_both_models(stocked: Workspace) -> None:
    done(stocked, "evaluate", {"model": BASE, "baseline": None}, {"n": 10, "seconds": 5.0})
    alone = whole("evaluate", model="base", data="reviews@1#test", limit=8)
    paired = {**alone, "baseline": "base"}
    with activate(stocked):
        assert evaluate.plan(alone)["calls"] == 8
        assert evaluate.plan(alone)["seconds"] == 4.0
        assert evaluate.plan(paired)["calls"] == 16
        assert evaluate.plan(paired)["seconds"] is None


def test_a_comparison_multiplies(stocked: Workspace) -> None:
    given = whole(
        "compare", data="reviews@1", models=["base"], prompts=["{{text}} a", "{{text}} b"]
    )
    with activate(stocked):
        told = compare.plan(given)
    assert (told["rows"], told["calls"]) == (60, 120)
    assert told["text"].startswith("2 prompts × 1 model × 60 rows = 120 answers")


def test_a_file_that_was_not_read_is_not_counted(stocked: Workspace) -> None:
    with activate(stocked):
        told = evaluate.plan(whole("evaluate", model="base", data="rows.csv"))
    assert "rows" not in told
    assert told["text"] == "ask base about the rows of rows.csv"
