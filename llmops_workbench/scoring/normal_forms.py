"""Clean-ups of an answer before it is compared."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def as_is(text: str) -> str:
    """Leave the text alone."""
    return text


def stripped(text: str) -> str:
    """Drop spaces at both ends."""
    return text.strip()


def folded(text: str) -> str:
    """Ignore case, width of characters, and how spaces are written."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def squad(text: str) -> str:
    """Normalise as the SQuAD evaluation does: case, ASCII punctuation, articles, spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


NORMAL_FORMS: dict[str, Callable[[str], str]] = {
    "none": as_is,
    "strip": stripped,
    "fold": folded,
    "squad": squad,
}
