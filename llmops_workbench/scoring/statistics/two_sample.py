"""Do two samples come from one source? For lengths, scores and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.intervals import SEED

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats

PERMUTATIONS = 500
_MEDIAN_ROWS = 1000  # rows that the kernel width is estimated on


class TwoSample(NamedTuple):
    """What a two-sample test found.

    Attributes:
        statistic: Size of the difference, in the unit of the test.
        p: p-value of "the same source".
        method: Which test.
    """

    statistic: float
    p: float
    method: str


def kolmogorov_smirnov(first: Floats, second: Floats) -> TwoSample:
    """Compare two samples of one number per row.

    Args:
        first: Shape (n,).
        second: Shape (m,).

    Returns:
        The largest gap of the two distribution functions (0 to 1) and its p-value, by SciPy.

    Raises:
        UsageError: A sample is empty.
    """
    from scipy import stats

    _check(len(first), len(second), 1)
    found = stats.ks_2samp(first, second)
    return TwoSample(float(found.statistic), float(found.pvalue), "Kolmogorov-Smirnov")


def maximum_mean_discrepancy(
    first: Floats,
    second: Floats,
    *,
    bandwidth: float | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> TwoSample:
    """Compare two samples of vectors by a kernel, with a permutation p-value.

    Source: Gretton and others, JMLR 13 (2012) 723, the unbiased estimate of their lemma 6, with a
    Gaussian kernel whose width is the median distance.

    Args:
        first: Shape (n, d).
        second: Shape (m, d).
        bandwidth: Width of the kernel; the median distance of the pooled rows when left out.
        permutations: How often the labels are shuffled.
        seed: Makes it repeatable.

    Raises:
        UsageError: A sample has fewer than two rows.
    """
    import numpy as np

    _check(len(first), len(second), 2)
    pooled = np.vstack([first, second]).astype(np.float64)
    rng = np.random.default_rng(seed)
    n, m = len(first), len(second)
    norms = (pooled**2).sum(axis=1)
    squared = np.maximum(norms[:, None] + norms[None, :] - 2 * pooled @ pooled.T, 0)
    if bandwidth is None:
        some = rng.permutation(n + m)[:_MEDIAN_ROWS]
        upper = squared[np.ix_(some, some)][np.triu_indices(len(some), k=1)]
        bandwidth = float(np.sqrt(np.median(upper[upper > 0]))) if (upper > 0).any() else 1.0
    kernel = np.exp(-squared / (2 * bandwidth**2))
    np.fill_diagonal(kernel, 0)
    labels = np.zeros((n + m, permutations + 1))
    labels[:n, 0] = 1
    for column in range(1, permutations + 1):
        labels[rng.permutation(n + m)[:n], column] = 1
    # One product for all shuffles: sums of the kernel inside each sample, and between the two.
    within = (labels * (kernel @ labels)).sum(axis=0)
    others = 1 - labels
    within_others = (others * (kernel @ others)).sum(axis=0)
    between = (kernel.sum() - within - within_others) / 2
    values = within / (n * (n - 1)) + within_others / (m * (m - 1)) - 2 * between / (n * m)
    p = (int((values[1:] >= values[0] - 1e-12).sum()) + 1) / (permutations + 1)
    return TwoSample(float(values[0]), p, "maximum mean discrepancy, Gaussian kernel")


def domain_classifier(
    first: Floats, second: Floats, *, folds: int = 5, permutations: int = 100, seed: int = SEED
) -> TwoSample:
    """Compare two samples of vectors by how well a linear classifier tells them apart.

    Source: Lopez-Paz and Oquab, ICLR 2017 (classifier two-sample tests), with the area under the
    ROC curve of held-out scores and a permutation p-value of the whole procedure.

    Args:
        first: Shape (n, d).
        second: Shape (m, d).
        folds: Parts of the cross-validation.
        permutations: How often the labels are shuffled and the classifier is fitted anew.
        seed: Makes it repeatable.

    Returns:
        The area under the curve, 0.5 when nothing can be told apart, and its p-value.

    Raises:
        UsageError: A sample has fewer rows than there are folds.
    """
    import numpy as np

    _check(len(first), len(second), folds)
    pooled = np.vstack([first, second]).astype(np.float64)
    scale = pooled.std(axis=0)
    pooled = (pooled - pooled.mean(axis=0)) / np.where(scale > 0, scale, 1)
    labels = np.repeat([1.0, 0.0], [len(first), len(second)])
    rng = np.random.default_rng(seed)
    fold_of = np.empty(len(pooled), dtype=int)
    for value in (0.0, 1.0):  # both samples spread evenly over the folds
        members = rng.permutation(np.flatnonzero(labels == value))
        fold_of[members] = np.arange(len(members)) % folds
    targets = np.column_stack(
        [labels, *(_shuffled_within(labels, fold_of, rng) for _ in range(permutations))]
    )
    areas = _held_out_areas(pooled, targets, fold_of, folds)
    p = (int((areas[1:] >= areas[0] - 1e-12).sum()) + 1) / (permutations + 1)
    return TwoSample(float(areas[0]), p, "domain classifier, area under the ROC curve")


def _shuffled_within(labels: Floats, fold_of: Floats, rng: object) -> Floats:
    """Shuffle labels inside each fold, so that every fold keeps its balance."""
    import numpy as np

    assert isinstance(rng, np.random.Generator)
    shuffled = labels.copy()
    for fold in np.unique(fold_of):
        members = np.flatnonzero(fold_of == fold)
        shuffled[members] = labels[rng.permutation(members)]
    return shuffled


def _held_out_areas(rows: Floats, targets: Floats, fold_of: Floats, folds: int) -> Floats:
    """Fit a ridge classifier per fold for all label columns at once; give the mean area per column.

    A linear fit of 0 and 1 with a ridge ranks rows as linear discriminant analysis does, and one
    factorisation serves the true and all shuffled labels.
    """
    import numpy as np
    from scipy.stats import rankdata

    areas = np.zeros(targets.shape[1])
    for fold in range(folds):
        held = fold_of == fold
        fitted, goal = rows[~held], targets[~held]
        goal = goal - goal.mean(axis=0)
        gram = fitted.T @ fitted
        ridge = max(1e-9, float(np.trace(gram)) / len(gram))
        weights = np.linalg.solve(gram + ridge * np.eye(len(gram)), fitted.T @ goal)
        ranks = rankdata(rows[held] @ weights, axis=0)
        ones = targets[held]
        positive = ones.sum(axis=0)
        negative = len(ones) - positive
        wins = (ranks * ones).sum(axis=0) - positive * (positive + 1) / 2
        areas += wins / (positive * negative)
    return areas / folds


def _check(n: int, m: int, least: int) -> None:
    if n < least or m < least:
        raise UsageError(f"each sample needs at least {least} rows; they have {n} and {m}")
