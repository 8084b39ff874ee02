"""The metrics that look at one row."""

from __future__ import annotations

import random
import re
import string
from collections import Counter

import pytest

from llmops_workbench.scoring.score import score
from tests.scoring.random_text import random_pairs


def rows(metric: str, prediction: str, *references: str, **options) -> float | None:
    return score(metric, [prediction], [list(references)], **options).rows[0]


@pytest.mark.parametrize(
    ("normalize", "prediction", "reference", "expected"),
    [
        ("none", " a", "a", 0),
        ("strip", " a\n", "a", 1),
        ("strip", "A", "a", 0),
        ("fold", "ＡB  c", "ab C", 1),
        ("fold", "Straße", "STRASSE", 1),
        ("fold", "a.", "a", 0),
        ("squad", "The cat.", "a CAT", 1),
        ("squad", "theory", "ory", 0),
    ],
)
def test_exact_match_after_the_stated_clean_up(normalize, prediction, reference, expected) -> None:
    assert rows("exact_match", prediction, "z", reference, normalize=normalize) == expected


def test_token_f1_equals_a_second_reading_of_squads_rule() -> None:
    def tokens(text: str) -> list[str]:
        kept = "".join(one for one in text.lower() if one not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", kept).split()

    def overlap(one: str, two: str) -> float:
        given, wanted = Counter(tokens(one)), Counter(tokens(two))
        shared = sum(min(count, wanted[word]) for word, count in given.items())
        return 2 * shared / (given.total() + wanted.total()) if shared else 0.0

    predictions, references = random_pairs(300, seed=31, kinds=("english", "russian"))
    found = score("token_f1", predictions, references, tokenizer="squad")
    compared = 0
    for prediction, several, ours in zip(predictions, references, found.rows, strict=True):
        if tokens(prediction) and all(map(tokens, several)):
            assert ours == pytest.approx(max(overlap(prediction, one) for one in several))
            compared += 1
    assert compared > 150


def test_token_f1_splits_every_script() -> None:
    assert rows("token_f1", "今天很好", "今天不好") == pytest.approx(0.75)
    assert rows("token_f1", "Страна!", "страна") == 1
    assert rows("token_f1", "", "") == rows("token_f1", "?!", " ?!") == 1
    assert rows("token_f1", "?!", "...") == rows("token_f1", "", "a") == 0


def test_edit_similarity_is_one_less_the_share_of_edits() -> None:
    def distance(one: str, two: str) -> int:
        previous = list(range(len(two) + 1))
        for i, a in enumerate(one, 1):
            current = [i]
            for j, b in enumerate(two, 1):
                substituted = previous[j - 1] + (a != b)
                current.append(min(previous[j] + 1, current[-1] + 1, substituted))
            previous = current
        return previous[-1]

    rng = random.Random(5)
    for _ in range(100):
        one, two = ("".join(rng.choices("abй東", k=rng.randint(1, 9))) for _ in range(2))
        expected = 1 - distance(one, two) / max(len(one), len(two))
        assert rows("edit_similarity", one, two) == pytest.approx(expected)
    assert rows("edit_similarity", "kitten", "zzz", "sitting") == pytest.approx(1 - 3 / 7)
    assert rows("edit_similarity", "", "") == 1


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ('{"a": 1, "b": [1, 2]}', '{"b":[1.0,2],"a":1}', 1),
        ("[1, 2]", "[2, 1]", 0),
        ("1", "true", 0),
        ("true", "true", 1),
        ("null", "null", 1),
        ("null", "0", 0),
        ("{a: 1}", "{}", 0),
        ("NaN", "1", 0),
        ('"a"', '"a"', 1),
        ("[" * 100_000, "[]", 0),
        ('{"a": 1}', '{"a": 1, "b": null}', 0),
        ("1", "not json", None),
    ],
)
def test_json_match_compares_values(prediction, reference, expected) -> None:
    assert rows("json_match", prediction, reference) == expected


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ("It is 3 + 4 = 7.", "7", 1),
        ("$1,234.50 in all", "1234.5", 1),
        ("-2", "2", 0),
        ("1e3", "1000", 1),
        ("seven", "7", 0),
        ("7", "seven", None),
        ("0.30000000000000004", ".3", 1),
        ("5 or 6", "#### 6", 1),
        ("1,2", "2", 1),
    ],
)
def test_number_match_takes_the_last_number(prediction, reference, expected) -> None:
    assert rows("number_match", prediction, reference) == expected


def test_number_match_within_a_tolerance() -> None:
    assert rows("number_match", "3.14", "3.1416") == 0
    assert rows("number_match", "3.14", "3.1416", tolerance=0.001) == 1


def test_squads_articles_are_not_taken_for_lost_text() -> None:
    assert rows("token_f1", "the a", "an the", tokenizer="squad") == 0
    assert rows("token_f1", "the cat", "a cat", tokenizer="squad") == 1
