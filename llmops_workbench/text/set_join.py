"""All pairs of sets whose Jaccard similarity reaches a threshold, exactly.

Prefix filtering (Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007; Xiao et al.
2011): with the members of every set in one order, rare first, two sets that share at least `o`
members share at least `l` of the first `|set| - o + l`. So only rare members have to be looked up.
Here the look-up is a product of two sparse matrices, which counts the shared prefix members of
all pairs at once, and sets of about one size are joined together, because `o` depends on both
sizes. Whatever comes out is verified by its exact overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from llmops_workbench.text.shingles import ShingleSets, jaccard_from_overlap, overlaps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# More shared members asked for: fewer candidates to verify, longer prefixes to look up. Measured
# on natural, uniform and templated texts, 3 to 5 were within a fifth of each other.
_SHARED_PREFIX = 4
_BUCKET_RATIO = 1.1
_PRODUCTS_AT_ONCE = 1 << 23
_ROUNDING = 1e-9


class Pairs(NamedTuple):
    """Verified pairs of rows.

    Attributes:
        left: Row numbers.
        right: Row numbers, as many.
        similarity: The exact Jaccard similarity of each pair.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarity: NDArray[np.float64]


class TooMuchWork(Exception):
    """The exact join would take more look-ups than it was allowed."""


class Join(Protocol):
    """A way to find the similar pairs among rows."""

    def work(self, rows: NDArray[np.int64]) -> int:
        """Estimate the look-ups that joining these rows with themselves takes."""
        ...

    def pairs(self, left: NDArray[np.int64], right: NDArray[np.int64] | None = None) -> Pairs:
        """Find the similar pairs between two lists of rows, or among one."""
        ...


