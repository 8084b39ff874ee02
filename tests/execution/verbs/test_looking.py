"""`ls`, `show`, `tag` and `rm`: what is there, in JSON, on a terminal, on a page and as a frame."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

import pyarrow as pa
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import ConflictError, NotFoundError, UsageError, outcome
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.faces.text import render
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.catalogue import Catalogue


def sha(number: int) -> str:
    return f"sha256-{hashlib.sha256(bytes([number])).hexdigest()}"


@pytest.fixture
def call(workspace: Workspace) -> Any:
    def do(verb: str, **arguments: Any) -> Any:
        return invoke(verb, arguments, workspace=workspace)

    return do


@pytest.fixture
def book(workspace: Workspace) -> Catalogue:
    found = Catalogue(workspace)
    for number in range(1, 4):
        found.register("model", "triage", hash=sha(number), meta={"method": "lora"})
    found.register("model", "other", hash=sha(9))
    found.set_alias("model", "triage", "champion", 2)
    found.score("model:triage@2", {"accuracy": {"value": 0.8125, "lower": 0.7}}, None)
    return found


def test_a_page_is_newest_first_and_pages_make_the_whole(book: Catalogue, call: Any) -> None:
    whole = call("ls", kind="models")
    refs = [item["ref"] for item in whole.items]
    assert refs == ["model:other@1", "model:triage@3", "model:triage@2", "model:triage@1"]
    assert whole.total == 4
    for item in whole.items:
        assert {"ref", "hash", "parents", "created"} <= set(item)
    pages = [call("ls", kind="model", limit=3, offset=offset) for offset in (0, 3)]
    assert [item["ref"] for page in pages for item in page.items] == refs
    assert [page.total for page in pages] == [4, 4]
    assert "3 of 4" in pages[0].html_body()
    found = call("ls", kind="models", where="alias=champion")
    assert [item["ref"] for item in found.items] == ["model:triage@2"]
    assert call("ls", kind="models", where="scores.accuracy>0.8").total == 1
    assert json.loads(json.dumps(whole.to_dict()))["total"] == 4


def test_a_terminal_shows_what_a_person_looks_for(book: Catalogue, call: Any) -> None:
    text = render(call("ls", kind="models"))
    lines = text.splitlines()
    head = next(line for line in lines if line.startswith("reference"))
    assert head.split() == ["reference", "aliases", "scores", "created"]
    (line,) = [line for line in lines if line.startswith("model:triage@2")]
    created = book.get("model:triage@2").created[:19].replace("T", " ")
    assert "champion" in line
    assert "accuracy 0.812" in line
    assert line.endswith(created)
    assert sha(2) not in text
    run = book.start_run("tune", {}, inputs=[])
    book.finish_run(run, "failed", error="the disk is full")
    (line,) = [
        line for line in render(call("ls", kind="runs")).splitlines() if line.startswith("run:")
    ]
    assert line.startswith(f"run:{run}")
    assert "tune" in line
    assert "failed" in line
    empty = render(call("ls", kind="monitors"))
    assert "total: 0" in empty


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kind": "modles"}, "did you mean 'models'"),
        ({"kind": "models", "where": "alais=x"}, "did you mean 'alias'"),
        ({"kind": "models", "where": "version=two"}, "give one"),
    ],
)
def test_what_cannot_be_listed_is_said(call: Any, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        call("ls", **arguments)
    assert sentence in caught.value.message


def test_a_version_is_shown_with_all_that_is_known(book: Catalogue, call: Any) -> None:
    shown = call("show", ref="model:triage@champion")
    assert (shown.ref, shown.kind, shown.hash) == ("model:triage@2", "model", sha(2))
    assert (shown.aliases, shown.details["method"]) == (["champion"], "lora")
    assert call("show", ref="model:triage").ref == "model:triage@3"
    assert call("show", ref=f"model:@{sha(9)[:20]}").ref == "model:other@1"
    page = shown.html_body()
    assert "champion" in page
    assert "lora" in page
    assert list(shown.to_frame()["ref"]) == ["model:triage@2"]


def test_a_dataset_is_shown_with_its_first_rows_and_gives_all(
    workspace: Workspace, call: Any
) -> None:
    rows = [{"text": f"影评 {at}", "n": at, "__split__": "ab"[at % 2]} for at in range(30)]
    with activate(workspace):
        kept = datasets.register("reviews", rows)
    shown = call("show", ref="dataset:reviews")
    assert (shown.hash, len(shown.rows)) == (kept.hash, 10)
    assert shown.rows[0] == {"text": "影评 0", "n": 0, "__split__": "a"}
    frame = shown.to_frame()
    assert list(frame["n"]) == list(range(30))
    assert {"__row__", "__id__"} <= set(frame.columns)
    part = call("show", ref="dataset:reviews@1#b")
    assert part.ref == "dataset:reviews@1#b"
    assert list(part.to_frame()["n"]) == list(range(1, 30, 2))
    text = render(shown)
    assert "影评 9" in text
    assert kept.hash in text
    page = shown.html_body()
    assert "影评 9" in page
    assert kept.hash in page


def test_strange_cells_are_shown_and_still_json(workspace: Workspace, call: Any) -> None:
    moment = datetime.datetime(2024, 5, 6, 7, 8, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "when": pa.array([moment]),
            "blob": pa.array([b"\xff\xfe"]),
            "deep": pa.array([[{"at": moment, "x": float("nan")}]]),
            "gone": pa.array([None], pa.string()),
            "<b>": ["<script>alert(1)</script>"],
        }
    )
    with activate(workspace):
        datasets.register("odd", table)
    shown = call("show", ref="dataset:odd")
    (row,) = json.loads(json.dumps(shown.to_dict(), allow_nan=False))["rows"]
    assert row["when"].startswith("2024-05-06 07:08")
    assert row["deep"] == [{"at": row["when"], "x": None}]
    assert row["gone"] is None
    assert "<script>" not in shown.html_body()
    assert "&lt;b&gt;" in shown.html_body()


def test_a_run_is_shown_by_the_beginning_of_its_id(book: Catalogue, call: Any) -> None:
    run = book.start_run("tune", {"rank": 8}, inputs=["model:triage@1"])
    book.finish_run(run, "done", outputs=["model:triage@2"], result={"loss": 0.5})
    shown = call("show", ref=f"run:{run[:10]}")
    assert (shown.ref, shown.kind, shown.run_id) == (f"run:{run}", "run", run)
    assert shown.details["result"] == {"loss": 0.5}
    assert shown.parents == ["model:triage@1"]


@pytest.mark.parametrize("verb", ["show", "tag", "rm"])
@pytest.mark.parametrize(
    ("ref", "error", "sentence"),
    [
        ("model:triagge", NotFoundError, "did you mean 'triage'"),
        ("model:triage@champoin", NotFoundError, "did you mean 'champion'"),
        ("model:triage@7", NotFoundError, "has no version 7; its versions are 1, 2, 3"),
        ("run:nothing", NotFoundError, "there is no run 'nothing'"),
        ("triage", UsageError, "does not say what it is"),
    ],
)
def test_what_is_not_there_is_said(
    book: Catalogue, call: Any, verb: str, ref: str, error: Any, sentence: str
) -> None:
    with pytest.raises(error) as caught:
        call(verb, ref=ref)
    assert sentence in caught.value.message
    assert outcome(caught.value).exit_code == 2


def test_tags_are_set_listed_searched_and_taken_away(book: Catalogue, call: Any) -> None:
    assert call("tag", ref="model:triage@2").tags == {}
    set_ = call("tag", ref="model:triage@champion", tags={"owner": "ada", "stage": "trial"})
    assert (set_.ref, set_.tags) == ("model:triage@2", {"owner": "ada", "stage": "trial"})
    changed = call("tag", ref="model:triage@2", tags={"stage": "生产"}, remove=["owner"])
    assert changed.tags == {"stage": "生产"}
    found = call("ls", kind="models", where="tags.stage=生产")
    assert [item["ref"] for item in found.items] == ["model:triage@2"]
    run = book.start_run("tune", {})
    assert call("tag", ref=f"run:{run}", tags={"a": "b"}).tags == {"a": "b"}
    with pytest.raises(NotFoundError, match="did you mean 'stage'"):
        call("tag", ref="model:triage@2", tags={"new": "1"}, remove=["stag"])
    assert call("tag", ref="model:triage@2").tags == {"stage": "生产"}, "all or nothing"
    assert book.get("model:triage@2").hash == sha(2), "a tag is no content"


def test_a_removed_version_is_out_of_the_lists_but_not_of_the_lineage(
    book: Catalogue, call: Any
) -> None:
    book.register("model", "child", hash=sha(50), parents=["model:triage@1"])
    assert call("rm", ref="model:triage@1").ref == "model:triage@1"
    assert "model:triage@1" not in [item["ref"] for item in call("ls", kind="models").items]
    with pytest.raises(NotFoundError, match="has no version 1"):
        call("show", ref="model:triage@1")
    nodes = {node["ref"]: node for node in call("lineage", ref="model:child").nodes}
    assert nodes["model:triage@1"]["hash"] == sha(1)
    assert nodes["model:triage@1"]["removed"]
    with pytest.raises(ConflictError, match="move that alias") as caught:
        call("rm", ref="model:triage@2")
    assert outcome(caught.value).exit_code == 1
    assert call("rm", ref="model:triage").ref == "model:triage@3"
    again = book.register("model", "triage", hash=sha(60))
    assert str(again.ref) == "model:triage@4", "a number is never given again"
