import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import DataError, UsageError
from llmops_workbench.text.templates import check_columns, render, render_messages, variables


def test_names_in_order_of_first_use():
    template = "{{b}} {{ a }} {{b}} {{客户 消息}} {{हिन्दी}} {{user.name-1}}"
    assert variables(template) == ["b", "a", "客户 消息", "हिन्दी", "user.name-1"]


def test_render_in_any_script():
    row = {"问题": "天气？", "نص": "مَرْحَبًا", "ไทย": "ก็ดี", "e": "👩‍👩‍👧"}
    assert render("{{问题}}|{{نص}}|{{ไทย}}|{{ e }}", row) == "天气？|مَرْحَبًا|ก็ดี|👩‍👩‍👧"


def test_json_braces_stay():
    template = '{"a": {"b": "{{x}}"}, "c": {{{"d": 1}}}, "e": {{{n}}}, "f": {{}}, "g": {{ }}}'
    assert variables(template) == ["x", "n"]
    expected = '{"a": {"b": "X"}, "c": {{{"d": 1}}}, "e": {7}, "f": {{}}, "g": {{ }}}'
    assert render(template, {"x": "X", "n": 7}) == expected


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(), min_size=3),
    st.sampled_from(["{{a}}", "{{a}}{{b}}{{c}}", "x{{b}}y{{b}}z", "{{{c}}}"]),
)
def test_a_value_is_inserted_once_and_never_expanded(row, template):
    row["a"] += "{{b}} {{{c}}} \\1 \\g<0> {b} $b"
    pieces = template
    for name in row:
        pieces = pieces.replace("{{" + name + "}}", f"\0{name}\0")
    parts = pieces.split("\0")
    expected = "".join(row[p] if i % 2 else p for i, p in enumerate(parts))
    assert render(template, row) == expected


def test_values_that_are_no_text():
    row = {"n": 3, "f": 0.5, "b": True, "l": ["é", 1], "d": {"k": "东"}, "z": 0, "e": ""}
    rendered = render("{{n}} {{f}} {{b}} {{l}} {{d}} {{z}} [{{e}}]", row)
    assert rendered == '3 0.5 True ["é", 1] {"k": "东"} 0 []'
    assert json.loads(render("{{d}}", row)) == row["d"]


def test_an_unknown_name_is_refused_with_the_closest():
    with pytest.raises(UsageError, match=r"'\{\{quesion\}\}'; did you mean 'question'\?"):
        render("{{quesion}}", {"question": "?", "answer": "!"})
    with pytest.raises(UsageError, match="did you mean 'question'"):
        check_columns([{"role": "user", "content": "{{quesion}}"}], ["question"])
    check_columns("{{question}}", ["question", "other"])


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_value_is_no_text(value):
    with pytest.raises(DataError, match="missing"):
        render("{{a}}", {"a": value})


def test_chat_templates():
    template = [
        {"role": "system", "content": "Answer in {{language}}."},
        {"role": "user", "content": "{{q}}"},
    ]
    assert variables(template) == ["language", "q"]
    assert render_messages(template, {"language": "日本語", "q": "{{language}}"}) == [
        {"role": "system", "content": "Answer in 日本語."},
        {"role": "user", "content": "{{language}}"},
    ]
    assert render_messages("{{q}}", {"q": "?"}) == [{"role": "user", "content": "?"}]
    assert template[0]["content"] == "Answer in {{language}}."


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ([], "no messages"),
        ([{"role": "usr", "content": "a"}], "did you mean 'user'"),
        ([{"role": "user"}], "lacks content"),
        ([{"role": "user", "content": "a", "name": "b"}], "name"),
        ([{"role": "user", "content": 1}], "content 1"),
        (["user: a"], "give a role"),
    ],
)
def test_wrong_messages_are_named(template, said):
    with pytest.raises(UsageError, match=said):
        render_messages(template, {})


def test_a_long_run_of_braces_is_read_quickly():
    assert variables("{" * 200_000 + "a" * 200_000 + "{{ " * 100_000) == []
