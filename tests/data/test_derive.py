"""New columns from others, by expressions that read nothing else."""

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import UsageError
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.tracking import datasets

ROWS = [
    {"text": "好电影", "rating": 2.5},
    {"text": "скучно", "rating": -1.0},
    {"text": "so so", "rating": 0.0},
    {"text": "no rating", "rating": None},
]


def prepared(workspace, recipe):
    return invoke(
        "prepare", {"source": ROWS, "recipe": recipe, "name": "made"}, workspace=workspace
    )


def test_a_label_follows_from_a_number_and_rows_keep_their_ids(workspace):
    with activate(workspace):
        source = datasets.snapshot(ROWS).ref
        before = datasets.load(source).column("__id__").to_pylist()
    report = prepared(
        workspace,
        "steps:\n  - derive: {label: \"case when rating > 0 then 'good' else 'bad' end\", "
        "size: length(text)}\n",
    )
    with activate(workspace):
        table = datasets.load(report.ref)
    assert table.column("label").to_pylist() == ["good", "bad", "bad", "bad"]
    assert table.column("size").to_pylist() == [len(row["text"]) for row in ROWS]
    assert table.column("__id__").to_pylist() == before
    assert table.column_names[:2] == ["text", "rating"]


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("ratin + 1", "did you mean 'rating'"),
        ("random()", "another answer each time"),
        ("sum(rating)", "does not"),
        ("read_text('/etc/passwd')", "does not work|reads files"),
    ],
)
def test_what_is_no_function_of_the_row_is_refused(workspace, expression, sentence):
    with pytest.raises(UsageError, match=sentence):
        prepared(workspace, f'steps:\n  - derive: {{made: "{expression}"}}\n')


def test_a_column_is_never_overwritten(workspace):
    with pytest.raises(UsageError, match="already"):
        prepared(workspace, "steps:\n  - derive: {rating: rating + 1}\n")
