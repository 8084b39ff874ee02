"""Two versions are compared row by row, whatever a recipe did in between."""

import random

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.references import parse
from llmops_workbench.data.diff import diff
from llmops_workbench.data.prepare import prepare
from llmops_workbench.tracking import datasets


@pytest.fixture(autouse=True)
def opened(workspace):
    with activate(workspace):
        yield workspace


ROWS = [{"text": f" row {n} ", "n": n} for n in range(20)]


def made(recipe, name):
    version = datasets.register("source", ROWS)
    prepare(version.ref, recipe=f"steps:\n{recipe}", name=name)
    return parse(f"dataset:{name}@1")


def test_a_recipe_is_seen_in_the_difference():
    recipe = "- filter: n <> 3\n- map_values: {column: n, values: {5: 50}}\n"
    report = diff(parse("dataset:source@1"), made(recipe, "next"))
    counts = (report.added, report.removed, report.changed, report.equal)
    assert (report.by, counts) == ("row", (0, 1, 1, 18))
    assert report.changed_by_column == {"n": 1}
    assert report.changed_rows[0].before == {"n": 5}
    assert report.changed_rows[0].after == {"n": 50}
    assert report.removed_rows == [{"text": " row 3 ", "n": 3}]


def test_rows_that_are_all_rewritten_are_changed_not_new():
    report = diff(parse("dataset:source@1"), made("- normalise: text", "clean"))
    assert (report.changed, report.equal, report.added, report.removed) == (20, 0, 0, 0)
    page = report._repr_html_()
    assert "<del" in page
    assert "<script" not in page


def test_splits_and_columns_that_changed_are_named():
    recipe = "- split: {a: 0.5, b: 0.5}\n- cast: {columns: {n: text}}\n- rename: {text: t}\n"
    report = diff(parse("dataset:source@1"), made(recipe, "parts"))
    assert report.columns_added == ["t", "__split__"]
    assert report.columns_removed == ["text"]
    assert report.columns_retyped == {"n": ["int64", "string"]}


def test_versions_of_two_origins_are_compared_by_content_or_key():
    """Against sets of rows, with repeated rows counted as often as they stand."""
    dice = random.Random(2)
    old = [{"k": n, "v": dice.randrange(3)} for n in range(50)]
    new = [{"k": n, "v": dice.randrange(3)} for n in range(10, 70)]
    datasets.register("old", old + old[:5])
    datasets.register("new", new)
    report = diff(parse("dataset:old@1"), parse("dataset:new@1"))
    both = sum(row in new for row in old)
    assert (report.by, report.equal, report.changed) == ("content", both, 0)
    assert (report.removed, report.added) == (55 - both, 60 - both)
    datasets.register("old", old)
    report = diff(parse("dataset:old@2"), parse("dataset:new@1"), key="k", show=3)
    differ = sum(old[n]["v"] != new[n - 10]["v"] for n in range(10, 50))
    assert (report.removed, report.added, report.changed) == (10, 20, differ)
    assert len(report.changed_rows) == len(report.added_rows) == 3
    with pytest.raises(UsageError, match="repeat or are missing"):
        diff(parse("dataset:old@1"), parse("dataset:new@1"), key="k")
    with pytest.raises(UsageError, match="no column 'kk'; did you mean 'k'"):
        diff(parse("dataset:old@1"), parse("dataset:new@1"), key="kk")


def test_selected_rows_that_came_back_as_a_frame_are_known_by_their_ids():
    datasets.register("source", ROWS)
    frame = datasets.load("source").to_pandas().query("n > 4")
    datasets.register("source", frame)
    report = diff(parse("dataset:source@1"), parse("dataset:source@2"))
    assert (report.by, report.equal, report.removed) == ("id", 15, 5)
    same = diff(parse("dataset:source@1"), parse("dataset:source@1"))
    assert (same.equal, same.changed) == (20, 0)
    with pytest.raises(NotFoundError):
        diff(parse("dataset:source@1"), parse("dataset:source@9"))
