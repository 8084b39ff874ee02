r"""Words of a text in any script, one at a time or for many rows at once.

The rule, which near-duplicates, profiles and contamination share: a word is a run of `\w` of the
NFKC-normalised, case-folded text, with two additions that `\w+` of Python's `re` lacks:

* combining marks stay with the letter they follow (Arabic diacritics, Devanagari and Thai vowel
  signs), because without them different words become equal;
* scripts written without spaces are segmented: Han, kana and bopomofo one character a word;
  Thai, Lao, Khmer, Burmese and their neighbours into character clusters (a consonant with the
  vowels around it and its marks). The rule is fixed and needs no dictionary, so a text has the
  same words on every machine.

Emoji and punctuation are no words. Normalising is the one of Python's own Unicode tables.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ASCII_WORD = re.compile(r"\w+", re.ASCII)
_GAP = re.compile(r"\s+|\S+")
_SEPARATOR = "\n"  # no word character, and nothing composes with it under NFKC
_CHUNK_CHARACTERS = 1 << 18  # the working arrays of a chunk (8 bytes a character) stay in cache

# What a code point does to the word it stands in.
_OTHER, _LETTER, _SINGLE, _BASE, _LEADING, _TRAILING, _MARK, _STACKER = range(8)
_SINGLE_RANGES = (
    (0x3005, 0x3007),  # iteration mark, closing mark, zero
    (0x3021, 0x3029),
    (0x3031, 0x3035),
    (0x3038, 0x303C),
    (0x3041, 0x30FF),  # kana
    (0x3100, 0x312F),  # bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x16FF0, 0x16FF6),
    (0x1AFF0, 0x1B16F),  # kana extensions
    (0x20000, 0x3FFFD),  # Han extensions
)
_CLUSTER_RANGES = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0xA9E0, 0xA9FF),  # Burmese extended B
    (0xAA60, 0xAADF),  # Burmese extended A, Tai Viet
)
# Vowels written before the consonant that they belong to, vowels written after it that are
# letters and not marks, and signs that put the next consonant below the last one.
_LEADING_VOWELS = "เแโใไເແໂໃໄ"
_TRAILING_VOWELS = "ะาๅๆฯະາຽໆ"
_STACKERS = "\u1039\u17d2\u1a60"


@dataclass(frozen=True)
class WordBatch:
    """The words of consecutive rows, as positions in one joined text.

    Attributes:
        text: The normalised rows, joined.
        codes: Its code points, `uint8` when all are ASCII, else `uint32`.
        starts: First character of each word, in order.
        ends: One past its last character.
        indptr: Words `indptr[i]:indptr[i + 1]` belong to row `i` of the batch.
    """

    text: str
    codes: NDArray[Any]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    indptr: NDArray[np.int64]


def as_texts(texts: Iterable[str | None]) -> list[str]:
    """A column as a list of strings; a missing value is the empty text.

    Args:
        texts: A list, an Arrow array, a pandas or Polars series.

    Raises:
        UsageError: a value is not text.
    """
    values = texts.to_pylist() if hasattr(texts, "to_pylist") else texts
    if isinstance(values, str):
        raise UsageError("one text was given where many are expected: put it into a list")
    result: list[str] = []
    for row, value in enumerate(values):
        if isinstance(value, str):
            result.append(value)
        elif is_missing(value):
            result.append("")
        else:
            raise UsageError(f"row {row} is {type(value).__name__} {value!r}, not text")
    return result


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, or what pandas writes for a missing one."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def normalize(text: str) -> str:
    """NFKC-normalised and case-folded text, the form in which words are compared."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)  # folding can decompose


def words(text: str) -> list[str]:
    """The words of one text, in order, by the rule of this module.

    Example:
        >>> words("Don't panic: 東京へ")
        ['don', 't', 'panic', '東', '京', 'へ']
    """
    normalized = normalize(text)
    if normalized.isascii():
        return _ASCII_WORD.findall(normalized)
    batch = _segment([normalized])
    pairs = zip(batch.starts.tolist(), batch.ends.tolist(), strict=True)
    return [normalized[start:end] for start, end in pairs]


def pieces(text: str) -> list[str]:
    """A text as it is, cut into words, white space and runs of everything else.

    Joined, the pieces are the text. An emoji sequence stays in one piece.
    """
    import numpy as np

    batch = _segment([text])
    cuts = np.unique(np.concatenate(([0], batch.starts, batch.ends, [len(text)]))).tolist()
    found: list[str] = []
    inside = set(batch.starts.tolist())
    for begin, end in pairwise(cuts):
        piece = text[begin:end]
        found.extend([piece] if begin in inside else _GAP.findall(piece))
    return found


