import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import CancelledError, UsageError
from llmops_workbench.text import near_duplicates as module
from llmops_workbench.text.minhash import bands_for, sketches
from llmops_workbench.text.near_duplicates import near_duplicates
from llmops_workbench.text.shingles import shingle_sets
from llmops_workbench.text.words import words


def brute_force(texts, threshold, n):
    """The definition, row by row: the first earlier kept row that is alike."""
    rows = [words(text) for text in texts]
    sets = [{tuple(row[i : i + n]) for i in range(len(row) - n + 1)} for row in rows]
    duplicate_of, similarity, kept = [], [], []
    for row, members in enumerate(sets):
        found, value = -1, 0.0
        for other in kept if members else []:
            shared = len(members & sets[other])
            union = len(members) + len(sets[other]) - shared
            if shared / union >= threshold:
                found, value = other, shared / union
                break
        if found < 0 and members:
            kept.append(row)
        duplicate_of.append(found)
        similarity.append(value)
    return duplicate_of, similarity


def assert_equals_definition(texts, threshold, n):
    found = near_duplicates(texts, threshold, n, method="exact")
    duplicate_of, similarity = brute_force(texts, threshold, n)
    assert found.duplicate_of.tolist() == duplicate_of
    assert found.similarity.tolist() == similarity
    assert found.kept.tolist() == [row < 0 for row in duplicate_of]


def edited(random, tokens, vocabulary, edits):
    tokens = list(tokens)
    for _ in range(edits):
        place = int(random.integers(0, len(tokens) + 1))
        if tokens and random.random() < 0.7:
            tokens[place % len(tokens)] = vocabulary[random.integers(0, len(vocabulary))]
        elif tokens and random.random() < 0.5:
            del tokens[place % len(tokens)]
        else:
            tokens.insert(place, vocabulary[random.integers(0, len(vocabulary))])
    return tokens


def corpus(random, count, alphabet, length, joint):
    rows = []
    for _ in range(count):
        if rows and random.random() < 0.4:
            source = rows[random.integers(0, len(rows))]
            rows.append(edited(random, source, alphabet, int(random.integers(0, 6))))
        else:
            size = int(random.integers(0, length + 1))
            rows.append([alphabet[i] for i in random.zipf(1.2, size) % len(alphabet)])
    return [joint.join(row) for row in rows]


ALPHABETS = {
    "english": ([f"word{i}" for i in range(200)], " "),
    "russian": ([f"слово{i}" for i in range(60)], " "),
    "chinese": ([chr(0x4E00 + i) for i in range(150)], ""),
    "japanese": ([*"あいうえおかきくけこさしすせそ", *"東京大阪日本語文字"], ""),
    "thai": ([chr(0x0E01 + i) + vowel for i in range(30) for vowel in ("า", "ี", "่")], ""),
    "arabic": ([chr(0x0628 + i) + "َ" + chr(0x0630 + j) for i in range(8) for j in range(8)], " "),
    "mixed": (["a", "東", "ก็", "👩‍👧", "é", "!", "1", "ﬁ", "हिन्दी"], " "),
}


@pytest.mark.parametrize("name", ALPHABETS)
@pytest.mark.parametrize("threshold", [0.1, 0.5, 2 / 3, 0.7, 0.9, 1.0])
def test_equals_the_definition(name, threshold):
    alphabet, joint = ALPHABETS[name]
    for seed in range(4):
        random = np.random.default_rng([seed, len(name)])
        texts = corpus(random, 120, alphabet, (5, 30, 80, 200)[seed], joint)
        assert_equals_definition(texts, threshold, 1 + seed % 3)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(alphabet=st.sampled_from("abcd 東京がก้า\u0301🙂.")), max_size=25),
    st.sampled_from([0.2, 1 / 3, 0.5, 0.7, 0.8, 1.0]),
    st.integers(1, 3),
)
def test_equals_the_definition_for_anything(texts, threshold, n):
    assert_equals_definition(texts, threshold, n)


def test_settling_in_small_groups_changes_nothing(monkeypatch):
    random = np.random.default_rng(5)
    texts = corpus(random, 900, *[ALPHABETS["english"][0], 20, " "])
    whole = near_duplicates(texts, 0.6)
    monkeypatch.setattr(module, "_FIRST_GROUP", 0)
    monkeypatch.setattr(module, "_GROUP", 0)
    parts = near_duplicates(texts, 0.6)
    assert parts.duplicate_of.tolist() == whole.duplicate_of.tolist()
    assert brute_force(texts, 0.6, 1)[0] == whole.duplicate_of.tolist()


