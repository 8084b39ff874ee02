"""How long texts are: in characters, bytes, words and the tokens of a given tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.words import as_texts, count_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TEXTS_AT_ONCE = 1024

TokenCounter = Callable[[list[str]], list[int]]


@dataclass(frozen=True)
class Lengths:
    """Lengths, one value per row.

    Attributes:
        characters: Code points.
        bytes: Of the UTF-8 form.
        words: By the rule of `text.words`.
        tokens: Of the tokenizer that was given; None when none was.
    """

    characters: NDArray[np.int64]
    bytes: NDArray[np.int64]
    words: NDArray[np.int64]
    tokens: NDArray[np.int64] | None


def lengths(texts: Iterable[str | None], tokenizer: TokenCounter | None = None) -> Lengths:
    """Measure texts.

    Args:
        texts: The rows; a missing text has length 0.
        tokenizer: Gives the number of tokens of each text in a list.

    Raises:
        UsageError: the tokenizer gave another number of counts than it had texts.
    """
    import numpy as np

    rows = as_texts(texts)
    count = len(rows)
    characters = np.fromiter(map(len, rows), np.int64, count)
    utf8 = np.fromiter((_utf8_length(text) for text in rows), np.int64, count)
    tokens = None if tokenizer is None else _count_tokens(rows, tokenizer)
    return Lengths(characters, utf8, count_words(rows), tokens)


def _utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _count_tokens(rows: list[str], tokenizer: TokenCounter) -> NDArray[np.int64]:
    import numpy as np

    found: list[int] = []
    for begin in range(0, len(rows), _TEXTS_AT_ONCE):
        part = rows[begin : begin + _TEXTS_AT_ONCE]
        counts = tokenizer(part)
        if len(counts) != len(part):
            raise UsageError(f"the tokenizer gave {len(counts)} counts for {len(part)} texts")
        found.extend(counts)
    return np.array(found, dtype=np.int64)
