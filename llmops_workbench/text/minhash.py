"""Candidate pairs by MinHash and locality-sensitive hashing, for data that an exact join cannot do.

Broder (1997) for the sketch; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets",
chapter 3, for the bands. Candidates are verified by their exact similarity, so that only recall is
approximate: the bands are chosen so that a pair at the threshold is found with the probability
that is asked for, and a more similar one with a higher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.set_join import Pairs, count_join
from llmops_workbench.text.shingles import ShingleSets, jaccard_from_overlap, mix, overlaps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECALL = 0.995
_ROWS_AT_ONCE = 2048


def bands_for(threshold: float, permutations: int, recall: float = RECALL) -> tuple[int, int]:
    """The most selective bands that still find a pair at the threshold.

    Args:
        threshold: Jaccard similarity of the pair.
        permutations: Length of a sketch.
        recall: Probability with which such a pair must share a band.

    Returns:
        How many bands, and how many values each has.

    Raises:
        UsageError: no division of so few permutations reaches the recall.
    """
    for rows in range(permutations, 0, -1):
        bands = permutations // rows
        if 1 - (1 - threshold**rows) ** bands >= recall:
            return bands, rows
    raise UsageError(
        f"{permutations} permutations cannot find {recall:.1%} of the pairs at similarity "
        f"{threshold}: use more permutations or a higher threshold"
    )


def sketches(sets: ShingleSets, permutations: int, seed: int) -> NDArray[np.uint32]:
    """MinHash sketches.

    Args:
        sets: The sets; an empty one has a sketch of the greatest value.
        permutations: Values in a sketch.
        seed: Of the hash functions.

    Returns:
        Array of shape (rows, permutations). Two sketches agree in a place with the probability
        that is the similarity of the sets.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    factors = random.integers(0, 1 << 63, permutations, dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    shifts = random.integers(0, 1 << 63, permutations, dtype=np.uint64)
    mixed = mix(sets.vocabulary + np.uint64(seed & 0xFFFFFFFF))
    filled = np.flatnonzero(sets.sizes > 0)
    result = np.full((len(sets.indptr) - 1, permutations), 0xFFFFFFFF, dtype=np.uint32)
    for begin in range(0, len(filled), _ROWS_AT_ONCE):
        rows = filled[begin : begin + _ROWS_AT_ONCE]
        first = int(sets.indptr[rows[0]])
        last = int(sets.indptr[rows[-1] + 1])
        values = mixed[sets.tokens[first:last]]
        starts = sets.indptr[rows] - first
        for place in range(permutations):
            hashed = (values * factors[place] + shifts[place]) >> np.uint64(32)
            result[rows, place] = np.minimum.reduceat(hashed, starts).astype(np.uint32)
    return result


class MinHashJoin:
    """The approximate join: rows that share a band of their sketches, verified.

    Args:
        sets: The sets of all rows.
        threshold: Least Jaccard similarity.
        permutations: Length of a sketch.
        seed: Of the hash functions.
    """

    def __init__(self, sets: ShingleSets, threshold: float, permutations: int, seed: int) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        self._threshold = threshold
        self._sizes = sets.sizes
        self._matrix = sets.matrix()
        bands, rows = bands_for(threshold, permutations)
        sketch = sketches(sets, permutations, seed)
        keys = np.empty((len(sketch), bands), dtype=np.uint64)
        for band in range(bands):
            key = np.full(len(sketch), band + 1, dtype=np.uint64)
            for place in range(band * rows, (band + 1) * rows):
                key = mix(key * np.uint64(0x9E3779B97F4A7C15) + sketch[:, place])
            keys[:, band] = key
        names, columns = np.unique(keys, return_inverse=True)
        columns = columns.reshape(keys.shape)
        columns.sort(axis=1)
        self._bands: Any = csr_array(
            (
                np.ones(keys.size, dtype=np.int32),
                columns.ravel().astype(np.int32),
                np.arange(0, keys.size + 1, bands),
            ),
            shape=(len(sketch), max(len(names), 1)),
        )

    def work(self, rows: NDArray[np.int64]) -> int:
        """Count the pairs that share a band, once for each band that they share."""
        import numpy as np

        counts = np.bincount(self._bands[rows].indices).astype(np.int64)
        return int((counts * (counts - 1) // 2).sum())

    def pairs(self, left: NDArray[np.int64], right: NDArray[np.int64] | None = None) -> Pairs:
        """Find pairs at or above the threshold, nearly all of them.

        Args:
            left: Row numbers.
            right: Row numbers that share none with `left`; `left` itself when left out.
        """
        import numpy as np

        same = right is None
        others = left if right is None else right
        found: list[Pairs] = []
        for a, b, _ in count_join(self._bands[left], self._bands[others], 1, same):
            some, other = left[a], others[b]
            shared = overlaps(self._matrix, some, other)
            similarity = jaccard_from_overlap(shared, self._sizes[some], self._sizes[other])
            good = (similarity >= self._threshold) & (shared > 0)
            found.append(Pairs(some[good], other[good], similarity[good]))
        if not found:
            none = np.zeros(0, dtype=np.int64)
            return Pairs(none, none, np.zeros(0))
        return Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))
