"""What `score` takes, what it counts as failed, and what its result holds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_workbench.core.errors import DataError, UsageError
from llmops_workbench.scoring.metric import METRICS, metric
from llmops_workbench.scoring.paired import paired
from llmops_workbench.scoring.score import score
from llmops_workbench.scoring.statistics.intervals import wilson
from tests.scoring.random_text import random_pairs

TEXTS = {
    "chinese": "今天天气很好，我们去公园吧。",
    "japanese": "今日は天気がいいので公園に行きましょう。",
    "thai": "วันนี้อากาศดีมากไปสวนกันเถอะ",
    "russian": "Сегодня очень хорошая погода, пойдём в парк",
    "arabic": "الطقس جميل اليوم فلنذهب إلى الحديقة",
    "hindi": "आज मौसम बहुत अच्छा है चलो पार्क चलते हैं",
    "english": "The weather is fine today, let's go out",
}
ON_TEXT = [name for name in METRICS.names() if name not in ("json_match", "number_match")]


@pytest.mark.parametrize("name", ON_TEXT)
@pytest.mark.parametrize("language", TEXTS)
def test_identical_text_has_the_best_score_in_every_script(name: str, language: str) -> None:
    text = TEXTS[language]
    found = score(name, [text, text], [text, ["another", text]])
    best = METRICS.get(name).best
    assert found.value == pytest.approx(best, abs=1e-9)
    assert found.rows == pytest.approx([best, best], abs=1e-9)
    assert found.normalized == pytest.approx(1) and found.normalized <= 1
    worse = score(name, [text[: len(text) // 2]], [text]).value
    assert worse is not None and abs(worse - best) > 1e-3


def test_rows_that_are_no_text_are_counted_and_the_others_go_on() -> None:
    bad = [None, float("nan"), pd.NA, "a\x00b", "\ud800", b"a", ["a"]]
    for name in METRICS.names():
        found = score(name, ["7", *bad, "7"], ["7"] * (len(bad) + 2))
        assert (found.n, found.failed) == (2, len(bad))
        assert found.rows[1:-1] == [None] * len(bad)
        assert found.rows[0] is not None and found.rows[-1] is not None
        assert sorted(found.failures) == list(range(1, len(bad) + 1))
    reference = score("accuracy", ["a", "a", "a"], [["a", None], [], "a"])
    assert reference.rows == [None, None, 1.0]
    assert "NUL" in score("accuracy", ["a\x00"], ["a"]).failures[0]


def test_when_every_row_failed_there_is_no_value() -> None:
    for name in METRICS.names():
        found = score(name, [None], ["a"])
        assert (found.value, found.interval, found.n, found.failed) == (None, None, 0, 1)
        assert found.normalized is None


def test_normalized_turns_edits_around() -> None:
    halved = score("ter", ["a b x y"], ["a b c d"])
    assert (halved.value, halved.normalized) == (50, 0.5)
    assert score("ter", ["v w x y z"], ["a"]).normalized == 0
    assert score("bleu", ["a"], ["b"]).normalized == 0


def test_columns_of_every_sort_are_taken() -> None:
    expected = [1.0, 0.0]
    for column in (
        ["a", "b"],
        ("a", "b"),
        np.array(["a", "b"]),
        pd.Series(["a", "b"]),
        pa.array(["a", "b"]),
    ):
        assert score("accuracy", column, ["a", "a"]).rows == expected
    several = pd.Series([np.array(["x", "a"]), np.array(["a"])])
    assert score("accuracy", ["a", "b"], several).rows == expected
    labels = pd.Series([1, 2, None])
    found = score("accuracy", ["1", "2", "3"], labels)
    assert found.rows == [1.0, 1.0, None]
    assert score("accuracy", [True, 0], ["True", 0]).rows == [1.0, 1.0]


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(UsageError, match="2 predictions and 1 references"):
        score("accuracy", ["a", "b"], ["a"])
    with pytest.raises(UsageError, match="no rows"):
        score("accuracy", [], [])
    with pytest.raises(UsageError, match="one text"):
        score("accuracy", "abc", ["a", "b", "c"])
    with pytest.raises(UsageError, match="confidence is 95"):
        score("accuracy", ["a"], ["a"], confidence=95)
    with pytest.raises(UsageError, match="it has none"):
        score("accuracy", ["a"], ["a"], stemmer=True)
    with pytest.raises(UsageError, match="did you mean 'squad'"):
        score("exact_match", ["a"], ["a"], normalize="squat")


def test_a_tokenizer_that_changes_nothing_is_said_so() -> None:
    found = score("chrf", ["今天"], ["今天"], tokenizer="zh")
    assert any("uses no tokenizer" in note for note in found.notes)
    assert not score("chrf", ["今天"], ["今天"], tokenizer="auto").notes
    with pytest.raises(UsageError, match="did you mean '13a'"):
        score("chrf", ["今天"], ["今天"], tokenizer="13")


def test_intervals_suit_the_kind() -> None:
    right = score("accuracy", ["a"] * 20, ["a"] * 19 + ["b"])
    assert right.interval == wilson(19, 20)
    assert right.options["interval"] == "Wilson score"
    alike = score("token_f1", ["a"] * 20, ["a"] * 20)
    assert alike.interval == wilson(20, 20)
    one = score("rougeL", ["a b"], ["a c"])
    assert one.interval == (0.0, 1.0)
    assert score("ter", ["a b"], ["a c"]).interval is None
    predictions, references = random_pairs(200, seed=21)
    for name in ("rougeL", "edit_similarity", "chrf", "bleu", "ter"):
        wide = score(name, predictions, references, confidence=0.99)
        narrow = score(name, predictions, references, confidence=0.5)
        again = score(name, predictions, references, confidence=0.5)
        assert wide.interval and narrow.interval and narrow.value is not None
        assert wide.interval.lower < narrow.interval.lower < narrow.value
        assert narrow.value < narrow.interval.upper < wide.interval.upper
        assert narrow.interval == again.interval
        assert (
            narrow.interval != score(name, predictions, references, confidence=0.5, seed=1).interval
        )


def test_the_result_is_json_and_a_frame() -> None:
    found = score("bleu", ["a b c d", None], ["a b c e", "x"])
    read = json.loads(json.dumps(found.to_dict()))
    assert read["value"] == found.value and read["failed"] == 1
    assert read["options"]["tokenizer"] == "13a" and read["lower"] <= read["upper"]
    frame = found.to_frame()
    assert frame["row"].tolist() == [0, 1]
    assert frame["bleu"].isna().tolist() == [False, True]
    assert frame["failure"][1] == "the prediction is missing"


def test_a_metric_of_ones_own_is_one_function() -> None:
    @metric("shouts", kind="proportion", help="Whether the answer is in capitals.")
    def shouts(prediction: str, references: list[str], *, loud: bool = True) -> float:
        if prediction == "!":
            raise RuntimeError("no letters")
        return float(prediction.isupper() is loud)

    @metric("broken", kind="proportion", help="Gives what a proportion cannot.")
    def broken(prediction: str, references: list[str]) -> float:
        return 0.5

    try:
        found = score("shouts", ["A", "b", "!"], ["x"] * 3)
        assert found.rows == [1.0, 0.0, None]
        assert found.failures == {2: "RuntimeError: no letters"}
        assert score("shouts", ["A"], ["x"], loud=False).value == 0
        with pytest.raises(DataError, match=r"'broken' is a proportion and gave 0\.5"):
            score("broken", ["A"], ["x"])
    finally:
        for name in ("shouts", "broken"):
            METRICS._parts.pop(name)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=4))
def test_no_text_breaks_a_metric(pairs) -> None:
    predictions = [one for one, _ in pairs]
    references = [two for _, two in pairs]
    for name in METRICS.names():
        found = score(name, predictions, references, resamples=20)
        lowest, highest = METRICS.get(name).range
        assert found.n + found.failed == len(pairs)
        if found.value is not None:
            assert lowest <= found.value <= highest + 1e-9
        same = score(name, predictions, predictions, resamples=20)
        for row in same.rows:
            if name not in ("bleu", "chrf", "rouge2", "rouge1", "rougeL", "rougeLsum"):
                assert row is None or row == METRICS.get(name).best


def test_pairs_of_scores() -> None:
    predictions, references = random_pairs(80, seed=22)
    poor = [text[: len(text) // 2] for text in predictions]
    for name in ("exact_match", "rougeL", "bleu", "chrf"):
        good = score(name, predictions, references)
        bad = score(name, [None, *poor[1:]], references)
        found = paired(good, bad)
        assert found.n == 79
        assert found.lower < found.difference < found.upper
        assert found.lower > 0 and found.p < 0.01
        back = paired(bad, good)
        assert back.difference == pytest.approx(-found.difference)
        none = paired(good, good)
        assert none.difference == 0 and none.p == 1
        assert none.lower <= 0 <= none.upper
    rows = score("bleu", predictions[1:], references[1:]).value
    other = score("bleu", poor[1:], references[1:]).value
    assert rows is not None and other is not None
    against = paired(
        score("bleu", predictions, references), score("bleu", [None, *poor[1:]], references)
    )
    assert against.difference == pytest.approx(rows - other)


def test_scores_that_do_not_fit_are_not_paired() -> None:
    one = score("rougeL", ["a"], ["a"])
    with pytest.raises(UsageError, match="cannot be paired with one of 'rouge1'"):
        paired(one, score("rouge1", ["a"], ["a"]))
    with pytest.raises(UsageError, match="differ in tokenizer: default and char"):
        paired(one, score("rougeL", ["a"], ["a"], tokenizer="char"))
    with pytest.raises(UsageError, match="1 and 2"):
        paired(one, score("rougeL", ["a", "b"], ["a", "b"]))
    with pytest.raises(UsageError, match="no row"):
        paired(one, score("rougeL", [None], ["a"]))


def test_auto_means_the_same_for_two_systems_whatever_failed() -> None:
    references = ["a b c d", "猫很好吃吗", "x y z w"]
    whole = score("rougeL", ["a b", "猫很", "x"], references)
    broken = score("rougeL", ["a b", None, "x"], references)
    assert whole.options["tokenizer"] == broken.options["tokenizer"] == "words"
    assert paired(whole, broken).n == 2
