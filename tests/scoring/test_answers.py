"""Answers of a model to rows: asked once, cached by all that decides them, failures kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import DataError, UsageError
from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.models.engine import (
    EngineInfo,
    Generation,
    Likelihood,
    Sampling,
    failed,
)
from llmops_workbench.scoring import answers
from llmops_workbench.scoring.asking import Answers, score_answers
from llmops_workbench.scoring.expected import check_choices, choose_target, right_answers
from llmops_workbench.scoring.records import paired_scores
from llmops_workbench.scoring.score import score


class Counting:
    """An engine as a callable could be one: it answers with the prompt's length, and counts."""

    def __init__(self, weights: str | None = "sha256-1", **info: Any) -> None:
        self.info = EngineInfo("counting", "counting", weights_hash=weights, **info)
        self.asked: list[Any] = []

    def generate(self, prompts: Any, sampling: Sampling, *, on_result: Any = None) -> Any:
        made = []
        # From the last to the first: rows finish in any order.
        for place in reversed(range(len(prompts))):
            prompt = prompts[place]
            self.asked.append(prompt)
            if "stop here" in str(prompt):
                raise KeyboardInterrupt
            answer = (
                failed("too long")
                if "long" in str(prompt)
                else Generation(f"{prompt} {sampling.seed}", 3, 2, 0.5, "stop")
            )
            on_result(place, answer)
            made.append(answer)
        return made[::-1]

    def score(self, prompts: Any, continuations: Sequence[Sequence[str]]) -> Any:
        self.asked += prompts
        return [
            [
                Likelihood(float("nan"), 0, False, "too long")
                if "long" in str(prompt)
                else Likelihood(-abs(len(str(prompt)) - len(text)), 1, False)
                for text in texts
            ]
            for prompt, texts in zip(prompts, continuations, strict=True)
        ]


@pytest.fixture(autouse=True)
def told(workspace: Workspace) -> Any:
    seen: list[Event] = []
    with activate(workspace, listener=seen.append):
        yield seen


def texts(made: list[tuple[Generation, bool]]) -> list[str]:
    return [answer.text for answer, _ in made]


def test_a_prompt_is_asked_once_and_answers_stand_at_their_rows() -> None:
    engine: Any = Counting()
    missing = DataError("no value")
    prompts: list[Any] = ["a", missing, "b", "a", "long", "a"]
    made = answers.generate(engine, prompts, Sampling(), label="x")
    assert texts(made) == ["a 0", "", "b 0", "a 0", "", "a 0"]
    assert [answer.error for answer, _ in made] == [None, "no value", None, None, "too long", None]
    assert sorted(engine.asked) == ["a", "b", "long"]
    again = answers.generate(engine, prompts, Sampling(), label="x")
    assert [cached for _, cached in again] == [True, False, True, True, False, True]
    assert engine.asked[3:] == ["long"], "an error is no answer: it is asked again"
    assert texts(again) == texts(made)


@pytest.mark.parametrize(
    "change",
    [
        {"sampling": Sampling(seed=1)},
        {"sampling": Sampling(max_new_tokens=3)},
        {"sampling": Sampling(temperature=0.5)},
        {"sampling": Sampling(stop=("x",))},
        {"engine": {"weights": "sha256-2"}},
        {"engine": {"dtype": "float32"}},
        {"prompt": [{"role": "user", "content": "a"}]},
        {"prompt": "a "},
        {"cached": False},
    ],
)
def test_what_decides_an_answer_is_part_of_its_key(change: dict[str, Any]) -> None:
    first: Any = Counting()
    answers.generate(first, ["a"], Sampling(), label="x")
    other: Any = Counting(**change.get("engine", {}))
    sampling, cached = change.get("sampling", Sampling()), change.get("cached", True)
    prompt = change.get("prompt", "a")
    answers.generate(other, [prompt], sampling, label="x", cached=cached)
    assert len(other.asked) == 1
    same: Any = Counting()
    answers.generate(same, ["a"], Sampling(), label="x")
    assert same.asked == []


def test_what_has_no_hash_is_never_taken_from_the_cache() -> None:
    for _ in range(2):
        engine: Any = Counting(weights=None)
        answers.generate(engine, ["a"], Sampling(), label="x")
        answers.choose_among(engine, ["a"], ["x", "yy"], label="x")
        assert len(engine.asked) == 2


