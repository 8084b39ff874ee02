"""Rows become tokens: the loss is on the answer and its end alone, and no row is lost unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, UsageError
from llmops_workbench.models.tokens import PromptEncoder
from llmops_workbench.tuning.examples import NO_LOSS, Examples, Layout, choose_layout, tokenise

END = 1


@pytest.fixture(scope="module")
def encoder(tiny: Path) -> PromptEncoder:
    from transformers import AutoTokenizer

    return PromptEncoder(AutoTokenizer.from_pretrained(tiny), "tiny")


def made(rows: list[dict[str, Any]], layout: Layout, encoder: PromptEncoder, most: int = 99):
    table = pa.Table.from_pylist([{"__row__": n, **row} for n, row in enumerate(rows)])
    return tokenise(table, layout, encoder, most, "tokenising")


def by_hand(encoder: PromptEncoder, asked: str, answer: str) -> tuple[list[int], list[int]]:
    """The chat template written out, and each part tokenised by itself."""
    tokenizer = encoder.tokenizer
    prompt = [0, *tokenizer(f"user\n{asked}", add_special_tokens=False)["input_ids"], 1]
    prompt += tokenizer("\n", add_special_tokens=False)["input_ids"]
    prompt += [0, *tokenizer("assistant\n", add_special_tokens=False)["input_ids"]]
    said = [*tokenizer(answer, add_special_tokens=False)["input_ids"], END]
    return prompt + said, [-100] * len(prompt) + said


def test_the_loss_is_on_the_answer_and_its_end_alone(encoder: PromptEncoder):
    layout = Layout(template="{{text}}\nGood or bad?", target="label")
    rows = [{"text": "a delight", "label": "good"}, {"text": "dull\n\nworst", "label": "very bad"}]
    found = made(rows, layout, encoder)
    for place, row in enumerate(rows):
        ids, labels = by_hand(encoder, f"{row['text']}\nGood or bad?", row["label"])
        assert found.input_ids[place] == ids
        assert found.labels[place] == labels
    assert found.tokens == sum(map(len, found.input_ids))
    assert found.trained_tokens == sum(
        len(encoder.tokenizer(row["label"])["input_ids"]) + 1 for row in rows
    )


def test_the_trained_text_is_what_serving_sends_and_what_it_should_answer(encoder: PromptEncoder):
    layout = Layout(template=[{"role": "user", "content": "{{text}}"}], target="label")
    found = made([{"text": "great", "label": "yes"}], layout, encoder)
    cut = found.labels[0].index(next(label for label in found.labels[0] if label != NO_LOSS))
    assert found.input_ids[0][:cut] == encoder.encode([{"role": "user", "content": "great"}])
    assert encoder.tokenizer.decode(found.input_ids[0][cut:-1]) == "yes"


def test_a_plain_model_starts_with_its_first_token_and_gets_the_prompt_as_text(
    tmp_path: Path,
):
    from transformers import AutoTokenizer

    from tests.tiny import make_tiny

    tokenizer = AutoTokenizer.from_pretrained(make_tiny(tmp_path / "plain", bos=True))
    tokenizer.chat_template = None
    plain = PromptEncoder(tokenizer, "plain")
    found = made([{"q": "Paris is", "a": " big"}], Layout(prompt="q", target="a"), plain)
    prompt = tokenizer("Paris is", add_special_tokens=False)["input_ids"]
    answer = tokenizer(" big", add_special_tokens=False)["input_ids"]
    assert found.input_ids == [[0, *prompt, *answer, END]]
    assert found.labels == [[-100] * (1 + len(prompt)) + [*answer, END]]


def test_a_conversation_is_learned_at_its_last_answer_and_never_filled(encoder: PromptEncoder):
    turns = [
        {"role": "user", "content": "yes or {{no}}"},
        {"role": "assistant", "content": "no"},
        {"role": "user", "content": "maybe"},
        {"role": "assistant", "content": "yes"},
    ]
    found = made([{"chat": turns}], Layout(messages="chat"), encoder)
    trained = [label for label in found.labels[0] if label != NO_LOSS]
    assert encoder.tokenizer.decode(trained[:-1]) == "yes"
    assert "{{no}}" in encoder.tokenizer.decode(found.input_ids[0])


def test_rows_that_cannot_be_used_are_counted_with_their_reason_and_the_rest_go_on(
    encoder: PromptEncoder,
):
    rows = [
        {"text": "fine", "label": "good"},
        {"text": None, "label": "good"},
        {"text": "no label", "label": None},
        {"text": "empty", "label": "  "},
        {"text": "word " * 200, "label": "good"},
        {"text": "other", "label": "maybe"},
        {"text": "last", "label": "bad"},
    ]
    layout = Layout(template="{{text}}", target="label", choices=("good", "bad"))
    told: list[str] = []
    with context.activate(
        None, listener=lambda e: told.append(e.data["message"]) if e.kind == "warning" else None
    ):
        found = made(rows, layout, encoder)
    assert len(found.input_ids) == 2
    reasons = dict(found.failed)
    assert list(reasons) == [1, 2, 3, 4, 5]
    assert reasons[1] == "its 'text' is missing"
    assert reasons[2] == "its 'label' is missing"
    assert reasons[3] == "its answer is empty"
    assert "more than the limit of 99" in reasons[4]
    assert reasons[5] == "its answer 'maybe' is none of good, bad"
    assert told == ["5 of 7 rows were left out; row 1: its 'text' is missing"]


def test_missing_numbers_are_missing_and_not_the_word_nan(encoder: PromptEncoder):
    rows = [{"x": 1.5, "y": 2.0}, {"x": float("nan"), "y": 2.0}]
    found = made(rows, Layout(template="{{x}}", target="y"), encoder)
    assert [reason for _, reason in found.failed] == ["its 'x' is missing"]
    assert encoder.tokenizer.decode(found.input_ids[0]).startswith("<|im_start|>user\n1.5")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "does not end with an answer"),
        ([{"role": "user", "content": "hi"}], "does not end with an answer"),
        ([{"role": "assistant", "content": "alone"}], "does not end with an answer"),
        (
            [{"role": "user", "content": "a"}, {"role": "assistant", "content": None}],
            "no pair of role and content",
        ),
    ],
)
def test_a_broken_conversation_is_said(encoder: PromptEncoder, value: Any, reason: str):
    with pytest.raises(DataError, match=f"no row can be trained on: .*{reason}"):
        made([{"chat": value}], Layout(messages="chat"), encoder)


def test_a_conversation_that_is_text_is_said(encoder: PromptEncoder):
    with pytest.raises(DataError, match="does not end with an answer"):
        made([{"chat": "user: hi"}], Layout(messages="chat"), encoder)


def test_no_rows_at_all_are_said(encoder: PromptEncoder):
    table = pa.table({"__row__": pa.array([], pa.int64()), "a": pa.array([], pa.string())})
    with pytest.raises(DataError, match="there are no rows"):
        tokenise(table, Layout(prompt="a", target="a"), encoder, 9, "tokenising")
    assert Examples().tokens == 0


COLUMNS = ["text", "label", "chat"]


@pytest.mark.parametrize(
    ("roles", "template", "target", "choices", "sentence"),
    [
        ({}, None, None, [], "nothing says what the model is asked.*text, label, chat"),
        ({}, "{{text}}", None, [], "which column holds the answers.*--target COLUMN"),
        ({}, "{{txt}}", "label", [], "no column 'txt'; did you mean 'text'"),
        ({}, "{{text}}", "lable", [], "no column 'lable'; did you mean 'label'"),
        ({}, "{{text}} {{label}}", "label", [], "the prompt shows 'label'.*holds the answers"),
        ({}, "{{text}}", "label", ["good"], "two or more different answers"),
        ({}, "{{text}}", "label", ["good", "good"], "two or more different answers"),
    ],
)
def test_a_wrong_prompt_target_or_choice_is_one_sentence(
    roles: dict[str, str],
    template: str | None,
    target: str | None,
    choices: list[str],
    sentence: str,
):
    with pytest.raises(UsageError, match=sentence) as caught:
        choose_layout(COLUMNS, roles, template, target, choices)
    assert "\n" not in caught.value.message


def test_roles_say_what_is_asked_and_answered():
    asked = choose_layout(COLUMNS, {"target": "label", "input": "text"}, "{{text}}", None)
    assert (asked.target, asked.columns) == ("label", ["text", "label"])
    assert choose_layout(COLUMNS, {"messages": "chat"}, None, None) == Layout(messages="chat")
    pairs = choose_layout(COLUMNS, {"prompt": "text", "completion": "label"}, None, None)
    assert pairs == Layout(prompt="text", target="label")