def test_a_row_that_is_only_like_a_removed_row_is_kept():
    texts = ["a b c d e", "a b c d f", "a b c g f"]  # first~second, second~third at 4/6
    found = near_duplicates(texts, 0.66)
    assert found.duplicate_of.tolist() == [-1, 0, -1]
    assert found.similarity.tolist() == [0.0, 4 / 6, 0.0]


def test_the_threshold_itself_counts():
    texts = ["a b c d e f g h i j", "a b c d e f g x y z"]
    assert not near_duplicates(texts, 7 / 13).kept[1]
    assert near_duplicates(texts, np.nextafter(7 / 13, 1)).kept[1]


def test_texts_without_words_never_match():
    found = near_duplicates(["", "", "!!!", "!!!", "👩‍👧", "👩‍👧", None, None, " "])
    assert found.kept.all()
    assert near_duplicates([]).kept.tolist() == []


def test_rows_shorter_than_the_n_gram_never_match():
    assert near_duplicates(["a b", "a b", "a b c", "a b c"], shingle=3).kept.tolist() == [
        *(True, True),
        *(True, False),
    ]


def test_a_large_family_of_like_rows_is_settled_quickly():
    random = np.random.default_rng(0)
    texts = [
        f"user {a} opened the page of the shop from node {b} and bought nothing at all today"
        for a, b in random.integers(0, 100, (20_000, 2))
    ]
    found = near_duplicates(texts, 0.7)
    assert found.kept.sum() < 50
    assert brute_force(texts[:500], 0.7, 1)[0] == found.duplicate_of[:500].tolist()


def test_minhash_finds_nearly_all_and_nothing_wrong():
    random = np.random.default_rng(7)
    texts = corpus(random, 2500, [f"word{i}" for i in range(3000)], 60, " ")
    exact = near_duplicates(texts, 0.7, method="exact")
    approximate = near_duplicates(texts, 0.7, method="minhash", seed=3)
    assert (exact.method, approximate.method) == ("exact", "minhash")
    sets = shingle_sets(texts)
    rows = np.flatnonzero(~approximate.kept)
    like = sets.jaccard(rows, approximate.duplicate_of[rows])
    assert (like >= 0.7).all()
    assert like.tolist() == approximate.similarity[rows].tolist()
    removed = ~exact.kept
    assert removed.sum() > 500
    assert (removed & ~approximate.kept).sum() / removed.sum() >= 0.995


def test_too_much_work_is_done_by_minhash_and_says_so(monkeypatch):
    monkeypatch.setattr(module, "_EXACT_LOOK_UPS", 10)
    texts = [f"one two three four {i % 50} {i % 7}" for i in range(500)]
    assert near_duplicates(texts).method == "minhash"
    assert near_duplicates(texts, method="exact").method == "exact"


def test_sketches_agree_as_often_as_sets_are_alike():
    texts = [" ".join(f"w{i}" for i in range(a, a + 100)) for a in (0, 20, 50)]
    sets = shingle_sets(texts)
    sketch = sketches(sets, 4096, seed=1)
    for left, right in [(0, 1), (0, 2), (1, 2)]:
        agree = (sketch[left] == sketch[right]).mean()
        expected = sets.jaccard(np.array([left]), np.array([right]))[0]
        assert abs(agree - expected) < 4 * (expected * (1 - expected) / 4096) ** 0.5


def test_bands_reach_the_recall():
    for threshold in (0.5, 0.7, 0.9):
        bands, rows = bands_for(threshold, 128)
        assert 1 - (1 - threshold**rows) ** bands >= 0.995
        assert bands * rows <= 128
    with pytest.raises(UsageError, match="more permutations"):
        bands_for(0.1, 16)


def test_a_stop_is_heeded():
    with activate(None, cancelled=lambda: True), pytest.raises(CancelledError):
        near_duplicates(["a b", "a b"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"threshold": 0}, "threshold is 0"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"threshold": float("nan")}, "threshold is nan"),
        ({"shingle": 0}, "shingle is 0"),
        ({"method": "lsh"}, "method is 'lsh'"),
        ({"permutations": 0}, "permutations is 0"),
    ],
)
def test_wrong_arguments_are_named(arguments, said):
    with pytest.raises(UsageError, match=said):
        near_duplicates(["a"], **arguments)
