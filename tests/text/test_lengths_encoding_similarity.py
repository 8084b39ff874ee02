from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.encoding import clean, damage, signs
from llmops_workbench.text.lengths import lengths
from llmops_workbench.text.similarity import edit_similarity, word_diff

SCRIPTS = [
    "Plain text",
    "东京很大",
    "ก็ดี",
    "العَرَبِيَّةُ",
    "Привет, мир",
    "👩‍👩‍👧",
    "naïve café",
    "",
    "Ã la carte",
]


def test_lengths_in_every_unit():
    found = lengths([*SCRIPTS, None, "\ud800"], lambda texts: [len(t) * 2 for t in texts])
    rows = [*SCRIPTS, "", "\ud800"]
    assert found.characters.tolist() == [len(text) for text in rows]
    assert found.bytes.tolist() == [len(t.encode("utf-8", "surrogatepass")) for t in rows]
    assert found.words.tolist() == [2, 4, 2, 1, 2, 0, 2, 0, 3, 0, 0]
    assert found.tokens is not None
    assert found.tokens.tolist() == [2 * len(text) for text in rows]
    assert lengths(["a"]).tokens is None


def test_a_tokenizer_that_loses_texts_is_refused():
    with pytest.raises(UsageError, match="0 counts for 1 texts"):
        lengths(["a"], lambda _: [])


def test_healthy_text_of_any_script_shows_no_sign():
    assert [text for text in SCRIPTS if signs(text)] == []
    assert [text for text in SCRIPTS if clean(text, mojibake=True) != text] == []


@pytest.mark.parametrize(
    ("text", "sign", "cleaned"),
    [
        ("caf\ufffd", "replacement_character", "caf\ufffd"),
        ("a\0b", "nul", "ab"),
        ("a\x07b\x85c\td\r\n", "control_character", "ab\nc\td\r\n"),
        ("a\ud800b", "lone_surrogate", "a\ufffdb"),
        ("\ufeffa", "byte_order_mark", "a"),
        ("a\uffffb", "noncharacter", "ab"),
    ],
)
def test_signs_of_damage_and_their_repair(text, sign, cleaned):
    assert sign in signs(text)
    assert clean(text) == cleaned
    found = damage(["fine", text, None])
    assert found[sign].tolist() == [False, True, False]


def test_a_pair_of_surrogates_is_a_character():
    assert clean("\ud83d\ude00") == "😀"


@pytest.mark.parametrize(
    "text", ["café – “quote”", "Привет", "日本語", "العَرَبِيَّةُ", "👩‍👧", "Å à Á Í"]
)
def test_mojibake_is_seen_and_turned_back(text):
    table = {i: (bytes([i]).decode("cp1252", "ignore") or chr(i)) for i in range(256)}
    broken = "".join(table[byte] for byte in text.encode())
    assert "mojibake" in signs(broken)
    assert clean(broken, mojibake=True) == text
    assert clean(broken) == broken or max(broken) >= "\x80"


@given(st.text(alphabet=st.characters() | st.sampled_from("\0\ufffdÃ©\ud800a")))
def test_cleaning_twice_is_cleaning_once(text):
    once = clean(text)
    assert clean(once) == once
    assert set(signs(once)) <= {"replacement_character", "mojibake"}
    assert once.encode().decode() == once


@given(st.text(), st.text())
def test_edit_similarity_equals_the_textbook(left, right):
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (a != b)))
        previous = row
    longest = max(len(left), len(right))
    expected = 1 - previous[-1] / longest if longest else 1.0
    assert edit_similarity(left, right) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("我喜欢茶", "我喜欢咖啡", [("equal", "我喜欢"), ("delete", "茶"), ("insert", "咖啡")]),
        (
            "the cat sat",
            "the dog sat",
            [("equal", "the "), ("delete", "cat"), ("insert", "dog"), ("equal", " sat")],
        ),
        ("ชอบเก่า", "ชอบใหม่", None),
        (
            "a 👩‍👩‍👧 b",
            "a 👩‍👧 b",
            [("equal", "a "), ("delete", "👩‍👩‍👧"), ("insert", "👩‍👧"), ("equal", " b")],
        ),
        ("كَتَبَ الولد", "كُتُب الولد", [("delete", "كَتَبَ"), ("insert", "كُتُب"), ("equal", " الولد")]),
        ("Old", "old", [("delete", "Old"), ("insert", "old")]),
        ("", "new", [("insert", "new")]),
        ("same", "same", [("equal", "same")]),
        ("", "", []),
    ],
)
def test_word_diff_in_any_script(before, after, changes):
    found = word_diff(before, after)
    if changes is not None:
        assert found == changes
    assert "".join(text for kind, text in found if kind != "insert") == before


@given(*[st.text(alphabet=st.sampled_from("ab 東กา็👩\u200d👧,\n")) for _ in range(2)])
def test_a_diff_holds_both_texts(before, after):
    changes = word_diff(before, after)
    assert "".join(text for kind, text in changes if kind != "insert") == before
    assert "".join(text for kind, text in changes if kind != "delete") == after
    assert all(text for _, text in changes)
    assert all(a[0] != b[0] for a, b in pairwise(changes))
