"""Judgments come in once, whatever is repeated or killed, and the newest of each person counts."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.tracking import events
from llmops_workbench.tracking.catalogue import Catalogue
from tests.execution.waiting import until
from tests.stock import Stock

MOMENTS = int(os.environ.get("LLMOPS_PROVE_N", "1"))
COLUMNS = {"queue": "reviews", "value": "score", "item": "review", "annotator": "rater"}


def write(folder: Path, rows: Sequence[Sequence[Any]], name: str = "ratings.csv") -> str:
    file = folder / name
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["review", "rater", "score"], *rows])
    return str(file)


def current(stock: Stock, queue: str = "reviews") -> dict[tuple[str, str], Any]:
    labels = events.current_labels(queue, workspace=stock.workspace)
    return {(event["item"], event["annotator"]): event["value"] for event in labels}


ROWS = [("a", "ann", 1), ("a", "bob", 2), ("b", "ann", 3), ("c", "bob", -1)]


def test_every_row_becomes_a_judgment_that_can_be_traced(stock: Stock, tmp_path: Path):
    found = stock("label", source=write(tmp_path, ROWS), model="tiny", **COLUMNS)
    assert (found.rows, found.added, found.known, found.failed) == (4, 4, 0, 0)
    assert (found.items, found.annotators, found.labels) == (3, 2, 4)
    assert current(stock) == {(item, rater): score for item, rater, score in ROWS}
    kept = list(events.read_all("label", workspace=stock.workspace))
    assert {event["model_version"] for event in kept} == {"model:tiny@1"}
    assert {event["payload"]["run_id"] for event in kept} == {found.run_id}
    assert all(event["payload"]["source"].startswith("dataset:@sha256-") for event in kept)
    assert len({event["payload"]["row"] for event in kept}) == 4
    assert events.verify_chain("label", workspace=stock.workspace).whole
    edges = Catalogue(stock.workspace).lineage(found.queue)["edges"]
    assert any("sha256-" in str(edge) for edge in edges)


def test_the_same_rows_again_add_nothing_and_nor_do_they_in_a_longer_file(
    stock: Stock, tmp_path: Path
):
    stock("label", source=write(tmp_path, ROWS), **COLUMNS)
    again = stock("label", source=write(tmp_path, ROWS), **COLUMNS)
    assert (again.added, again.known, again.labels) == (0, 4, 4)
    longer = stock("label", source=write(tmp_path, [("d", "ann", 4), *ROWS]), **COLUMNS)
    assert (longer.added, longer.known, longer.labels) == (1, 4, 5)
    assert events.count("label", workspace=stock.workspace) == 5


def test_another_judgment_of_the_same_person_replaces_the_first_which_is_kept(
    stock: Stock, tmp_path: Path
):
    stock("label", source=write(tmp_path, ROWS), **COLUMNS)
    changed = stock("label", source=write(tmp_path, [("a", "ann", 9)]), **COLUMNS)
    assert (changed.added, changed.labels) == (1, 4)
    assert current(stock)["a", "ann"] == 9
    old, new = events.read("label", workspace=stock.workspace, item="a", annotator="ann")
    assert (old["value"], new["value"], new["revision"]) == (1, 9, 2)
    assert new["supersedes"] == old["id"]
    back = stock("label", source=write(tmp_path, [("a", "ann", 1), ("x", "y", 1)]), **COLUMNS)
    assert (back.added, current(stock)["a", "ann"]) == (2, 1)


def test_within_a_file_the_last_judgment_counts(stock: Stock, tmp_path: Path):
    rows = [("a", "ann", 1), ("a", "ann", 2), ("a", "ann", 1)]
    found = stock("label", source=write(tmp_path, rows), **COLUMNS)
    assert (found.added, found.labels, current(stock)) == (3, 1, {("a", "ann"): 1})


def test_rows_that_are_no_judgments_are_counted_and_the_rest_go_on(stock: Stock, tmp_path: Path):
    rows = [("a", "ann", 1), ("", "ann", 1), ("b", " ", 1), ("c", "ann", None), ("d", "bob", 2)]
    found = stock("label", source=write(tmp_path, rows), **COLUMNS)
    assert (found.added, found.failed) == (2, 3)
    assert [entry["row"] for entry in found.failures] == [1, 2, 3]
    assert [entry["reason"] for entry in found.failures] == [
        "its 'review' is missing",
        "its 'rater' is missing",
        "its 'score' is missing",
    ]
    assert "3 rows are no judgments; row 1: its 'review' is missing" in stock.warnings


def test_whole_numbers_name_things_as_they_are_written(stock: Stock, tmp_path: Path):
    stock("label", source=write(tmp_path, [(7, 1, 2), (None, 2, 2), (8, 1, 2)]), **COLUMNS)
    assert set(current(stock)) == {("7", "1"), ("8", "1")}


def test_without_a_column_of_annotators_it_is_by_whom_it_says_or_you(stock: Stock, tmp_path: Path):
    given = {"queue": "mine", "value": "score", "item": "review"}
    stock("label", source=write(tmp_path, ROWS[2:]), by="eve", **given)
    stock("label", source=write(tmp_path, ROWS[2:]), **given)
    people = {annotator for _, annotator in current(stock, "mine")}
    assert people == {"eve", stock.workspace.user()}


def test_two_questions_about_one_item_stay_apart(stock: Stock, tmp_path: Path):
    for question in ("quality", "style"):
        stock("label", source=write(tmp_path, ROWS), question=question, **COLUMNS)
    assert events.count("label", workspace=stock.workspace) == 8
    assert len(events.current_labels("reviews", workspace=stock.workspace, schema="style")) == 4


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        ({"value": "scroe"}, UsageError, "no column 'scroe'; did you mean 'score'"),
        ({"item": "revue"}, UsageError, "no column 'revue'"),
        ({"by": "me"}, UsageError, "annotator and by were both given"),
        ({"queue": "a/b"}, UsageError, "a/b"),
        ({"model": "tinny"}, NotFoundError, "tinny"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    stock: Stock, tmp_path: Path, change: dict[str, Any], kind: type[Exception], sentence: str
):
    with pytest.raises(kind, match=sentence) as caught:
        stock("label", source=write(tmp_path, ROWS), **{**COLUMNS, **change})
    assert "\n" not in str(caught.value)
    assert events.count("label", workspace=stock.workspace) == 0


def test_a_file_without_any_judgment_is_said(stock: Stock, tmp_path: Path):
    with pytest.raises(DataError, match=r"no row of .* is a judgment: its 'score' is missing"):
        stock("label", source=write(tmp_path, [("a", "b", None), ("c", "d", None)]), **COLUMNS)


IMPORT = """
import sys
from pathlib import Path
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
given = {"source": sys.argv[2], "queue": "reviews", "value": "score"}
given |= {"item": "review", "annotator": "rater"}
invoke("label", given, workspace=Workspace(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_killed_in_the_middle_and_done_again_nothing_is_lost_or_doubled(
    stock: Stock, tmp_path: Path, moment: int
):
    rows = [(f"item-{n}", f"rater-{n % 9}", n % 7) for n in range(9_000)]
    source = write(tmp_path, rows)
    command = [sys.executable, "-c", IMPORT, str(stock.workspace.root), source]
    process = subprocess.Popen(command)
    wanted = random.Random(moment).randrange(4_000)
    until(lambda: events.count("label", workspace=stock.workspace) > wanted, 120)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    there = events.count("label", workspace=stock.workspace)
    assert 0 < there < len(rows), "it was killed too late to show anything"
    found = stock("label", source=source, **COLUMNS)
    assert (found.added, found.known) == (len(rows) - there, there)
    assert events.count("label", workspace=stock.workspace) == len(rows)
    assert current(stock) == {(item, rater): score for item, rater, score in rows}
    assert events.verify_chain("label", workspace=stock.workspace).whole


def test_two_imports_at_once_double_nothing(stock: Stock, tmp_path: Path):
    source = write(tmp_path, [(f"item-{n}", "ann", n) for n in range(3000)])
    command = [sys.executable, "-c", IMPORT, str(stock.workspace.root), source]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert events.count("label", workspace=stock.workspace) == 3000
    assert events.verify_chain("label", workspace=stock.workspace).whole
