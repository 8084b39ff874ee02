"""Rows that leaked from a reference set, for example training rows that hold test questions.

The usual test (Brown et al. 2020, appendix C) is a shared word n-gram; near-duplicates can be
looked for as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.set_join import PrefixJoin
from llmops_workbench.text.shingles import hashed_shingles, shingle_sets
from llmops_workbench.text.words import as_texts, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Contamination:
    """What was found, one value per row.

    Attributes:
        contaminated: Whether the row shares text with the reference.
        source: A reference row that it shares text with (the one of the first shared n-gram, else
            the first near-duplicate); -1 when there is none.
        share: The part of the row's n-grams that stand in the reference, 0 to 1.
    """

    contaminated: NDArray[np.bool_]
    source: NDArray[np.int64]
    share: NDArray[np.float64]


def contaminated(
    texts: Iterable[str | None],
    against: Iterable[str | None],
    n: int = 8,
    *,
    least_share: float = 0.0,
    threshold: float | None = None,
) -> Contamination:
    """Find rows that share word n-grams with a reference set.

    Args:
        texts: Rows to look at.
        against: The reference rows.
        n: Words in an n-gram. A row with fewer words counts when its words are, in order, those
            of a whole reference row.
        least_share: Part of a row's n-grams that must be shared; 0 means that one is enough.
        threshold: Also find rows whose set of words has at least this Jaccard similarity with a
            reference row; left out, only n-grams count.

    Raises:
        UsageError: an argument is out of its range.
    """
    import numpy as np

    if not 0 <= least_share <= 1:
        raise UsageError(f"least_share is {least_share}: give a part between 0 and 1")
    if threshold is not None and not 0 < threshold <= 1:
        raise UsageError(f"threshold is {threshold}: give a similarity above 0 and at most 1")
    rows, references = as_texts(texts), as_texts(against)
    grams, row_of, counts = _grams(rows, n)
    known, known_row, known_counts = _grams(references, n)
    distinct, first = np.unique(known, return_index=True)
    source = np.full(len(rows), -1, dtype=np.int64)
    share = np.zeros(len(rows))
    if len(distinct) and len(grams):
        place = np.minimum(np.searchsorted(distinct, grams), len(distinct) - 1)
        hit = distinct[place] == grams
        shared = np.bincount(row_of[hit], minlength=len(rows))
        share = np.divide(shared, counts, out=share, where=counts > 0)
        hit_rows, earliest = np.unique(row_of[hit], return_index=True)
        source[hit_rows] = known_row[first[place[hit][earliest]]]
    _match_short(rows, counts, references, known_counts, source, share)
    source[share < least_share] = -1
    if threshold is not None:
        _match_similar(rows, references, threshold, source)
    return Contamination(source >= 0, source, share)


def _grams(
    texts: list[str], n: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Hashes of all n-grams, the row of each, and how many each row has."""
    import numpy as np

    chunks = list(hashed_shingles(texts, n))
    hashes = np.concatenate([h for h, _ in chunks] or [np.zeros(0, np.uint64)])
    counts = np.concatenate([np.diff(p) for _, p in chunks] or [np.zeros(0, np.int64)])
    return hashes, np.repeat(np.arange(len(texts)), counts), counts


def _match_short(
    rows: list[str],
    counts: NDArray[np.int64],
    references: list[str],
    known_counts: NDArray[np.int64],
    source: NDArray[np.int64],
    share: NDArray[np.float64],
) -> None:
    """Compare whole rows that are too short for an n-gram."""
    import numpy as np

    whole: dict[tuple[str, ...], int] = {}
    for reference in np.flatnonzero(known_counts == 0).tolist():
        whole.setdefault(tuple(words(references[reference])), reference)
    whole.pop((), None)  # nothing is shared by two empty texts
    if not whole:
        return
    for row in np.flatnonzero(counts == 0).tolist():
        found = whole.get(tuple(words(rows[row])))
        if found is not None:
            source[row], share[row] = found, 1.0


def _match_similar(
    rows: list[str], references: list[str], threshold: float, source: NDArray[np.int64]
) -> None:
    """Add the near-duplicates of reference rows."""
    import numpy as np

    sets = shingle_sets(references + rows, 1)
    left = np.arange(len(references))
    right = len(references) + np.flatnonzero(source < 0)
    found = PrefixJoin(sets, threshold).pairs(left, right)
    order = np.argsort(-found.left, kind="stable")  # the last write, of the first row, stays
    source[found.right[order] - len(references)] = found.left[order]
