import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.contamination import contaminated
from llmops_workbench.text.exact_duplicates import exact_duplicates
from llmops_workbench.text.words import words

VARIANTS = ["Tea  time", "Tea time", " tea TIME\n", "ｔｅａ　ｔｉｍｅ", "tea times", ""]


@pytest.mark.parametrize(
    ("normalization", "duplicate_of"),
    [
        ("none", [-1, -1, -1, -1, -1, -1]),
        ("whitespace", [-1, 0, -1, -1, -1, -1]),
        ("casefold", [-1, 0, 0, 0, -1, -1]),
    ],
)
def test_what_counts_as_a_difference(normalization, duplicate_of):
    found = exact_duplicates(VARIANTS, normalization)
    assert found.duplicate_of.tolist() == duplicate_of
    assert found.kept.tolist() == [row < 0 for row in duplicate_of]


@given(st.lists(st.sampled_from(["a", "b", "東京", "กา", "👩‍👧", "", None]), max_size=30))
def test_the_first_of_equal_rows_is_kept(texts):
    rows = [text or "" for text in texts]
    expected = [rows.index(text) for text in rows]
    found = exact_duplicates(texts)
    assert np.where(found.kept, np.arange(len(rows)), found.duplicate_of).tolist() == expected


def test_unknown_normalisation_is_named():
    with pytest.raises(UsageError, match="did you mean 'casefold'"):
        exact_duplicates(["a"], "case_fold")  # type: ignore[arg-type]


def slow_contamination(texts, against, n):
    grams = [
        [tuple(row[i : i + n]) for i in range(len(row) - n + 1)] for row in map(words, against)
    ]
    hits = []
    for row in map(words, texts):
        own = [tuple(row[i : i + n]) for i in range(len(row) - n + 1)]
        if own:
            known = {gram for reference in grams for gram in reference}
            hits.append(sum(gram in known for gram in own) / len(own))
        else:
            hits.append(float(bool(row) and row in [words(r) for r in against]))
    return hits


TEXTS = st.lists(st.text(alphabet=st.sampled_from("ab 東กาé")), max_size=12)


@given(TEXTS, TEXTS, st.integers(1, 4))
def test_share_equals_a_slow_count(texts, against, n):
    found = contaminated(texts, against, n)
    assert found.share.tolist() == pytest.approx(slow_contamination(texts, against, n))
    assert found.contaminated.tolist() == [share > 0 for share in found.share]
    for row in np.flatnonzero(found.contaminated):
        source = against[found.source[row]]
        assert slow_contamination([texts[row]], [source], n)[0] > 0


def test_a_leaked_question_in_a_longer_row():
    question = "what is the capital of the country with the tallest mountain"
    rows = [f"Quiz time! {question.title()}? Nepal.", "what is the capital of France", question]
    found = contaminated(rows, ["something else entirely", question])
    assert found.contaminated.tolist() == [True, False, True]
    assert found.source.tolist() == [1, -1, 1]
    assert found.share[2] == 1.0


def test_least_share_and_similar_rows():
    base = [f"w{i}" for i in range(40)]
    changed = base.copy()
    changed[::7] = [f"x{i}" for i in range(6)]
    half = base[:12] + [f"y{i}" for i in range(28)]
    rows = [" ".join(changed), " ".join(half)]
    reference = [" ".join(base)]
    assert contaminated(rows, reference).contaminated.tolist() == [False, True]
    assert not contaminated(rows, reference, least_share=0.5).contaminated.any()
    similar = contaminated(rows, reference, least_share=0.5, threshold=0.7)
    assert similar.source.tolist() == [0, -1]


def test_chinese_and_thai_rows():
    found = contaminated(
        ["他问：今天的天气真的很好吗？", "ฉันชอบกินข้าวผัดกุ้งที่ร้านนี้", "明天下雨"],
        ["今天的天气真的很好", "เขาชอบกินข้าวผัดกุ้งที่ร้านนั้น"],
    )
    assert found.source.tolist() == [0, 1, -1]


@pytest.mark.parametrize("wrong", [{"n": 0}, {"least_share": 2.0}, {"threshold": 0.0}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(UsageError):
        contaminated(["a"], ["a"], **wrong)
