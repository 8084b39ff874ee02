"""Every digit of BLEU, chrF and TER is sacrebleu's."""

from __future__ import annotations

import sys

import pytest
import sacrebleu

from llmops_workbench.core.errors import MissingDependencyError, NotFoundError, UsageError
from llmops_workbench.scoring import tokenizers
from llmops_workbench.scoring.metrics.bleu import bleu_from_sums
from llmops_workbench.scoring.score import score
from llmops_workbench.scoring.statistics.intervals import resampled
from tests.scoring.random_text import random_pairs

PREDICTIONS, REFERENCES = random_pairs(1000, seed=1)
needs_mecab = pytest.mark.skipif(
    not tokenizers.has_mecab(), reason="MeCab with its IPA dictionary (the extra 'ja') is missing"
)


def streams(references: list[list[str]]) -> list[list[str | None]]:
    most = max(map(len, references))
    return [[row[k] if k < len(row) else None for row in references] for k in range(most)]


@pytest.mark.parametrize(
    "name", ["13a", "zh", "intl", "char", "none", pytest.param("ja-mecab", marks=needs_mecab)]
)
def test_bleu_equals_sacrebleu(name: str) -> None:
    ours = score("bleu", PREDICTIONS, REFERENCES, tokenizer=name)
    corpus = sacrebleu.BLEU(tokenize=name).corpus_score(PREDICTIONS, streams(REFERENCES))
    sentence = sacrebleu.BLEU(tokenize=name, effective_order=True)
    assert ours.value == corpus.score
    assert 0 < ours.value < 100
    assert ours.rows == [
        sentence.sentence_score(one, several).score
        for one, several in zip(PREDICTIONS, REFERENCES, strict=True)
    ]
    assert ours.options["tokenizer"] == name
    assert f"tok:{sentence.tokenizer.signature()}" in ours.options["signature"]
    assert ours.interval is not None
    assert ours.interval.lower < ours.value < ours.interval.upper


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("chinese", "zh"),
        pytest.param("japanese", "ja-mecab", marks=needs_mecab),
        ("thai", "char"),
        ("russian", "13a"),
        ("arabic", "13a"),
        ("english", "13a"),
    ],
)
def test_auto_picks_by_the_script_of_the_references(kind: str, expected: str) -> None:
    predictions, references = random_pairs(100, seed=2, kinds=(kind,))
    ours = score("bleu", predictions, references, tokenizer="auto")
    metric = sacrebleu.BLEU(tokenize=expected)
    assert ours.options["tokenizer"] == expected
    assert ours.value == metric.corpus_score(predictions, streams(references)).score
    foreign = score("bleu", ["English"] * 100, references)
    assert foreign.options["tokenizer"] == expected


def test_japanese_without_mecab_is_split_by_characters_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    predictions, references = random_pairs(50, seed=3, kinds=("japanese",))
    monkeypatch.setattr(tokenizers, "has_mecab", lambda: False)
    ours = score("bleu", predictions, references)
    assert ours.options["tokenizer"] == "char"
    assert any("llmops-workbench[ja]" in note for note in ours.notes)


def test_a_tokenizer_without_its_dictionary_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ipadic", None)
    with pytest.raises(MissingDependencyError, match=r"llmops-workbench\[ja\]"):
        score("bleu", ["今日は"], ["今日は"], tokenizer="ja-mecab")


@pytest.mark.parametrize("options", [{}, {"word_order": 2}, {"lowercase": True, "char_order": 4}])
def test_chrf_equals_sacrebleu(options: dict[str, int]) -> None:
    ours = score("chrf", PREDICTIONS, REFERENCES, **options)
    oracle = sacrebleu.CHRF(**options)
    assert ours.value == oracle.corpus_score(PREDICTIONS, streams(REFERENCES)).score
    assert ours.rows == [
        oracle.sentence_score(one, several).score
        for one, several in zip(PREDICTIONS, REFERENCES, strict=True)
    ]


@pytest.mark.parametrize("name", ["words", "char"])
def test_ter_equals_sacrebleu(name: str) -> None:
    ours = score("ter", PREDICTIONS, REFERENCES, tokenizer=name)
    east = name == "char"
    oracle = sacrebleu.TER(normalized=east, asian_support=east)
    assert ours.value == oracle.corpus_score(PREDICTIONS, streams(REFERENCES)).score
    assert ours.rows == [
        oracle.sentence_score(one, several).score
        for one, several in zip(PREDICTIONS, REFERENCES, strict=True)
    ]


@pytest.mark.parametrize("effective_order", [False, True])
def test_resampled_bleu_is_sacrebleu_of_the_same_rows(effective_order: bool) -> None:
    predictions, references = random_pairs(7, seed=4)
    ours = score("bleu", predictions, references, effective_order=effective_order)
    assert ours.statistics is not None
    oracle = sacrebleu.BLEU(tokenize="13a", effective_order=effective_order)
    sums: list[list[float]] = []

    def noted(block):
        sums.extend(block.tolist())
        return bleu_from_sums(block, effective_order=effective_order)

    drawn = resampled(ours.statistics, noted, resamples=500, seed=5)
    expected = [oracle._compute_score_from_stats(list(row)).score for row in sums]
    assert len(expected) == 500
    assert drawn.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "oracle"), [("chrf", sacrebleu.CHRF()), ("ter", sacrebleu.TER())]
)
def test_resampled_chrf_and_ter_are_those_of_sacrebleu(metric: str, oracle) -> None:
    predictions, references = random_pairs(7, seed=6)
    ours = score(metric, [*predictions, ""], [*references, [""]])
    assert ours.statistics is not None and ours.from_sums is not None
    sums = [ours.statistics[[0, 0, 5]].sum(0), ours.statistics[-1], ours.statistics.sum(0)]
    expected = [oracle._compute_score_from_stats(list(row)).score for row in sums]
    for row, value in zip(sums, expected, strict=True):
        assert float(ours.from_sums(row[None, :])[0]) == pytest.approx(value, rel=1e-12)


def test_short_texts_and_spaceless_text_are_explained() -> None:
    short = score("bleu", ["yes sir", "no"], ["yes sir", "no"])
    assert short.value == 0
    assert short.rows == pytest.approx([100, 100])
    assert any("effective_order" in note for note in short.notes)
    assert score("bleu", ["yes sir"], ["yes sir"], effective_order=True).value == pytest.approx(100)
    glued = score("bleu", ["今天天气很好"], ["今天天气很好"], tokenizer="13a")
    assert any("without spaces" in note for note in glued.notes)


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'bleu'"):
        score("blue", ["a"], ["a"])
    with pytest.raises(UsageError, match="did you mean 'ja-mecab'"):
        score("bleu", ["a"], ["a"], tokenizer="ja-mecap")
    with pytest.raises(UsageError, match="did you mean 'lowercase'"):
        score("bleu", ["a"], ["a"], lower_case=True)
