"""Text to value and back, for every shape that a parameter can have."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.operations import Parameter
from llmops_workbench.core.shapes import read, shape, write

TEXT = st.text(max_size=12) | st.sampled_from(
    [
        "none",
        "null",
        "",
        '"none"',
        '"',
        "[",
        "[1]",
        "1",
        "1.5",
        "nan",
        "a,b",
        " a ",
        "-",
        "--x",
        "{",
        "a\nb",
        "\u2028",
        '"\\n"',
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CASES = {
    "text": (str, TEXT),
    "text or nothing": (str | None, TEXT | st.none()),
    "number or text": (int | float | str, TEXT),
    "texts": (list[str], st.lists(TEXT, max_size=4)),
    "texts or nothing": (list[str] | None, st.lists(TEXT, max_size=4) | st.none()),
    "mapping": (dict[str, Any], st.dictionaries(TEXT, JSON, max_size=3)),
    "mapping or nothing": (dict[str, Any] | None, st.dictionaries(TEXT, JSON) | st.none()),
    "anything": (Any, JSON.filter(lambda value: not isinstance(value, list | dict))),
}


def parameter(annotation: Any) -> Parameter:
    return Parameter(
        name="value",
        annotation=annotation,
        default=None,
        positional=False,
        help="",
        required=True,
        points=None,
        choices=None,
        literal=(),
        many=False,
        flag=False,
        mapping=False,
    )


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_read_back(case: str) -> None:
    annotation, values = CASES[case]
    one = parameter(annotation)

    @given(values)
    def holds(value: Any) -> None:
        found = read(one, write(one, value))
        assert found == value
        assert type(found) is type(value)

    holds()


@pytest.mark.parametrize(
    ("annotation", "form", "nullable"),
    [
        (bool, "flag", False),
        (bool | None, "flag", True),
        (list[str] | None, "list", True),
        (tuple[int, ...], "list", False),
        (dict[str, list[str]], "mapping", False),
        (Literal["a", "b"] | None, "scalar", True),
        (list[dict[str, int]], "list", False),
        (str | list[str], "list", False),
    ],
)
def test_the_shape_is_that_of_the_outside(annotation: Any, form: str, nullable: bool) -> None:
    found = shape(annotation)
    assert (found.form, found.nullable) == (form, nullable)


def test_a_wrong_choice_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="value is 'lroa'; did you mean 'lora'"):
        read(parameter(Literal["lora", "full"]), ["lroa"])


def test_lists_come_with_commas_repeated_or_as_json() -> None:
    one = parameter(list[str])
    assert read(one, ["a,b", "c"]) == ["a", "b", "c"]
    assert read(one, ['["a,b", "c"]']) == ["a,b", "c"]
    assert read(one, ["a,b"], split=False) == ["a,b"]


def test_mappings_come_as_pairs_or_as_json() -> None:
    one = parameter(dict[str, Any])
    assert read(one, ["a=1", "b=x=y", '{"c": [1]}']) == {"a": 1, "b": "x=y", "c": [1]}
    with pytest.raises(UsageError, match="NAME=VALUE"):
        read(one, ["a"])