def test_a_stop_keeps_what_was_answered() -> None:
    engine: Any = Counting()
    prompts = ["stop here", *(f"p{at}" for at in range(40))]
    with pytest.raises(KeyboardInterrupt):
        answers.generate(engine, prompts, Sampling(), label="x")
    later: Any = Counting()
    made = answers.generate(later, prompts[1:], Sampling(), label="x")
    assert later.asked == []
    assert texts(made) == [f"p{at} 0" for at in range(40)]


def test_choices_are_by_the_highest_likelihood_and_cached_apart(told: list[Event]) -> None:
    engine: Any = Counting()
    prompts: list[Any] = ["aa", DataError("no value"), "bbbbb", "aa", "long"]
    choices = ["xxxxx", "yy"]
    made = answers.choose_among(engine, prompts, choices, label="x")
    assert [choice.winner for choice in made] == [1, -1, 0, 1, -1]
    assert [choice.error for choice in made] == [None, "no value", None, None, "too long"]
    assert sorted(engine.asked) == ["aa", "bbbbb", "long"]
    assert not any(choice.cached for choice in made)
    again = answers.choose_among(engine, prompts, choices, label="x")
    assert [choice.cached for choice in again] == [True, False, True, True, False]
    assert [choice.winner for choice in again] == [1, -1, 0, 1, -1]
    other = answers.choose_among(engine, ["aa"], ["yy", "xxxxx"], label="x")
    assert (other[0].winner, other[0].cached) == (0, False)
    ends = [e.data for e in told if e.kind == "progress" and e.data["done"] == e.data["total"]]
    assert {end["total"] for end in ends} == {5, 1}, "each bar ends full"


def test_fewer_than_two_choices_are_refused() -> None:
    for choices in ([], ["a"], ["a", "a"]):
        with pytest.raises(UsageError, match="at least two different"):
            answers.choose_among(Counting(), ["p"], choices, label="x")  # type: ignore[arg-type]


def test_right_answers_are_text_as_a_person_reads_it() -> None:
    rows = [
        {"y": value}
        for value in ("a", None, float("nan"), 3.0, 2.5, True, ["x", None, 1.0], [], [None])
    ]
    assert right_answers(rows, "y") == [
        "a", None, None, "3", "2.5", "True", ["x", "1"], None, None,
    ]  # fmt: skip


def test_the_target_is_the_given_one_then_the_models_then_the_datas() -> None:
    columns, roles, own = ["a", "b", "c"], {"target": "b"}, {"target": "c"}
    assert choose_target("a", roles, columns, own) == "a"
    assert choose_target(None, roles, columns, own) == "c"
    assert choose_target(None, roles, columns, {"target": "gone"}) == "b"
    assert choose_target(None, {"completion": "a", "label": "b"}, columns) == "a"
    assert choose_target(None, {"label": "b"}, columns) == "b"
    with pytest.raises(UsageError, match="give --target COLUMN, one of a, b, c"):
        choose_target(None, {}, columns)


def test_choices_that_hold_no_right_answer_are_refused(told: list[Event]) -> None:
    check_choices(["yes", "no"], ["yes", " no ", None, ["maybe", "no"]])
    assert told == []
    check_choices(["yes", "no"], ["yes", "perhaps", ["maybe"]])
    assert "2 rows have a right answer" in told[0].data["message"]
    with pytest.raises(UsageError, match="a row has 'Yes', did you mean 'yes'"):
        check_choices(["yes", "no"], ["Yes", None])


def test_scores_that_share_no_row_are_not_compared(told: list[Event]) -> None:
    one = {"exact_match": score("exact_match", ["a", None], ["a", "b"])}
    two = {"exact_match": score("exact_match", [None, "b"], ["a", "b"])}
    assert paired_scores(one, two) == {}
    assert "exact_match" in told[-1].data["message"]
    assert set(paired_scores(one, one)) == {"exact_match"}
    assert paired_scores(one, {}) == {}


def test_likelihood_and_writing_are_told_apart() -> None:
    said = Answers(written=["no", " yes "], chosen=["yes", "no"])
    by_choice, wrong = score_answers(["accuracy", "exact_match"], said, ["yes", "yes"])
    assert wrong == {}
    assert by_choice["accuracy"].rows == [1, 0]
    assert by_choice["exact_match"].rows == [0, 1]
    assert any("likelihood" in note for note in by_choice["accuracy"].notes)
    written, _ = score_answers(["accuracy"], replace(said, chosen=[]), ["yes", "yes"])
    assert written["accuracy"].rows == [0, 1]
    assert not written["accuracy"].notes
