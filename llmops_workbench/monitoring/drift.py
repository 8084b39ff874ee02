"""Drift tests: has what comes in today the same source as the reference?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from llmops_workbench.core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from llmops_workbench.core.references import Reference

    Vectors = NDArray[np.float32]

# The classifier works on so many directions of largest spread: with more directions than rows it
# would tell any two samples apart in the rows it has seen, and nothing in those it has not.
DIRECTIONS = 32
MOVED = 10


class Found(NamedTuple):
    """One test before correction."""

    feature: str
    statistic: float
    p: float
    method: str


def reference_texts(reference: Reference, column: str | None, most: int, seed: int) -> list[str]:
    """Draw texts of the reference.

    Raises:
        UsageError: Nothing says which column holds the texts, or it is no column.
    """
    import numpy as np

    from llmops_workbench.tracking import datasets

    version = datasets.find(reference)
    columns = [name for name in version.meta["columns"] if not name.startswith("__")]
    chosen = column or datasets.roles(version).get("input")
    if chosen is None:
        raise UsageError(f"give --column, one of {', '.join(columns)}: no column is the input")
    if chosen not in columns:
        raise UsageError(f"the dataset has no column '{chosen}'; {did_you_mean(chosen, columns)}")
    table = datasets.load(reference, columns=[chosen], identity=False)
    texts = [str(text) for text in table.column(chosen).to_pylist() if text is not None]
    if len(texts) <= most:
        return texts
    places = np.random.default_rng(seed).choice(len(texts), size=most, replace=False)
    return [texts[place] for place in sorted(places)]


def compare(
    vectors: Vectors,
    base: Vectors,
    lengths: Sequence[int],
    base_lengths: Sequence[int],
    *,
    permutations: int,
    seed: int,
    told: Callable[[], None] = lambda: None,
) -> tuple[list[Found], NDArray[np.float64]]:
    """Run the tests.

    Args:
        vectors: Of the requests, shape (n, d), of length 1 each.
        base: Of the reference, shape (m, d).
        lengths: Of the requests, in characters.
        base_lengths: Of the reference.
        permutations: Shuffles of the kernel test and of the classifier.
        seed: Makes them repeatable.
        told: Called after each test.

    Returns:
        The tests, and for each request how sure a classifier is that it is not of the reference
        (log-odds; each request judged by a classifier that has not seen it).
    """
    import numpy as np

    from llmops_workbench.scoring.statistics.two_sample import (
        domain_classifier,
        kolmogorov_smirnov,
        maximum_mean_discrepancy,
    )

    kernel = maximum_mean_discrepancy(
        vectors.astype(np.float64), base.astype(np.float64), permutations=permutations, seed=seed
    )
    told()
    small, small_base = _projected(vectors, base)
    classifier = domain_classifier(small, small_base, permutations=permutations, seed=seed)
    told()
    sizes = kolmogorov_smirnov(
        np.asarray(lengths, dtype=np.float64), np.asarray(base_lengths, dtype=np.float64)
    )
    told()
    tests = [
        Found("embedding kernel", *kernel),
        Found("embedding classifier", *classifier),
        Found("length", *sizes),
    ]
    return tests, _sureness(small, small_base, seed)


def _projected(vectors: Vectors, base: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project both on the directions in which they spread most together; no label is looked at."""
    import numpy as np

    both = np.vstack([vectors, base]).astype(np.float64)
    both -= both.mean(axis=0)
    keep = min(DIRECTIONS, both.shape[1], len(both) // 4)
    _, _, directions = np.linalg.svd(both, full_matrices=False)
    small = both @ directions[:keep].T
    return small[: len(vectors)], small[len(vectors) :]


def _sureness(
    vectors: NDArray[np.float64], base: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    both = np.vstack([vectors, base])
    labels = np.repeat([1, 0], [len(vectors), len(base)])
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    scores = cross_val_predict(model, both, labels, cv=folds, method="decision_function")
    return np.asarray(scores[: len(vectors)], dtype=np.float64)


def most_moved(texts: Sequence[str], scores: NDArray[np.float64]) -> list[dict[str, object]]:
    """List the requests that look least like the reference, the strangest first."""
    order = scores.argsort()[::-1][:MOVED]
    return [{"text": texts[place], "score": round(float(scores[place]), 3)} for place in order]


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values so that the chance of any false alarm stays below the level.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65.

    Args:
        p_values: One a test.

    Returns:
        Adjusted p-values in the same order, at most 1.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return adjusted


def percentile(values: Sequence[float], share: float) -> float | None:
    """Give a percentile, or None of nothing."""
    import numpy as np

    return round(float(np.percentile(values, share)), 1) if values else None
