"""Sets of word n-grams of many rows, as numbers, and the exact Jaccard similarity of two sets.

A word becomes a 64-bit polynomial hash of its code points, an n-gram a hash of its words. Two
different n-grams of a million share a hash with a probability below 1e-7; everything after the
hashing is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError
from llmops_workbench.text.words import WordBatch, as_texts, word_batches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Odd, so that it has an inverse modulo 2**64; otherwise arbitrary, and fixed for ever, because
# hashes may be stored.
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)
# The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_PAIRS_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class ShingleSets:
    """One set of n-grams per row, in CSR layout.

    Attributes:
        tokens: Set members, ascending within a row. A member is the rank of its n-gram, from the
            rarest (0) to the most frequent in these rows.
        indptr: Row `i` has the members `tokens[indptr[i]:indptr[i + 1]]`.
        vocabulary: The 64-bit hash of each n-gram, by rank.
    """

    tokens: NDArray[np.int32]
    indptr: NDArray[np.int64]
    vocabulary: NDArray[np.uint64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many different n-grams each row has."""
        import numpy as np

        return np.diff(self.indptr)

    def matrix(self) -> Any:
        """The sets as a sparse 0/1 matrix, rows by n-grams (int32, sorted indices)."""
        import numpy as np
        from scipy.sparse import csr_array

        shape = (len(self.indptr) - 1, max(len(self.vocabulary), 1))
        ones = np.ones(len(self.tokens), dtype=np.int32)
        matrix = csr_array((ones, self.tokens, self.indptr), shape=shape)
        matrix.has_sorted_indices = True
        matrix.has_canonical_format = True
        return matrix

    def jaccard(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
        """The exact similarity of pairs of rows.

        Args:
            left: Row numbers, one per pair.
            right: As many row numbers.

        Returns:
            |A & B| / |A | B| per pair; 0 when both sets are empty.
        """
        return jaccard_from_overlap(
            overlaps(self.matrix(), left, right),
            self.sizes[left],
            self.sizes[right],
        )


def shingle_sets(texts: Iterable[str | None], n: int = 1) -> ShingleSets:
    """The set of word n-grams of each row.

    Args:
        texts: The rows; a missing text has no words.
        n: Words in an n-gram. A row with fewer words has the empty set.

    Raises:
        UsageError: `n` is below 1.
    """
    import numpy as np
    import pyarrow as pa

    rows = as_texts(texts)
    chunks = list(hashed_shingles(rows, n))
    counts = np.concatenate([np.diff(indptr) for _, indptr in chunks] or [np.zeros(0, np.int64)])
    hashes = np.concatenate([values for values, _ in chunks] or [np.zeros(0, np.uint64)])
    del chunks  # each of these arrays has the size of the text
    encoded = pa.array(hashes).dictionary_encode()
    del hashes
    ids = encoded.indices.to_numpy()
    dictionary = encoded.dictionary.to_numpy(zero_copy_only=False).astype(np.uint64)
    # Rare first; the hash decides between equals, so that ranks do not depend on row order.
    order = np.lexsort((dictionary, np.bincount(ids, minlength=len(dictionary))))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    keys = np.repeat(np.arange(len(rows), dtype=np.int64) << 32, counts)
    keys |= rank[ids]
    keys.sort()
    if len(keys):
        keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    indptr = np.searchsorted(keys >> 32, np.arange(len(rows) + 1))
    tokens = (keys & 0xFFFFFFFF).astype(np.int32)
    return ShingleSets(tokens, indptr, dictionary[order])


def hashed_shingles(
    texts: list[str], n: int
) -> Iterable[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Hash every word n-gram, repeats included, some thousand rows at a time.

    Args:
        texts: Raw texts.
        n: Words in an n-gram.

    Yields:
        The hashes of consecutive rows, in text order, and where each row's begin (CSR).

    Raises:
        UsageError: `n` is below 1.
    """
    import numpy as np

    if n < 1:
        raise UsageError(f"shingle is {n}: an n-gram has at least 1 word")
    for batch in word_batches(texts):
        hashes = _word_hashes(batch)
        indptr = batch.indptr
        if n > 1:
            hashes, indptr = _join_words(hashes, indptr, n)
        yield hashes, indptr.astype(np.int64)


def hashed_characters(
    texts: list[str], n: int
) -> Iterable[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Hash the n-grams of characters inside words, repeats included, some thousand rows at a time.

    Args:
        texts: Raw texts.
        n: Characters in an n-gram; a word with fewer has none.

    Yields:
        As `hashed_shingles`.
    """
    import numpy as np

    for batch in word_batches(texts):
        counts = np.maximum(batch.ends - batch.starts - (n - 1), 0)
        ends = np.concatenate(([0], np.cumsum(counts)))
        first = np.arange(ends[-1]) + np.repeat(batch.starts - ends[:-1], counts)
        values = _code_point_values(batch.codes)
        grams = values[first]
        for step in range(1, n):
            grams = mix(grams * np.uint64(_BASE) + values[first + step])
        yield grams, ends[batch.indptr]


def overlaps(matrix: Any, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many members the sets of each pair of rows share.

    Args:
        matrix: 0/1 CSR matrix with sorted indices.
        left: Row numbers, one per pair.
        right: As many row numbers.
    """
    import numpy as np

    shared = np.zeros(len(left), dtype=np.int64)
    for begin in range(0, len(left), _PAIRS_AT_ONCE):
        part = slice(begin, begin + _PAIRS_AT_ONCE)
        both = matrix[left[part]].multiply(matrix[right[part]])
        shared[part] = np.asarray(both.sum(axis=1)).ravel()
    return shared


def jaccard_from_overlap(
    shared: NDArray[np.int64], left_size: NDArray[np.int64], right_size: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Jaccard similarity from sizes; two empty sets have nothing in common (0)."""
    import numpy as np

    union = left_size + right_size - shared
    similarity: NDArray[np.float64] = np.zeros(len(shared))
    np.divide(shared, union, out=similarity, where=union > 0)
    return similarity


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread 64-bit numbers evenly: each output bit depends on all input bits."""
    import numpy as np

    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(_MIX_1)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_MIX_2)
    return mixed ^ (mixed >> np.uint64(31))


def _word_hashes(batch: WordBatch) -> NDArray[np.uint64]:
    """Hash all words of a batch with one running sum over its characters."""
    import numpy as np

    if batch.codes.dtype == np.uint8:
        values = _ascii_values()[batch.codes]
    else:
        values = _code_point_values(batch.codes)
    powers, inverses = _powers(1 << max(len(values), 1 << 18).bit_length())
    running = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * powers[: len(values)], out=running[1:])
    return mix((running[batch.ends] - running[batch.starts]) * inverses[batch.starts])


def _join_words(
    hashes: NDArray[np.uint64], indptr: NDArray[np.int64], n: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hash the n-grams of rows from the hashes of their words."""
    import numpy as np

    counts = np.maximum(np.diff(indptr) - (n - 1), 0)
    joined = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=joined[1:])
    first = np.arange(joined[-1]) + np.repeat(indptr[:-1] - joined[:-1], counts)
    grams = hashes[first]
    for step in range(1, n):
        grams = mix(grams * np.uint64(_BASE) + hashes[first + step])
    return grams, joined


def _code_point_values(codes: NDArray[Any]) -> NDArray[np.uint64]:
    import numpy as np

    return mix((codes.astype(np.uint64) + np.uint64(1)) * np.uint64(_BASE))


@lru_cache(maxsize=1)
def _ascii_values() -> NDArray[np.uint64]:
    import numpy as np

    return _code_point_values(np.arange(128))


@lru_cache(maxsize=1)
def _powers(length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the base and of its inverse modulo 2**64."""
    import numpy as np

    both = []
    for base in (_BASE, _BASE_INVERSE):
        factors = np.full(length, base, dtype=np.uint64)
        factors[0] = 1
        both.append(np.multiply.accumulate(factors))
    return both[0], both[1]
