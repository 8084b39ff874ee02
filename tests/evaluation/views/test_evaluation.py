"""The panel of an evaluation shows what its run kept, against a plain reading of the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core import views
from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import DataError, LLMOpsError, NotFoundError, UsageError
from llmops_workbench.core.views import View
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import STEP, invoke
from llmops_workbench.tracking import datasets, events, prompts
from llmops_workbench.tracking.catalogue import Catalogue
from tests.panels import Tags, ask, places, shortened, without_model_libraries
from tests.stand_ins import HOSTILE, PROMPTS, reviews
from tests.stock import Stock

CANDIDATE, BASELINE, FAILING = (
    f"callable:tests.stand_ins:{name}" for name in ("careful", "weaker", "failing")
)
ROWS = 120


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Any]]:
    """A workspace with one evaluation against a baseline, with slices."""
    opened = Workspace.init(tmp_path_factory.mktemp("evaluation") / "workspace")
    with activate(opened):
        rows = reviews(ROWS)
        rows[4]["text"] = None
        rows[9]["label"] = None
        datasets.register("reviews", rows, meta={"roles": {"input": "text", "target": "label"}})
        prompts.register("short", PROMPTS["short"])
    report = evaluate(opened)
    yield opened, report
    opened.store.close()


def evaluate(workspace: Workspace, **more: Any) -> Any:
    call = {
        "model": CANDIDATE, "data": "reviews", "baseline": BASELINE, "prompt": "short",
        "metrics": ["exact_match", "chrf"], "slices": ["language", "domain"], **more,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STEP, "1")
        given = {name: value for name, value in call.items() if value is not None}
        return invoke("evaluate", given, workspace=workspace)


@pytest.fixture
def panel(scored: tuple[Workspace, Any]) -> View:
    workspace, report = scored
    return views.get("evaluation")(workspace, f"run:{report.run_id}")


@pytest.fixture
def lines(scored: tuple[Workspace, Any]) -> list[dict[str, Any]]:
    """What was kept of each row, with the row itself."""
    workspace, report = scored
    with activate(workspace):
        kept = datasets.load(report.rows).to_pylist()
        source = datasets.load(report.data).to_pylist()
    return [
        {**row, "place": at, "kept": line}
        for at, (row, line) in enumerate(zip(source, kept, strict=True))
    ]


def plain_outcome(line: dict[str, Any], metric: str = "exact_match") -> str:
    own, base = line["kept"][metric], line["kept"][f"baseline_{metric}"]
    if own is None or base is None:
        return "failed"
    if own != base:
        return "up" if own > base else "down"
    return "right" if own == {"exact_match": 1, "chrf": 100}[metric] else "wrong"


def test_the_numbers_are_those_of_the_run(scored: tuple[Workspace, Any], panel: View) -> None:
    _, report = scored
    state = panel.state()
    json.dumps(state, allow_nan=False)
    assert len(json.dumps(state)) < 100_000
    whole = report.model_dump(mode="json")
    names = ("model", "baseline", "data", "n", "failed", "baseline_failed", "metrics", "paired",
             "baseline_metrics", "slices", "small_slices", "scorers_failed", "seconds")  # fmt: skip
    assert {name: state[name] for name in names} == {name: whole[name] for name in names}
    assert state["failed"] == 2
    assert len(state["slices"]) >= 5
    assert [facts["name"] for facts in state["facts"]] == ["exact_match", "chrf"]
    assert state["inputs"] == ["text"]
    assert state["line"].startswith("%llmops evaluate --model model:callable:tests.stand_ins:")
    assert (state["registered"], state["gates"], state["promotable"]) == (False, [], None)


def test_every_row_has_one_outcome(panel: View, lines: list[dict[str, Any]]) -> None:
    for metric in ("exact_match", "chrf"):
        own = [plain_outcome(line, metric) for line in lines]
        counts = panel.ask("counts", {"metric": metric}).json
        assert counts == {name: own.count(name) for name in counts}
        assert sum(counts.values()) == ROWS
        _, rows = ask(panel, metric=metric, sort="row")
        names = panel.state()["outcomes"]
        assert [names[row["outcome"]] for row in rows] == own
    assert all(counts[name] for name in ("up", "down", "right", "failed"))


def test_rows_hold_both_answers_and_the_expected_one(
    panel: View, lines: list[dict[str, Any]]
) -> None:
    told, rows = ask(panel, sort="row", start=3, stop=12)
    assert (told["total"], len(rows)) == (ROWS, 9)
    for row, line in zip(rows, lines[3:12], strict=True):
        kept = line["kept"]
        assert (row["row"], row["expected"]) == (line["__row__"], line["label"])
        assert row["text"] == shortened(line["text"])
        assert (row["answer"], row["base"]) == (kept["answer"], kept["baseline_answer"])
        assert (row["error"], row["base_error"]) == (kept["error"], kept["baseline_error"])
        assert row["score"] == kept["exact_match"]
        assert row["base_score"] == kept["baseline_exact_match"]


def test_what_changed_most_comes_first(panel: View, lines: list[dict[str, Any]]) -> None:
    names = panel.state()["outcomes"]

    def rank(line: dict[str, Any]) -> tuple[float, ...]:
        own, base = line["kept"]["chrf"], line["kept"]["baseline_chrf"]
        known = own is not None and base is not None
        change = abs(own - base) if known else 0.0
        return (names.index(plain_outcome(line, "chrf")), -change, own or 0.0, line["place"])

    expected = [line["place"] for line in sorted(lines, key=rank)]
    assert places(panel, metric="chrf") == expected
    assert places(panel, metric="chrf", descending=True) == expected[::-1]
    by_base = places(panel, metric="chrf", sort="baseline_score")
    scores = [lines[at]["kept"]["baseline_chrf"] for at in by_base]
    known = [value for value in scores if value is not None]
    assert known == sorted(known)
    assert scores[len(known) :] == [None, None]


def test_filters_by_outcome_slice_and_words_add_up(
    panel: View, lines: list[dict[str, Any]]
) -> None:
    own = [line["place"] for line in lines if plain_outcome(line) == "down"]
    assert own
    assert sorted(places(panel, outcomes=["down"])) == own
    arabic = [line["place"] for line in lines if line["language"] == "ar"]
    part = {"column": "language", "value": "ar"}
    assert sorted(places(panel, **part)) == arabic
    both = [at for at in arabic if plain_outcome(lines[at]) in ("down", "up")]
    assert sorted(places(panel, outcomes=["down", "up"], **part)) == both
    counts = panel.ask("counts", {"metric": "exact_match", **part}).json
    assert sum(counts.values()) == len(arabic)
    words = [line["place"] for line in lines if "ممل" in (line["text"] or "")]
    assert words
    assert sorted(places(panel, search="ممل")) == words
    said = [
        line["place"]
        for line in lines
        if any("positive" in (text or "") for text in
               (line["label"], line["kept"]["answer"], line["kept"]["baseline_answer"]))
    ]  # fmt: skip
    assert sorted(places(panel, search="POSITIVE")) == said
    with pytest.raises(NotFoundError, match="no column 'langage'; did you mean 'language'"):
        places(panel, column="langage", value="ar")
    with pytest.raises(DataError, match="'bleu' is not among the metrics"):
        places(panel, metric="bleu")
    with pytest.raises(UsageError, match="outcomes"):
        places(panel, outcomes=["fixed"])


def test_the_slices_of_the_report_are_the_rows_that_the_filter_gives(
    panel: View, lines: list[dict[str, Any]]
) -> None:
    for part in panel.state()["slices"]:
        _, rows = ask(panel, column=part["column"], value=part["value"])
        assert len(rows) == part["n"]
        gaps = [row["score"] - row["base_score"] for row in rows if row["score"] is not None
                and row["base_score"] is not None]  # fmt: skip
        assert part["paired"]["exact_match"]["difference"] == pytest.approx(sum(gaps) / len(gaps))
        assert part["paired"]["exact_match"]["n"] == len(gaps)


def test_a_row_gives_prompt_answers_scores_and_labels(
    scored: tuple[Workspace, Any], panel: View, lines: list[dict[str, Any]]
) -> None:
    workspace, _ = scored
    line = lines[20]
    with activate(workspace):
        label = {"queue": "triage", "item": line["__id__"], "schema": "label", "value": "bad",
                 "annotator": "ada", "source": "human"}  # fmt: skip
        events.append("label", [label])
    row = panel.ask("row", {"place": 20}).json
    sent = PROMPTS["short"].replace("{{text}}", line["text"])
    for side, prefix in (("model", ""), ("baseline", "baseline_")):
        assert row[side]["sent"] == [{"role": "user", "text": sent, "length": len(sent)}]
        assert row[side]["answer"]["text"] == line["kept"][f"{prefix}answer"]
        assert row[side]["scores"]["chrf"] == line["kept"][f"{prefix}chrf"]
    assert row["expected"]["text"] == line["label"]
    (label,) = row["labels"]
    assert (label["queue"], label["value"], label["annotator"]) == ("triage", "bad", "ada")
    assert panel.ask("row", {"place": 4}).json["model"]["error"]["text"]
    with pytest.raises(NotFoundError, match=f"no row {ROWS}"):
        panel.ask("row", {"place": ROWS})


def test_without_a_baseline_rows_are_right_or_wrong(
    scored: tuple[Workspace, Any], lines: list[dict[str, Any]]
) -> None:
    workspace, _ = scored
    report = evaluate(workspace, baseline=None, model=FAILING)
    panel = views.get("evaluation")(workspace, f"run:{report.run_id}")
    counts = panel.ask("counts", {"metric": "exact_match"}).json
    assert (counts["up"], counts["down"]) == (0, 0)
    assert counts["failed"] == report.failed > 2
    _, rows = ask(panel)
    assert [row["outcome"] for row in rows] == sorted(row["outcome"] for row in rows)
    assert "base" not in rows[0]
    assert panel.ask("row", {"place": 0}).json["baseline"] is None
    assert "harm" not in panel.static_html()


def test_rows_that_are_gone_leave_the_figures(scored: tuple[Workspace, Any]) -> None:
    workspace, _ = scored
    with activate(workspace):
        datasets.register("gone", reviews(24), meta={"roles": {"target": "label"}})
    report = evaluate(workspace, data="gone")
    Catalogue(workspace).remove("dataset:gone@1")
    panel = views.get("evaluation")(workspace, f"run:{report.run_id}")
    assert panel.state()["source"] is False
    _, rows = ask(panel)
    assert rows[0]["text"] is None
    assert panel.ask("row", {"place": 0}).json["model"]["sent"][0]["text"]
    assert panel.ask("nearest", {"place": 0}).json["rows"] == []
    Catalogue(workspace).remove(report.rows)
    panel = views.get("evaluation")(workspace, f"run:{report.run_id}")
    assert panel.state()["missing"]
    assert panel.state()["metrics"]["exact_match"]["value"] is not None
    with pytest.raises(LLMOpsError):
        ask(panel)


def test_a_run_that_goes_on_says_so(scored: tuple[Workspace, Any]) -> None:
    workspace, report = scored
    book = Catalogue(workspace)
    run = book.start_run("evaluate", {"model": "model:callable:x:y", "data": "dataset:reviews@1"})
    panel = views.get("evaluation")(workspace, f"run:{run}")
    state = panel.state()
    assert (state["state"], state["n"], state["data"]) == ("running", None, "dataset:reviews@1")
    assert (state["rules"], state["registered"]) == ([], False)
    book.finish_run(run, "failed", error="too many rows failed")
    assert "too many rows failed" in panel.static_html()
    with pytest.raises(NotFoundError, match="no rows yet"):
        ask(panel)
    loose = views.get("evaluation")(
        None, "kernel:result", report.model_copy(update={"run_id": None})
    )
    assert loose.state()["missing"]
    assert f"{report.metrics['chrf'].value:.3g}" in loose.static_html()


def test_the_saved_page_has_the_numbers_and_no_scripts(
    scored: tuple[Workspace, Any], panel: View
) -> None:
    workspace, report = scored
    page = panel.static_html()
    for name, score in report.metrics.items():
        assert f"{score.value:.3g}" in page
        assert f"{report.paired[name].difference:+.3g}" in page
    assert "the most harmed first" in page
    with activate(workspace):
        rows = [{"text": text or "empty", "label": text or "x"} for text in HOSTILE]
        datasets.register("hostile", rows, meta={"roles": {"target": "label"}})
    shown = evaluate(
        workspace, data="hostile", model="callable:tests.stand_ins:hostile", slices=["label"]
    )
    found = Tags(views.get("evaluation")(workspace, f"run:{shown.run_id}").static_html())
    assert found.tags <= {"div", "b", "span", "table", "tr", "th", "td", "p"}
    assert found.attributes <= {"style", "dir"}


def test_what_gates_said_stands_beside_and_opens_the_way(stock: Stock, tiny_adapter: Path) -> None:
    from llmops_workbench.models.registration import register_folder

    book = Catalogue(stock.workspace)
    train = "dataset:reviews@1"
    run = book.start_run("tune", {"model": "model:tiny@1", "data": train}, inputs=[train])
    with stock.open():
        register_folder("tuned", tiny_adapter, base="tiny", run_id=run, parents=[train])
    book.finish_run(run, "done")
    report = stock(
        "evaluate", model="tuned", data="reviews#test", prompt="short", target="label",
        choices=["good", "bad"], metrics=["accuracy"], baseline="tiny",
    )  # fmt: skip
    subject = f"run:{report.run_id}"

    def told() -> dict[str, Any]:
        found: dict[str, Any] = views.get("evaluation")(stock.workspace, subject).state()
        return found

    assert (told()["gates"], told()["promotable"], told()["rules"]) == ([], None, [])
    assert told()["registered"] is True
    with pytest.raises(LLMOpsError):
        stock("gate", rules=["accuracy > 1"], run=report.run_id)
    (refused,) = told()["gates"]
    assert (refused["passed"], refused["looks"]) == (False, 1)
    assert refused["rules"][0]["rule"] == "accuracy > 1"
    assert "does not hold" in refused["rules"][0]["reason"]
    assert (told()["promotable"], told()["rules"]) == (None, ["accuracy > 1"])
    stock("gate", rules=["accuracy >= 0", "failed == 0"], run=report.run_id)
    assert [gate["passed"] for gate in told()["gates"]] == [True, False]
    assert told()["promotable"] == {"model": "model:tuned@1", "to": "champion"}
    stock("promote", model="tuned", to="champion")
    assert told()["champion"] == "model:tuned@1"
    with pytest.raises(LLMOpsError):
        stock("gate", rules=["accuracy > 1"], run=report.run_id)
    assert told()["promotable"] is None, "the newest gate counts"
    panel = views.get("evaluation")(stock.workspace, subject)
    assert "gate not passed" in panel.static_html()
    near = panel.ask("nearest", {"place": 0}).json
    assert (near["data"], near["total"]) == (f"{train}#train", 24)
    texts = [row["text"] for row in stock.rows(f"{train}#train")]
    asked = stock.rows("dataset:reviews@1#test")[0]["text"]

    def distance(one: str, two: str) -> int:
        before = list(range(len(two) + 1))
        for at, left in enumerate(one, 1):
            row = [at]
            for place, right in enumerate(two, 1):
                swap = before[place - 1] + (left != right)
                row.append(min(row[-1] + 1, before[place] + 1, swap))
            before = row
        return before[-1]

    alike = sorted(1 - distance(asked, text) / max(len(asked), len(text)) for text in texts)
    assert [row["similarity"] for row in near["rows"]] == pytest.approx(alike[::-1][:5])
    assert {row["text"]["text"] for row in near["rows"]} <= set(texts)
    assert near["rows"][0]["target"]["text"] in ("good", "bad")


def test_opening_the_panel_imports_no_model_library(scored: tuple[Workspace, Any]) -> None:
    workspace, report = scored
    payload = {"start": 0, "stop": 9, "metric": "chrf"}
    subject = f"run:{report.run_id}"
    told = without_model_libraries(workspace.root, "evaluation", subject, payload)
    assert told == str(ROWS)