class PrefixJoin:
    """The exact join by prefix filtering.

    Args:
        sets: The sets of all rows.
        threshold: Least Jaccard similarity, above 0 and at most 1.
        allowed: Look-ups after which `TooMuchWork` is raised; no limit when None.
    """

    def __init__(self, sets: ShingleSets, threshold: float, allowed: int | None = None) -> None:
        import numpy as np

        self._sizes = sets.sizes
        self._threshold = threshold
        self._allowed = allowed
        self._matrix = sets.matrix()
        # The order of members: first those of one set alone, which are never shared and so only
        # take up places, then the others by rank.
        holders = np.bincount(sets.tokens, minlength=len(sets.vocabulary))
        shared = holders >= 2
        compact = np.cumsum(shared) - 1
        keep = shared[sets.tokens]
        kept_before = np.concatenate(([0], np.cumsum(keep)))
        self._columns = int(shared.sum())
        self._members = compact[sets.tokens[keep]].astype(np.int32)
        self._first = kept_before[sets.indptr[:-1]]
        self._shared_sizes = np.diff(kept_before[sets.indptr])

    def work(self, rows: NDArray[np.int64]) -> int:
        """Estimate the look-ups of a join of these rows with themselves."""
        import numpy as np

        sizes = self._sizes[rows]
        lengths = sizes - self._least_shared(sizes, sizes) + _SHARED_PREFIX
        members, _ = self._prefixes(rows, lengths)
        counts = np.bincount(members)
        return int((counts * (counts - 1) // 2).sum())

    def pairs(self, left: NDArray[np.int64], right: NDArray[np.int64] | None = None) -> Pairs:
        """Find every pair at or above the threshold.

        Args:
            left: Row numbers.
            right: Row numbers that share none with `left`; `left` itself when left out, and then
                each pair comes once.

        Raises:
            TooMuchWork: the allowance is used up.
        """
        import numpy as np

        found_left, found_right, found_similarity = [], [], []
        for some, others, least, same in self._bucket_pairs(left, right):
            for a, b in self._candidates(some, others, least, same):
                size_a, size_b = self._sizes[a], self._sizes[b]
                shared = overlaps(self._matrix, a, b)
                similarity = jaccard_from_overlap(shared, size_a, size_b)
                good = similarity >= self._threshold
                found_left.append(a[good])
                found_right.append(b[good])
                found_similarity.append(similarity[good])
        if not found_left:
            none = np.zeros(0, dtype=np.int64)
            return Pairs(none, none, np.zeros(0))
        return Pairs(
            np.concatenate(found_left),
            np.concatenate(found_right),
            np.concatenate(found_similarity),
        )

    def _least_shared(self, a: Any, b: Any) -> Any:
        """The least overlap that two sets of these sizes need."""
        import numpy as np

        ratio = self._threshold / (1 + self._threshold)
        return np.maximum(np.ceil(ratio * (a + b) - _ROUNDING).astype(np.int64), 1)

    def _bucket_pairs(
        self, left: NDArray[np.int64], right: NDArray[np.int64] | None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], tuple[int, int], bool]]:
        """Pairs of groups of rows whose sizes allow the threshold, with the least sizes."""
        import numpy as np

        same = right is None
        edges = _bucket_edges(int(self._sizes.max(initial=1)))
        groups_left = _groups(left, self._sizes, edges)
        groups_right = groups_left if right is None else _groups(right, self._sizes, edges)
        for bucket_a, rows_a in groups_left.items():
            for bucket_b, rows_b in groups_right.items():
                if same and bucket_b > bucket_a:
                    continue
                low, high = sorted((bucket_a, bucket_b))
                # the largest of the smaller bucket against the smallest of the larger
                if edges[low + 1] - 1 < np.ceil(self._threshold * edges[high] - _ROUNDING):
                    continue
                least = (int(edges[bucket_a]), int(edges[bucket_b]))
                yield rows_a, rows_b, least, same and bucket_a == bucket_b

    def _candidates(
        self,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        least: tuple[int, int],
        same: bool,
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Pairs that share enough prefix members, some millions of look-ups at a time."""
        shared = min(_SHARED_PREFIX, int(self._least_shared(*least)))
        sizes_left, sizes_right = self._sizes[left], self._sizes[right]
        left_matrix = self._prefix_matrix(
            left, sizes_left - self._least_shared(sizes_left, least[1]) + shared
        )
        right_matrix = self._prefix_matrix(
            right, sizes_right - self._least_shared(sizes_right, least[0]) + shared
        )
        for a, b, looked_up in count_join(left_matrix, right_matrix, shared, same):
            self._spend(looked_up)
            yield left[a], right[b]

    def _spend(self, looked_up: int) -> None:
        if self._allowed is not None:
            self._allowed -= looked_up
            if self._allowed < 0:
                raise TooMuchWork

    def _prefix_matrix(self, rows: NDArray[np.int64], lengths: NDArray[np.int64]) -> Any:
        import numpy as np
        from scipy.sparse import csr_array

        members, indptr = self._prefixes(rows, lengths)
        ones = np.ones(len(members), dtype=np.int32)
        shape = (len(rows), max(self._columns, 1))
        return csr_array((ones, members, indptr.astype(np.int32)), shape=shape)

    def _prefixes(
        self, rows: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The shared members among the first `lengths` members of each row (CSR)."""
        import numpy as np

        shared = self._shared_sizes[rows]
        counts = np.clip(lengths - (self._sizes[rows] - shared), 0, shared)
        indptr = np.concatenate(([0], np.cumsum(counts)))
        index = np.arange(indptr[-1]) + np.repeat(self._first[rows] - indptr[:-1], counts)
        return self._members[index], indptr


def count_join(
    left: Any, right: Any, least: int, same: bool
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """Pairs of rows of two 0/1 matrices that share at least `least` columns.

    Args:
        left: CSR matrix.
        right: CSR matrix with the same columns.
        least: Columns that a pair must share.
        same: Both are the same rows: give each pair once, and no row with itself.

    Yields:
        Row numbers in `left`, row numbers in `right`, and the look-ups made for them.
    """
    import numpy as np

    # A few look-ups a pair of rows are the same price in both directions; the index of the
    # right side is made once.
    index = right.T.tocsr()
    load = np.cumsum(left @ np.diff(index.indptr).astype(np.int64))
    total = int(load[-1]) if len(load) else 0
    steps = np.arange(_PRODUCTS_AT_ONCE, total + _PRODUCTS_AT_ONCE, _PRODUCTS_AT_ONCE)
    cuts = np.unique(np.concatenate(([0], np.searchsorted(load, steps, side="right"), [len(load)])))
    for begin, end in pairwise(cuts.tolist()):
        looked_up = int(load[end - 1] - (load[begin - 1] if begin else 0))
        if not looked_up:
            continue
        product = left[begin:end] @ index
        enough = np.flatnonzero(product.data >= least)
        a = np.searchsorted(product.indptr, enough, side="right") - 1 + begin
        b = product.indices[enough].astype(np.int64)
        if same:
            once = a < b
            a, b = a[once], b[once]
        yield a, b, looked_up


def _bucket_edges(largest: int) -> NDArray[np.int64]:
    """Least size of each bucket: every size its own, then steps of a few percent."""
    import numpy as np

    edges = [1]
    while edges[-1] <= largest:
        edges.append(max(edges[-1] + 1, int(edges[-1] * _BUCKET_RATIO)))
    return np.array(edges)


def _groups(
    rows: NDArray[np.int64], sizes: NDArray[np.int64], edges: NDArray[np.int64]
) -> dict[int, NDArray[np.int64]]:
    """Non-empty rows by the bucket of their size, in row order."""
    import numpy as np

    rows = rows[sizes[rows] > 0]
    buckets = np.searchsorted(edges, sizes[rows], side="right") - 1
    order = np.argsort(buckets, kind="stable")
    present, begins = np.unique(buckets[order], return_index=True)
    parts = np.split(rows[order], begins[1:])
    return dict(zip(present.tolist(), parts, strict=False))
