import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.shingles import hashed_characters, hashed_shingles, shingle_sets
from llmops_workbench.text.words import words

TEXTS = st.lists(
    st.text(alphabet=st.sampled_from("ab 東京กา🙂ا")) | st.text(max_size=20), max_size=10
)


def gram_sets(texts, n):
    rows = [words(text) for text in texts]
    return [{tuple(row[i : i + n]) for i in range(len(row) - n + 1)} for row in rows]


@given(TEXTS, st.integers(1, 4))
def test_jaccard_equals_python_sets(texts, n):
    sets = shingle_sets(texts, n)
    expected = gram_sets(texts, n)
    assert sets.sizes.tolist() == [len(s) for s in expected]
    if texts:
        left, right = (a.ravel() for a in np.indices((len(texts), len(texts))))
        found = sets.jaccard(left, right)
        for i, j, value in zip(left, right, found, strict=True):
            union = len(expected[i] | expected[j])
            assert value == (len(expected[i] & expected[j]) / union if union else 0)


def test_members_are_ordered_from_rare_to_frequent():
    sets = shingle_sets(["the cat", "the dog", "the the bird", "the cat"], 1)
    counts = np.bincount(sets.tokens)
    assert counts.tolist() == sorted(counts.tolist())
    for begin, end in zip(sets.indptr[:-1], sets.indptr[1:], strict=True):
        assert (np.diff(sets.tokens[begin:end]) > 0).all()


def test_same_hash_wherever_a_word_stands_and_whatever_is_beside_it():
    alone, _ = next(iter(hashed_shingles(["word"], 1)))
    # The second text makes the batch UTF-32 instead of ASCII.
    among, _ = next(iter(hashed_shingles(["x" * 50 + " 東 word"], 1)))
    assert alone[0] == among[-1]


def test_no_collision_among_many_words():
    texts = [" ".join(f"{a}{b}" for b in range(1000)) for a in "abcdefghij"]
    texts += [" ".join(chr(0x4E00 + i) for i in range(20_000))]
    sets = shingle_sets(texts, 1)
    assert len(np.unique(sets.vocabulary)) == 30_000


def test_the_order_of_words_counts_in_an_n_gram():
    sets = shingle_sets(["a b", "b a", "a b"], 2)
    assert sets.jaccard(np.array([0, 0]), np.array([1, 2])).tolist() == [0.0, 1.0]


def test_character_grams_stay_inside_words():
    hashes, indptr = next(iter(hashed_characters(["abcd ab abc", "", "abc"], 3)))
    assert np.diff(indptr).tolist() == [3, 0, 1]
    assert hashes[0] == hashes[2] == hashes[3] != hashes[1]


def test_no_word_in_an_n_gram_is_refused():
    with pytest.raises(UsageError, match="shingle is 0"):
        shingle_sets(["a"], 0)
