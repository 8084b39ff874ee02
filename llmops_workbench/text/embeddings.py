"""Sentence embeddings, offline and without the language model.

Two embedders: "wordllama" (256 dimensions; token vectors of a language model, distilled and
pooled; knows about meaning) and "hashed_ngrams" (512 dimensions; hashed words, word pairs and
character trigrams; knows only about form, but about every script alike). Which one made a vector
is part of the result, and none stands in for another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from llmops_workbench.core.context import check_cancelled
from llmops_workbench.core.errors import require
from llmops_workbench.core.registry import Registry
from llmops_workbench.text.shingles import hashed_characters, hashed_shingles
from llmops_workbench.text.words import as_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TEXTS_AT_ONCE = 512
_HASHED_DIMENSION = 512


class Embedder(Protocol):
    """Turns texts into vectors of one length."""

    name: str
    dimension: int

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """Give one row per text, of any length; all zero where a text says nothing."""
        ...


@dataclass(frozen=True)
class Embeddings:
    """Vectors and where they are from.

    Attributes:
        vectors: Shape (rows, dimension); length 1 each, so that a product is a cosine. A text
            that says nothing to the embedder (an empty one) has the zero vector.
        embedder: Name of the embedder.
    """

    vectors: NDArray[np.float32]
    embedder: str


embedders: Registry[type[Embedder]] = Registry("embedder")


@lru_cache(maxsize=4)
def embedder(name: str = "wordllama") -> Embedder:
    """Load an embedder.

    Raises:
        NotFoundError: none has that name.
        MissingDependencyError: it is not installed.
    """
    return embedders.get(name)()


def embed(texts: Iterable[str | None], name: str = "wordllama") -> Embeddings:
    """Embed texts.

    Args:
        texts: The rows; a missing text counts as empty.
        name: Of the embedder.

    Raises:
        NotFoundError: no embedder has that name.
        MissingDependencyError: it is not installed.
    """
    import numpy as np

    chosen = embedder(name)
    rows = as_texts(texts)
    vectors = np.zeros((len(rows), chosen.dimension), dtype=np.float32)
    for begin in range(0, len(rows), _TEXTS_AT_ONCE):
        check_cancelled()
        part = chosen.vectors(rows[begin : begin + _TEXTS_AT_ONCE])
        norms = np.linalg.norm(part, axis=1, keepdims=True)
        np.divide(part, norms, out=vectors[begin : begin + len(part)], where=norms > 0)
    return Embeddings(vectors, chosen.name)


@embedders.register("wordllama")
class WordLlama:
    """Mean of token vectors (WordLlama "l2_supercat", 256 dimensions, weights in its wheel)."""

    name = "wordllama"
    dimension = 256

    def __init__(self) -> None:
        package = require("wordllama", "embeddings", "to embed texts with wordllama")
        # Its own default looks into another folder, and then for a download.
        folder = Path(str(package.__file__)).parent
        model = package.WordLlama.load(cache_dir=folder, disable_download=True)
        self._tokenizer = model.tokenizer
        self._tokenizer.no_padding()
        self._table = model.embedding

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """Average the vectors of the tokens of each text."""
        import numpy as np

        # The tokenizer cannot read a lone surrogate.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        encoded = self._tokenizer.encode_batch_fast(readable, add_special_tokens=False)
        ids = [np.array(one.ids, dtype=np.int64) for one in encoded]
        counts = np.array([len(one) for one in ids])
        return _pool(np.concatenate(ids), counts, self._table)


@embedders.register("hashed_ngrams")
class HashedNgrams:
    """Words, word pairs and character trigrams, hashed with signs into 512 places.

    Feature hashing: Weinberger et al. (2009). Counts enter as their square root, so that a word
    that comes often does not drown the others.
    """

    name = "hashed_ngrams"
    dimension = _HASHED_DIMENSION

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """Add up the hashed features of each text."""
        import numpy as np

        total = np.zeros((len(texts), self.dimension), dtype=np.float32)
        sources = (
            hashed_shingles(texts, 1),
            hashed_shingles(texts, 2),
            hashed_characters(texts, 3),
        )
        for source in sources:
            row = 0
            for hashes, indptr in source:
                count = len(indptr) - 1
                self._add(total[row : row + count], hashes, np.diff(indptr))
                row += count
        return total

    def _add(
        self, total: NDArray[np.float32], hashes: NDArray[np.uint64], counts: NDArray[np.int64]
    ) -> None:
        import numpy as np

        row = np.repeat(np.arange(len(counts)), counts)
        order = np.lexsort((hashes, row))
        row, hashes = row[order], hashes[order]
        new = np.ones(len(row), dtype=np.bool_)
        new[1:] = (row[1:] != row[:-1]) | (hashes[1:] != hashes[:-1])
        begins = np.flatnonzero(new)
        times = np.diff(np.append(begins, len(row)))
        places = (hashes[begins] % np.uint64(self.dimension)).astype(np.int64)
        sign = 1.0 - 2.0 * (hashes[begins] >> np.uint64(63)).astype(np.float64)
        flat = row[begins] * self.dimension + places
        sums = np.bincount(flat, weights=sign * np.sqrt(times), minlength=total.size)
        total += sums.reshape(total.shape).astype(np.float32)


def _pool(ids: NDArray[np.int64], counts: NDArray[np.int64], table: Any) -> NDArray[np.float32]:
    """Mean of the table's rows for each text."""
    import numpy as np
    from scipy.sparse import csr_array

    indptr = np.concatenate(([0], np.cumsum(counts)))
    ones = np.ones(len(ids), dtype=np.float32)
    picked = csr_array((ones, ids, indptr), shape=(len(counts), len(table)))
    pooled: NDArray[np.float32] = picked @ table
    pooled /= np.maximum(counts, 1)[:, None]
    return pooled