def count_words(texts: Iterable[str | None]) -> NDArray[np.int64]:
    """How many words each text has."""
    import numpy as np

    counts = [np.diff(batch.indptr) for batch in word_batches(as_texts(texts))]
    return np.concatenate(counts) if counts else np.zeros(0, dtype=np.int64)


def word_batches(texts: list[str]) -> Iterator[WordBatch]:
    """The words of all rows, some thousand rows at a time.

    Args:
        texts: Raw texts; they are normalised here.

    Yields:
        Batches in row order that together cover every row once.
    """
    pending: list[str] = []
    size = 0
    for text in texts:
        normalized = normalize(text)
        if pending and size + len(normalized) > _CHUNK_CHARACTERS:
            yield _segment(pending)
            pending, size = [], 0
        pending.append(normalized)
        size += len(normalized) + 1
    if pending:
        yield _segment(pending)


def _segment(rows: list[str]) -> WordBatch:
    """Find the words of normalised rows."""
    import numpy as np

    joined = _SEPARATOR.join(rows)
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows)) + 1, out=offsets[1:])
    codes: NDArray[Any]
    if joined.isascii():
        codes = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
        inside = _ascii_letters()[codes]
        starting = inside.copy()
        starting[1:] &= ~inside[:-1]
    else:
        # A lone surrogate is no word character, and must not stop the rows around it.
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        inside, starting = _boundaries(_character_kinds()[codes])
    ending = inside.copy()
    ending[:-1] &= ~inside[1:] | starting[1:]
    starts = np.flatnonzero(starting)
    ends = np.flatnonzero(ending) + 1
    return WordBatch(joined, codes, starts, ends, np.searchsorted(starts, offsets))


def _boundaries(kinds: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which characters are in a word, and which begin one."""
    import numpy as np

    marks = kinds >= _MARK
    bases = kinds
    if marks.any():
        position = np.where(marks, 0, np.arange(len(kinds)))
        bases = kinds[np.maximum.accumulate(position)]
        bases = np.where(bases >= _MARK, _OTHER, bases)  # a mark with nothing to stand on
    # Leading and trailing vowels are of one kind with the consonants around them.
    scripts = np.minimum(bases, _BASE)
    inside = scripts > _OTHER
    new_script = np.ones(len(kinds), dtype=np.bool_)
    new_script[1:] = scripts[1:] != scripts[:-1]
    begins_cluster = kinds == _BASE
    begins_cluster[1:] &= (kinds[:-1] != _LEADING) & (kinds[:-1] != _STACKER)
    starting = new_script | (kinds == _SINGLE) | (kinds == _LEADING) | begins_cluster
    return inside, starting & inside & ~marks


@lru_cache(maxsize=1)
def _ascii_letters() -> NDArray[np.bool_]:
    import numpy as np

    return np.array([chr(code).isalnum() or chr(code) == "_" for code in range(128)])


@lru_cache(maxsize=1)
def _character_kinds() -> NDArray[np.uint8]:
    """The kind of every code point (1.1 MB, made once in some 50 ms)."""
    import numpy as np

    kinds = np.zeros(0x110000, dtype=np.uint8)
    planes = 0x40000  # past them only private use and the tags of plane 14
    alphanumeric = np.fromiter(map(str.isalnum, map(chr, range(planes))), np.bool_, planes)
    kinds[:planes][alphanumeric] = _LETTER
    kinds[ord("_")] = _LETTER
    categories = list(map(unicodedata.category, map(chr, range(planes))))
    decimal = np.fromiter((c == "Nd" for c in categories), np.bool_, planes)
    letters = kinds == _LETTER
    for first, last in _SINGLE_RANGES:
        kinds[first : last + 1][letters[first : last + 1]] = _SINGLE
    for first, last in _CLUSTER_RANGES:
        # Digits of these scripts make numbers, as everywhere.
        chosen = letters[first : last + 1] & ~decimal[first : last + 1]
        kinds[first : last + 1][chosen] = _BASE
    kinds[[ord(c) for c in _LEADING_VOWELS]] = _LEADING
    kinds[[ord(c) for c in _TRAILING_VOWELS]] = _TRAILING
    kinds[:planes][np.fromiter((c[0] == "M" for c in categories), np.bool_, planes)] = _MARK
    kinds[0xE0100:0xE01F0] = _MARK  # variation selectors
    kinds[[ord(c) for c in _STACKERS]] = _STACKER
    return kinds
