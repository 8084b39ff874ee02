import re
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.words import (
    as_texts,
    count_words,
    normalize,
    pieces,
    word_batches,
    words,
)

SAMPLES = {
    "english": ("Don't panic: it's 3.14!", ["don", "t", "panic", "it", "s", "3", "14"]),
    "russian": ("Привет, МИР", ["привет", "мир"]),
    "german": ("STRASSE straße", ["strasse", "strasse"]),
    "chinese": ("AI模型很好。", ["ai", "模", "型", "很", "好"]),
    "japanese": ("東京へ行く", ["東", "京", "へ", "行", "く"]),
    "japanese half width": ("ｶﾞｷﾞ ﾊﾟ", ["ガ", "ギ", "パ"]),
    "korean": ("안녕하세요 세계", ["안녕하세요", "세계"]),
    "arabic with diacritics": ("العَرَبِيَّةُ لغة", ["العَرَبِيَّةُ", "لغة"]),
    "hindi": ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
    "thai": ("ภาษาไทยเก่า", ["ภา", "ษา", "ไท", "ย", "เก่า"]),
    "thai digits": ("ปี๒๕๖๗", ["ปี", "๒๕๖๗"]),
    "lao": ("ພາສາລາວ", ["ພາ", "ສາ", "ລາ", "ວ"]),
    "khmer": ("ភាសាខ្មែរ", ["ភា", "សា", "ខ្មែ", "រ"]),
    "burmese": ("မြန်မာ", ["မြ", "န်", "မာ"]),
    "emoji": ("👩‍👩‍👧 ❤️ 👍🏽", []),
    "mark with nothing to stand on": ("\u0301abc", ["abc"]),
    "lone surrogate": ("a\ud800b", ["a", "b"]),
    "turkish": ("İSTANBUL", ["i̇stanbul"]),
    "full width": ("ＡＢＣ　１２", ["abc", "12"]),
    "underscore": ("snake_case", ["snake_case"]),
    "empty": ("", []),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_words_of_each_script(name):
    text, expected = SAMPLES[name]
    assert words(text) == [normalize(word) for word in expected]


def test_marks_keep_words_apart():
    assert words("كَتَبَ") != words("كُتُب")
    assert words("กา") != words("กี")


# Letters of scripts that neither have marks nor lack spaces: there the rule is that of `re`. (The
# dotted capital I of Turkish folds to a letter with a mark.)
PLAIN = st.text(
    alphabet=st.sampled_from("abzÄßéñЯщΣς09_²½ﬁ -.,\n\t\0’@")
    | st.characters(max_codepoint=0x2AF, exclude_characters="İ")
)


@given(PLAIN)
def test_equals_python_for_scripts_with_spaces(text):
    folded = unicodedata.normalize("NFKC", text).casefold()
    expected = re.findall(r"\w+", unicodedata.normalize("NFKC", folded))
    assert words(text) == expected


@given(st.lists(st.text(max_size=30), max_size=8))
def test_batch_gives_the_words_of_each_row(texts):
    found = []
    for batch in word_batches(texts):
        for begin, end in zip(batch.indptr[:-1], batch.indptr[1:], strict=True):
            spans = zip(batch.starts[begin:end], batch.ends[begin:end], strict=True)
            found.append([batch.text[start:stop] for start, stop in spans])
    assert found == [words(text) for text in texts]
    assert count_words(texts).tolist() == [len(row) for row in found]


@given(st.text())
def test_every_letter_is_in_a_word(text):
    letters = [c for c in normalize(text) if c.isalnum()]
    assert [c for word in words(text) for c in word if c.isalnum()] == letters


@given(st.text(alphabet=st.characters() | st.sampled_from("ก็เ้่าいが东👩\u200d👧é ")))
def test_pieces_join_to_the_text(text):
    assert "".join(pieces(text)) == text
    assert all(pieces(text)) or text == ""


def test_rows_longer_than_a_batch():
    texts = ["a b " * 200_000, "", "c", "东" * 300_000, "d e"]
    assert count_words(texts).tolist() == [400_000, 0, 1, 300_000, 2]


def test_columns_of_any_kind():
    pandas = pytest.importorskip("pandas")
    for column in (
        pa.array(["a", None]),
        pandas.Series(["a", None]),
        pandas.Series(["a", pandas.NA], dtype=object),
        np.array(["a", float("nan")], dtype=object),
    ):
        assert as_texts(column) == ["a", ""]


@pytest.mark.parametrize("column", ["text", [1], ["a", b"b"]])
def test_a_value_that_is_no_text_is_refused(column):
    with pytest.raises(UsageError, match="text"):
        as_texts(column)
