"""Every digit of ROUGE is that of rouge-score, whichever package computes it."""

from __future__ import annotations

import sys

import pytest
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer

from llmops_workbench.core.errors import MissingDependencyError, UsageError
from llmops_workbench.scoring.metrics.rouge import tokenizer_named
from llmops_workbench.scoring.score import score
from llmops_workbench.scoring.tokenizers import has_mecab
from tests.scoring.random_text import random_pairs

NAMES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
LATIN = random_pairs(1000, seed=11, kinds=("english",))
ANY = random_pairs(1000, seed=12)


class Given(Tokenizer):
    def __init__(self, name: str) -> None:
        self.split = tokenizer_named(name)

    def tokenize(self, text: str) -> list[str]:
        return self.split(text)


def oracle_rows(pairs, **options) -> dict[str, list[float]]:
    scorer = RougeScorer(NAMES, **options)
    found = [scorer.score_multi(several, one) for one, several in zip(*pairs, strict=True)]
    return {name: [one[name].fmeasure for one in found] for name in NAMES}


@pytest.mark.parametrize("stemmer", [False, True])
@pytest.mark.parametrize("engine", ["rouge-score-rs", "rouge-score"])
def test_default_tokenizer_equals_rouge_score(engine: str, stemmer: bool) -> None:
    expected = oracle_rows(LATIN, use_stemmer=stemmer)
    for name in NAMES:
        ours = score(name, *LATIN, tokenizer="default", stemmer=stemmer, engine=engine)
        assert ours.rows == expected[name]
        assert ours.value == pytest.approx(sum(expected[name]) / 1000)
        assert 0.2 < ours.value < 0.9
        assert ours.options["engine"].startswith(f"{engine} ")


@pytest.mark.parametrize("tokenizer", ["words", "char", "13a", "zh", "intl", "ja-mecab"])
def test_any_script_equals_rouge_score_with_the_same_tokenizer(tokenizer: str) -> None:
    if tokenizer == "ja-mecab" and not has_mecab():
        pytest.skip("MeCab with its IPA dictionary (the extra 'ja') is missing")
    expected = oracle_rows(ANY, tokenizer=Given(tokenizer))
    for name in NAMES:
        ours = score(name, *ANY, tokenizer=tokenizer)
        assert ours.rows == expected[name]
        assert ours.options["tokenizer"] == tokenizer


def test_random_unicode_with_the_ascii_tokenizer_equals_rouge_score() -> None:
    # Texts of which at most a tenth is beyond a-z, so that the tokenizer is not refused.
    english, references = LATIN
    predictions = [
        f"{text} É ß İ 😀 Ⅷ\x1cX" if k % 3 == 0 else text for k, text in enumerate(english)
    ]
    expected = oracle_rows((predictions, references))
    for name in NAMES:
        assert score(name, predictions, references, tokenizer="default").rows == expected[name]


def test_auto_is_rouge_score_for_english_and_words_beyond() -> None:
    english = score("rougeL", ["the cat’s naïve mat"], ["the cat’s naïve rug"])
    assert english.options["tokenizer"] == "default"
    assert score("rougeL", ["été"], ["été"]).options["tokenizer"] == "words"
    mixed = score("rougeL", ["a cat", "猫"], ["a cat", "猫"])
    assert (mixed.options["tokenizer"], mixed.value) == ("words", 1.0)
    foreign = score("rougeL", ["猫很好"], ["a cat is good"])
    assert foreign.options["tokenizer"] == "default"
    assert any("drops 100% of the predictions" in note for note in foreign.notes)


@pytest.mark.parametrize(
    ("predictions", "references", "side"),
    [
        (["今天天气"], ["今天天气"], "references"),
        (["погода"], ["weather"], "predictions"),
        (["weather"], [["weather", "الطقس"]], "references"),
    ],
)
def test_a_tokenizer_that_drops_the_text_is_refused(predictions, references, side) -> None:
    with pytest.raises(UsageError) as caught:
        score("rouge1", predictions, references, tokenizer="default")
    message = str(caught.value)
    assert "rouge1" in message and side in message and "%" in message
    assert "tokenizer='words' or tokenizer='char'" in message


def test_a_tenth_is_the_limit() -> None:
    nine = "aaaaaaaaa"
    assert score("rouge1", [nine + "é"], [nine + "é"], tokenizer="default").value == 1
    with pytest.raises(UsageError, match="18%"):
        score("rouge1", [nine + "éé"], [nine], tokenizer="default")


def test_stems_need_the_english_tokenizer() -> None:
    with pytest.raises(UsageError, match="tokenizer='default' only"):
        score("rouge1", ["a"], ["a"], tokenizer="words", stemmer=True)
    with pytest.raises(UsageError, match="would drop"):
        score("rouge1", ["погода"], ["погода"], stemmer=True)


def test_the_fallback_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rouge_score_rs", None)
    ours = score("rougeL", ["a b c"], ["a c"])
    assert ours.value == pytest.approx(0.8)
    assert ours.options["engine"].startswith("rouge-score ")
    assert any("rouge-score-rs is not installed" in note for note in ours.notes)
    with pytest.raises(MissingDependencyError, match="rouge-score-rs"):
        score("rougeL", ["a"], ["a"], engine="rouge-score-rs")
