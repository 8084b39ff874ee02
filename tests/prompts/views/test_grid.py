"""The grid shows what its comparison kept, against a plain reading of the kept rows."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

import pytest

from llmops_workbench.core import views
from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import LLMOpsError, NotFoundError, UsageError
from llmops_workbench.core.views import View
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.catalogue import Catalogue
from tests.panels import ask, places, shortened
from tests.prompts.views.conftest import MODELS, ROWS, compare
from tests.stand_ins import PROMPTS, reviews


@pytest.fixture
def lines(compared: tuple[Workspace, Any]) -> list[dict[str, Any]]:
    """What was kept, a row of the data with the cells of its variants."""
    workspace, report = compared
    with activate(workspace):
        cells = datasets.load(report.cells).to_pylist()
        source = datasets.load(report.data).to_pylist()
    return [{**row, "place": at, "cells": cells[at::ROWS]} for at, row in enumerate(source)]


def test_the_figures_are_those_of_the_run(compared: tuple[Workspace, Any], grid: View) -> None:
    _, report = compared
    state = grid.state()
    json.dumps(state, allow_nan=False)
    assert len(json.dumps(state)) < 100_000
    assert (state["prompts"], state["models"], state["n"]) == (2, 3, ROWS)
    assert state["calls"] == 2 * 3 * ROWS == 360
    assert state["failed"] == report.failed > 6
    for shown, column in zip(state["variants"], report.columns, strict=True):
        whole = column.model_dump(mode="json")
        assert {name: shown[name] for name in whole} == whole
    assert [facts["name"] for facts in state["metrics"]] == ["exact_match", "chrf"]
    assert [facts["best"] for facts in state["metrics"]] == [1.0, 100.0]
    assert state["inputs"] == ["text"]
    assert state["line"].startswith("%llmops compare --data 'dataset:reviews@1#validation' ")
    assert state["line"].count("callable:tests.stand_ins:") == 3


def test_the_best_variant_is_named_and_whether_that_is_chance(
    compared: tuple[Workspace, Any], grid: View
) -> None:
    _, report = compared
    for name, best in grid.state()["best"].items():
        values = [column.metrics[name].value for column in report.columns]
        assert values[best["variant"]] == max(values)
        assert best["variant"] > 0, "the first one is the worst model"
        assert best["sure"] is (report.columns[best["variant"]].adjusted_p[name] < 0.05)
    assert any(best["sure"] for best in grid.state()["best"].values())


def test_a_range_holds_the_kept_answers_and_scores(grid: View, lines: list[dict[str, Any]]) -> None:
    told, rows = ask(grid, start=10, stop=17)
    assert (told["total"], len(rows)) == (ROWS, 7)
    for row, line in zip(rows, lines[10:17], strict=True):
        assert (row["place"], row["row"]) == (line["place"], line["__row__"])
        assert row["text"] == shortened(line["text"])
        assert row["expected"] == line["label"]
        for at, cell in enumerate(line["cells"]):
            assert row[f"a{at}"] == cell["answer"]
            assert row[f"e{at}"] == cell["error"]
            assert row[f"s{at}_0"] == cell["exact_match"]
            assert row[f"s{at}_1"] == pytest.approx(cell["chrf"])
    assert len(ask(grid, start=0, stop=10**6)[1]) == ROWS


def test_what_is_shown_is_what_the_filter_says(grid: View, lines: list[dict[str, Any]]) -> None:
    def answers(line: dict[str, Any]) -> set[str]:
        return {(cell["answer"] or "").strip() for cell in line["cells"]}

    expected = {
        "all": lambda line: True,
        "failures": lambda line: any(cell["exact_match"] == 0 for cell in line["cells"]),
        "errors": lambda line: any(cell["error"] for cell in line["cells"]),
        "different": lambda line: len(answers(line)) > 1,
    }
    counts = grid.ask("counts", {"metric": "exact_match"}).json
    for show, holds in expected.items():
        own = [line["place"] for line in lines if holds(line)]
        assert places(grid, show=show) == own
        assert counts[show] == len(own)
    assert 0 < counts["errors"] < counts["failures"] < counts["all"]
    assert places(grid, only=[5, 3, 3, 10**6]) == [3, 5]
    assert grid.ask("counts", {"starred": [5, 3, 3, 10**6]}).json["starred"] == 2


def test_search_finds_questions_and_answers_in_any_script_and_case(
    grid: View, lines: list[dict[str, Any]]
) -> None:
    def plainly(words: str) -> list[int]:
        return [
            line["place"]
            for line in lines
            if any(
                words.casefold() in (text or "").casefold()
                for text in (line["text"], line["label"], *(c["answer"] for c in line["cells"]))
            )
        ]

    for words in ("DULL", "节奏紧凑", "ممل", "скучно", "หนังสนุก", "(", "would say that"):
        found = places(grid, search=words)
        assert found == plainly(words), words
        assert grid.ask("counts", {"search": words}).json["all"] == len(found)
    assert any(places(grid, search=words) for words in ("节奏紧凑", "ممل", "скучно"))
    # The same letters, composed otherwise.
    japanese = next(word for line in lines for word in [line["text"] or ""] if "がっかり" in word)
    taken = unicodedata.normalize("NFD", "がっかり")
    assert taken not in japanese
    assert places(grid, search=taken) == plainly("がっかり")
    assert places(grid, search="nothing like this") == []


def test_rows_are_ordered_by_score_and_by_change(grid: View, lines: list[dict[str, Any]]) -> None:
    def values(line: dict[str, Any]) -> list[float | None]:
        return [cell["chrf"] for cell in line["cells"]]

    def mean(line: dict[str, Any]) -> float:
        known = [value for value in values(line) if value is not None]
        return sum(known) / len(known) if known else math.inf

    def change(line: dict[str, Any]) -> float:
        first = values(line)[0]
        if first is None:
            return math.inf
        return -max(abs(value - first) for value in values(line) if value is not None)

    by_mean = sorted(lines, key=mean)
    assert places(grid, metric="chrf", sort="score") == [line["place"] for line in by_mean]
    by_change = sorted(lines, key=change)
    found = places(grid, metric="chrf", sort="change", descending=True)
    assert found == [line["place"] for line in by_change]
    third = sorted(
        lines, key=lambda line: math.inf if values(line)[2] is None else -values(line)[2]
    )
    found = places(grid, metric="chrf", sort="2", descending=True)
    assert found == [line["place"] for line in third]
    assert places(grid, sort="row", descending=True) == list(range(ROWS))[::-1]
    assert places(grid, metric="chrf", sort="score")[-1] == 0, "nobody answered it"


def test_a_cell_gives_all_that_was_kept(
    compared: tuple[Workspace, Any], grid: View, lines: list[dict[str, Any]]
) -> None:
    _, report = compared
    cell = grid.ask("cell", {"place": 7, "variant": 4}).json
    kept = lines[7]["cells"][4]
    (turn,) = cell["sent"]
    assert (turn["role"], turn["text"]) == ("user", kept["sent"][0]["content"])
    template = PROMPTS[report.columns[4].prompt.partition(":")[2].partition("@")[0]]
    assert turn["text"] == template.replace("{{text}}", lines[7]["text"])
    assert cell["answer"] == {"text": kept["answer"], "length": len(kept["answer"])}
    assert cell["expected"]["text"] == lines[7]["label"]
    assert cell["scores"] == {name: kept[name] for name in ("exact_match", "chrf")}
    assert (cell["row_id"], cell["row"]) == (lines[7]["__id__"], lines[7]["__row__"])
    assert cell["id"] == kept["__id__"]
    assert cell["seconds"] == kept["seconds"] > 0
    failed = next(line for line in lines if line["cells"][5]["error"] and line["text"])
    cell = grid.ask("cell", {"place": failed["place"], "variant": 5}).json
    assert "no answer after 30 s" in cell["error"]["text"]
    assert cell["answer"] is None
    for wrong in ({"place": ROWS, "variant": 0}, {"place": 0, "variant": 6}):
        with pytest.raises(NotFoundError, match="the grid has no row"):
            grid.ask("cell", wrong)
    with pytest.raises(UsageError, match="greater than or equal to 0"):
        grid.ask("cell", {"place": -1, "variant": 0})


def test_a_long_text_comes_in_part_until_all_of_it_is_asked_for(
    compared: tuple[Workspace, Any],
) -> None:
    workspace, _ = compared
    long = "жаль " * 40_000
    with activate(workspace):
        datasets.register("long", [{"text": long, "label": "negative"}] * 2)
    report = compare(workspace, data="long", models=MODELS[1:2], target="label")
    grid = views.get("grid")(workspace, f"run:{report.run_id}")
    _, rows = ask(grid)
    assert rows[0]["text"] == shortened(long)
    cell = grid.ask("cell", {"place": 0, "variant": 0}).json
    assert (len(cell["text"]["text"]), cell["text"]["length"]) == (50_000, 200_000)
    whole = grid.ask("cell", {"place": 0, "variant": 0, "whole": True}).json
    assert whole["text"]["text"] == long
    assert whole["sent"][0]["text"].endswith(long)


def test_a_variant_goes_on_by_other_rows_than_those_that_chose_it(
    compared: tuple[Workspace, Any], grid: View
) -> None:
    uses = grid.state()["variants"][3]["uses"]
    assert uses["evaluate"]["data"] == "dataset:reviews@1#test"
    column = compared[1].columns[3]
    assert (uses["evaluate"]["model"], uses["evaluate"]["prompt"]) == (column.model, column.prompt)
    assert "data" not in uses["tune"], "there is no split to learn from"
    assert uses["prompt"]["name"] in PROMPTS
    assert uses["prompt"]["text"] == PROMPTS[uses["prompt"]["name"]]
    workspace, _ = compared
    report = compare(workspace, data="reviews", prompts=["{{text}} ?"], models=MODELS[:1])
    uses = views.get("grid")(workspace, f"run:{report.run_id}").state()["variants"][0]["uses"]
    assert "data" not in uses["evaluate"], "all rows were compared"
    assert uses["prompt"] == {"text": "{{text}} ?"}


def test_the_run_before_is_found_and_its_answers_stand_beside(
    compared: tuple[Workspace, Any], lines: list[dict[str, Any]]
) -> None:
    workspace, first = compared
    again = compare(workspace, models=[MODELS[1], MODELS[0]], limit=20)
    grid = views.get("grid")(workspace, f"run:{again.run_id}")
    assert grid.state()["earlier"]["run"] != f"run:{again.run_id}"
    _, rows = ask(grid, against="earlier")
    labels = [(column.prompt, column.model) for column in first.columns]
    for at, column in enumerate(again.columns):
        before = labels.index((column.prompt, column.model))
        assert [row[f"b{at}"] for row in rows] == [
            line["cells"][before]["answer"] for line in lines[:20]
        ]
    oldest = Catalogue(workspace).runs(where="operation=compare", limit=50)[0][-1]
    assert views.get("grid")(workspace, oldest["ref"]).state()["earlier"] is None


def test_without_metrics_there_are_answers_and_nothing_is_judged(
    compared: tuple[Workspace, Any],
) -> None:
    workspace, _ = compared
    report = compare(workspace, metrics=[], limit=5)
    grid = views.get("grid")(workspace, f"run:{report.run_id}")
    assert grid.state()["metrics"] == []
    assert grid.ask("counts", {}).json["failures"] == 0
    _, rows = ask(grid, metric="", sort="score")
    assert len(rows) == 5
    assert rows[1]["a0"]
    assert grid.ask("cell", {"place": 0, "variant": 0}).json["scores"] == {}


def test_answers_that_are_gone_leave_the_figures(compared: tuple[Workspace, Any]) -> None:
    workspace, _ = compared
    with activate(workspace):
        datasets.register("gone", reviews(8), meta={"roles": {"target": "label"}})
    report = compare(workspace, data="gone")
    Catalogue(workspace).remove("dataset:gone@1")
    grid = views.get("grid")(workspace, f"run:{report.run_id}")
    assert grid.state()["source"] is False
    _, rows = ask(grid)
    assert rows[0]["text"] is None
    assert grid.ask("cell", {"place": 0, "variant": 0}).json["sent"][0]["text"]
    Catalogue(workspace).remove(report.cells)
    grid = views.get("grid")(workspace, f"run:{report.run_id}")
    state = grid.state()
    assert len(state["variants"]) == 6
    assert "no dataset" in state["missing"] or "removed" in state["missing"]
    with pytest.raises(LLMOpsError):
        ask(grid)


def test_a_run_that_goes_on_says_how_far_it_is(compared: tuple[Workspace, Any]) -> None:
    workspace, _ = compared
    book = Catalogue(workspace)
    arguments = {"data": "dataset:reviews@1", "prompts": ["prompt:short@1"], "models": MODELS}
    run = book.start_run("compare", arguments)
    state = views.get("grid")(workspace, f"run:{run}").state()
    assert (state["state"], state["variants"], state["models"]) == ("running", [], 3)
    assert state["line"].startswith("%llmops compare")
    book.finish_run(run, "failed", error="no model answered")
    grid = views.get("grid")(workspace, f"run:{run}")
    assert (grid.state()["state"], grid.state()["error"]) == ("failed", "no model answered")
    assert "no model answered" in grid.static_html()
    with pytest.raises(NotFoundError, match="no answers yet"):
        ask(grid)
    other = book.start_run("tune", {"name": "x"})
    with pytest.raises(UsageError, match="is tune, and this shows compare"):
        views.get("grid")(workspace, f"run:{other}").state()
    with pytest.raises(NotFoundError):
        views.get("grid")(workspace, "run:0000000000").state()


def test_a_result_that_no_run_recorded_is_shown_as_far_as_it_goes(
    compared: tuple[Workspace, Any],
) -> None:
    workspace, report = compared
    held = views.get("grid")(workspace, "kernel:result", report)
    assert held.state()["run"] == f"run:{report.run_id}"
    loose = views.get("grid")(None, "kernel:result", report.model_copy(update={"run_id": None}))
    state = loose.state()
    assert (state["run"], len(state["variants"])) == (None, 6)
    assert "workspace" in state["missing"]
    assert "few-shot@1" in loose.static_html()
