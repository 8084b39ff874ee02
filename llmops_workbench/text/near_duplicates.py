"""Near-duplicate rows: the same words, or almost.

A row is a near-duplicate exactly when the Jaccard similarity of its set of word n-grams with that
of an *earlier kept* row is at least the threshold. A row that is only like a removed row is kept.
A text without n-grams (empty, punctuation, emoji) is never a near-duplicate: exact duplicates find
those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmops_workbench.core.context import check_cancelled
from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.minhash import MinHashJoin
from llmops_workbench.text.set_join import Join, PrefixJoin, TooMuchWork
from llmops_workbench.text.shingles import ShingleSets, mix, overlaps, shingle_sets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Method = Literal["auto", "exact", "minhash"]

# Rows are settled in groups, so that a large family of like rows meets its first member before
# its members are compared with each other. Look-ups below which a group is settled at once,
# before and after such a first look.
_FIRST_GROUP = 2_000_000
_GROUP = 400_000_000
_EXACT_LOOK_UPS = 20_000_000_000  # about two minutes on one core; then MinHash is faster


@dataclass(frozen=True)
class NearDuplicates:
    """What was found, one value per row.

    Attributes:
        kept: False for a near-duplicate.
        duplicate_of: The first kept row that it is like; -1 for a kept row.
        similarity: Jaccard similarity with that row; 0 for a kept row.
        method: "exact" when every pair at the threshold was found; "minhash" when about 99.5 %
            of the pairs right at the threshold were, and more of those above it.
    """

    kept: NDArray[np.bool_]
    duplicate_of: NDArray[np.int64]
    similarity: NDArray[np.float64]
    method: Literal["exact", "minhash"]


def near_duplicates(
    texts: Iterable[str | None],
    threshold: float = 0.7,
    shingle: int = 1,
    *,
    method: Method = "auto",
    permutations: int = 128,
    seed: int = 0,
) -> NearDuplicates:
    """Find near-duplicate rows.

    Args:
        texts: The rows; a missing text is never a near-duplicate.
        threshold: Least Jaccard similarity, above 0 and at most 1.
        shingle: Words in an n-gram: 1 compares sets of words, 3 also their order.
        method: "exact" finds all; "minhash" nearly all, by sketches; "auto" is exact unless the
            data are so large or so uniform that it would take minutes. What was done is in the
            result.
        permutations: Length of a MinHash sketch.
        seed: Of the MinHash functions.

    Raises:
        UsageError: an argument is out of its range.

    Example:
        >>> near_duplicates(["a b c d", "a b c d!", "x y"]).kept.tolist()
        [True, False, True]
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"threshold is {threshold}: give a similarity above 0 and at most 1")
    if method not in ("auto", "exact", "minhash"):
        raise UsageError(f"method is '{method}': use auto, exact or minhash")
    if permutations < 1:
        raise UsageError(f"permutations is {permutations}: a sketch has at least 1 value")
    sets = shingle_sets(texts, shingle)
    if method != "minhash":
        allowed = _EXACT_LOOK_UPS if method == "auto" else None
        try:
            return _settle_all(sets, PrefixJoin(sets, threshold, allowed), "exact")
        except TooMuchWork:
            pass
    return _settle_all(sets, MinHashJoin(sets, threshold, permutations, seed), "minhash")


def _settle_all(
    sets: ShingleSets, join: Join, method: Literal["exact", "minhash"]
) -> NearDuplicates:
    import numpy as np

    count = len(sets.indptr) - 1
    first_equal = _first_equal_row(sets)
    settled = _Settled(join, np.full(count, -1), np.zeros(count))
    different = np.flatnonzero((first_equal == np.arange(count)) & (sets.sizes > 0))
    settled.settle(different)
    # A row with the same set as an earlier one shares its fate.
    again = np.flatnonzero(first_equal != np.arange(count))
    original = first_equal[again]
    original_kept = settled.duplicate_of[original] < 0
    settled.duplicate_of[again] = np.where(original_kept, original, settled.duplicate_of[original])
    settled.similarity[again] = np.where(original_kept, 1.0, settled.similarity[original])
    kept = settled.duplicate_of < 0
    return NearDuplicates(kept, settled.duplicate_of, settled.similarity, method)


def _first_equal_row(sets: ShingleSets) -> NDArray[np.int64]:
    """For each row the first row with the same set; itself when there is none or it is empty."""
    import numpy as np

    count = len(sets.indptr) - 1
    first = np.arange(count)
    filled = np.flatnonzero(sets.sizes > 0)
    if not len(filled):
        return first
    members = mix(sets.vocabulary)[sets.tokens]
    sums = np.add.reduceat(members, sets.indptr[filled])
    _, earliest, group = np.unique(sums, return_index=True, return_inverse=True)
    candidate = filled[earliest[group]]
    rows = filled[candidate != filled]
    candidate = candidate[candidate != filled]
    # Equal sums almost certainly mean equal sets; the overlap says for sure.
    shared = overlaps(sets.matrix(), rows, candidate)
    equal = (shared == sets.sizes[rows]) & (shared == sets.sizes[candidate])
    first[rows[equal]] = candidate[equal]
    return first


class _Settled:
    """Decisions so far, filled group by group in row order."""

    def __init__(
        self, join: Join, duplicate_of: NDArray[np.int64], similarity: NDArray[np.float64]
    ) -> None:
        self._join = join
        self.duplicate_of = duplicate_of
        self.similarity = similarity

    def settle(self, rows: NDArray[np.int64], looked: bool = False) -> None:
        """Decide about rows that are like no earlier kept row.

        Args:
            rows: Ascending row numbers.
            looked: Whether a sample of what comes was already settled and met these rows.
        """
        check_cancelled()
        if len(rows) < 2:
            return
        if len(rows) <= 256 or self._join.work(rows) <= (_GROUP if looked else _FIRST_GROUP):
            self._settle_group(rows)
            return
        cut = len(rows) // (2 if looked else 8)
        head, tail = rows[:cut], rows[cut:]
        self.settle(head, looked)
        head = head[self.duplicate_of[head] < 0]
        found = self._join.pairs(head, tail)
        self._mark(found.left, found.right, found.similarity)
        self.settle(tail[self.duplicate_of[tail] < 0], True)

    def _mark(
        self,
        kept: NDArray[np.int64],
        rows: NDArray[np.int64],
        similarity: NDArray[np.float64],
    ) -> None:
        """Mark rows as duplicates of the first of the kept rows that they are like."""
        import numpy as np

        order = np.lexsort((-kept, rows))  # the last write, of the earliest kept row, stays
        self.duplicate_of[rows[order]] = kept[order]
        self.similarity[rows[order]] = similarity[order]

    def _settle_group(self, rows: NDArray[np.int64]) -> None:
        import numpy as np

        found = self._join.pairs(rows)
        if not len(found.left):
            return
        early = np.minimum(found.left, found.right)
        late = np.maximum(found.left, found.right)
        order = np.lexsort((late, early))
        early, late, similarity = early[order], late[order], found.similarity[order]
        begins = np.flatnonzero(np.concatenate(([True], early[1:] != early[:-1])))
        ends = np.append(begins[1:], len(early))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            row = early[begin]
            if self.duplicate_of[row] >= 0:
                continue
            like = late[begin:end]
            new = self.duplicate_of[like] < 0
            self.duplicate_of[like[new]] = row
            self.similarity[like[new]] = similarity[begin:end][new]
