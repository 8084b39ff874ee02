"""A pipeline as it is written, and the sentence for each way to write it wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.errors import DataError, LLMOpsError, NotFoundError, UsageError
from llmops_workbench.pipelines.expressions import fill, paths
from llmops_workbench.pipelines.graph import load, parameter_names


def pipeline(tmp_path: Path, text: str) -> str:
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_steps_come_after_what_they_wait_for(tmp_path: Path) -> None:
    plan = load(
        pipeline(
            tmp_path,
            """
            name: demo
            parameters: {who: Ada}
            steps:
              last: {template: echo, with: {text: "${{ steps.middle.given.text }}"}}
              middle: {template: echo, with: {text: "${{ parameters.who }}"}, after: first}
              first: {template: echo, with: {text: a}}
            """,
        ),
        {"who": "Bob"},
    )
    assert [step.name for step in plan.steps] == ["first", "middle", "last"]
    assert plan.parameters == {"who": "Bob"}
    assert plan.steps[0].verb == "echo"


def test_a_list_of_steps_is_read_too(tmp_path: Path) -> None:
    text = (
        "steps:\n- {template: echo, with: {text: a}}\n- {name: b, template: echo, with: {text: b}}"
    )
    assert [step.name for step in load(pipeline(tmp_path, text), {}).steps] == ["echo", "b"]


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        ("steps: [", DataError, "not valid YAML"),
        ("- a", DataError, "needs 'steps:'"),
        ("name: x", UsageError, "needs 'steps:'"),
        ("stepz: {}", UsageError, "did you mean 'steps'"),
        ("steps: {a: {tempate: echo}}", UsageError, "did you mean 'template'"),
        ("steps: {a: {with: {}}}", UsageError, "either a template or a notebook"),
        ("steps: {a: {template: ehco}}", NotFoundError, "did you mean 'echo'"),
        ("steps: {a: {template: echo}}", UsageError, "echo needs text under 'with:'"),
        (
            "steps: {a: {template: echo, with: {text: a, toen: warm}}}",
            UsageError,
            "did you mean 'tone'",
        ),
        ("steps: {a: {notebook: nowhere.ipynb}}", NotFoundError, "there is no notebook"),
        (
            "steps: {a: {template: echo, with: {text: '${{ steps.bcd.x }}'}}, bc: {template: echo,"
            " with: {text: a}}}",
            UsageError,
            "no such step; did you mean 'bc'",
        ),
        (
            "parameters: {who: 1}\n"
            "steps: {a: {template: echo, with: {text: '${{ parameters.whom }}'}}}",
            UsageError,
            "no such parameter; did you mean 'who'",
        ),
        (
            "steps: {a: {template: echo, with: {text: '${{ step.a }}'}}}",
            UsageError,
            "did you mean 'steps'",
        ),
        ("steps: {a: {template: echo, with: {text: a}, after: b}}", UsageError, "no such step"),
        (
            "steps: {a: {template: echo, with: {text: x}, after: b}, b: {template: echo, with:"
            " {text: '${{ steps.a.x }}'}}}",
            UsageError,
            "'a', 'b' wait for each other",
        ),
        (
            "steps: [{template: echo, with: {text: a}}, "
            "{name: echo, template: echo, with: {text: b}}]",
            UsageError,
            "two steps are called 'echo'",
        ),
    ],
)
def test_a_wrong_pipeline_gets_one_sentence(
    tmp_path: Path, text: str, kind: type[LLMOpsError], sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        load(pipeline(tmp_path, text), {})
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message


def test_a_wrong_parameter_names_the_nearest(tmp_path: Path) -> None:
    file = pipeline(tmp_path, "parameters: {who: 1}\nsteps: {a: {template: echo, with: {text: a}}}")
    with pytest.raises(UsageError, match="did you mean 'who'"):
        load(file, {"whom": 1})
    with pytest.raises(NotFoundError, match="there is no pipeline"):
        load("nowhere.yaml", {})


def test_a_notebook_is_a_pipeline_of_one_step(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {"tags": ["parameters"]},
        "source": [
            "rows = 3\n",
            "# data (reference of a dataset, required): Which.\n",
            "name: str = 'x'",
        ],
        "outputs": [],
        "execution_count": None,
    }
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert parameter_names(text) == ["rows", "name", "data"]
    file = tmp_path / "mine.ipynb"
    file.write_text(text)
    (step,) = load(str(file), {"rows": 4}).steps
    assert (step.name, step.values, step.verb) == ("mine", {"rows": 4}, None)
    with pytest.raises(UsageError, match="did you mean 'rows'"):
        load(str(file), {"row": 4})
    file.write_text("{}")
    with pytest.raises(DataError, match="not a notebook"):
        load(str(file), {})


SCOPE: dict[str, Any] = {
    "parameters": {"n": 3, "who": "Ada"},
    "steps": {"e": {"metrics": {"f1.macro": {"value": 0.5}}, "items": [{"ref": "a@1"}]}},
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${{ parameters.n }}", 3),
        ("n=${{parameters.n}} ${{ parameters.who }}", "n=3 Ada"),
        ("${{ steps.e.metrics.f1.macro.value }}", 0.5),
        ("${{ steps.e.items.0.ref }}", "a@1"),
        (["${{ steps.e.items }}", {"a": "$n {{ x }}"}], [[{"ref": "a@1"}], {"a": "$n {{ x }}"}]),
        (7, 7),
    ],
)
def test_expressions_are_filled_in_with_their_type(value: Any, expected: Any) -> None:
    assert fill(value, SCOPE) == expected


def test_an_expression_that_leads_nowhere_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"steps\.e has no 'metric'; did you mean 'metrics'"):
        fill("${{ steps.e.metric.x }}", SCOPE)
    assert list(paths({"a": ["${{ steps.e.x }} ${{ parameters.n }}"]})) == [
        ["steps", "e", "x"],
        ["parameters", "n"],
    ]
