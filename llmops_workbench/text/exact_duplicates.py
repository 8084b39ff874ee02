"""Rows with the same text, after a stated normalisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.text.words import as_texts, normalize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Normalization = Literal["none", "whitespace", "casefold"]


@dataclass(frozen=True)
class ExactDuplicates:
    """What was found, one value per row.

    Attributes:
        kept: True for the first row of each text.
        duplicate_of: The first row with that text; -1 for a kept row.
    """

    kept: NDArray[np.bool_]
    duplicate_of: NDArray[np.int64]


def exact_duplicates(
    texts: Iterable[str | None], normalization: Normalization = "none"
) -> ExactDuplicates:
    """Find the rows whose text stood in an earlier row.

    Args:
        texts: The rows; a missing text equals the empty one.
        normalization: What does not count as a difference: "none" (texts are equal character by
            character), "whitespace" (how much white space, also at the ends), "casefold"
            (white space, case and Unicode form).

    Raises:
        UsageError: no such normalisation.
    """
    import numpy as np

    if normalization not in _FORMS:
        hint = did_you_mean(normalization, _FORMS)
        raise UsageError(f"no normalisation is called '{normalization}'; {hint}")
    form = _FORMS[normalization]
    first: dict[str, int] = {}
    rows = as_texts(texts)
    earliest = (first.setdefault(form(text), row) for row, text in enumerate(rows))
    found = np.fromiter(earliest, np.int64, len(rows))
    kept = found == np.arange(len(found))
    return ExactDuplicates(kept, np.where(kept, -1, found))


def _as_is(text: str) -> str:
    return text


def _one_space(text: str) -> str:
    return " ".join(text.split())


def _folded(text: str) -> str:
    return _one_space(normalize(text))


_FORMS: dict[str, Callable[[str], str]] = {
    "none": _as_is,
    "whitespace": _one_space,
    "casefold": _folded,
}
