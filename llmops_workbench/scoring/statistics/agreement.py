"""How far annotators, or a judge and people, agree beyond chance."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Literal

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.statistics.intervals import RESAMPLES, SEED, Interval

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats

Level = Literal["nominal", "ordinal", "interval"]
# One row per item, one place per annotator; None where an annotator gave nothing.
Ratings = Sequence[Sequence[Hashable | None]]


def cohen_kappa(ratings: Ratings) -> float:
    """Agreement of two annotators on unordered labels.

    Source: Cohen, Educational and Psychological Measurement 20 (1960) 37.

    Args:
        ratings: Shape (items, 2); items that one of the two left out are not used.

    Returns:
        1 for full agreement, 0 for chance. When both gave one and the same label throughout, chance
        alone explains everything and the value is not defined: not a number.

    Raises:
        UsageError: There are not two annotators, or no item was labelled by both.
    """
    import numpy as np

    full = [row for row in ratings if None not in row]
    if not full or any(len(row) != 2 for row in full):
        raise UsageError("Cohen's kappa needs two annotators who labelled some of the same items")
    counts, _ = _counts(full)
    labels = {label: index for index, label in enumerate(_labels(full))}
    table = np.zeros((counts.shape[1], counts.shape[1]))
    for one, two in full:
        table[labels[one], labels[two]] += 1
    table /= table.sum()
    return _beyond(float(np.trace(table)), float(table.sum(axis=1) @ table.sum(axis=0)))


def fleiss_kappa(ratings: Ratings) -> float:
    """Agreement of any number of annotators on unordered labels, each item with as many ratings.

    Source: Fleiss, Psychological Bulletin 76 (1971) 378.

    Args:
        ratings: Shape (items, annotators); who rated an item does not matter, how many do.

    Raises:
        UsageError: Items differ in their number of ratings, or have fewer than two.
    """
    counts, _ = _counts(ratings)
    raters = counts.sum(axis=1)
    if len(counts) == 0 or raters.min() < 2 or raters.min() != raters.max():
        raise UsageError(
            "Fleiss' kappa needs the same number of ratings, two or more, for each item; "
            "Krippendorff's alpha takes items with gaps"
        )
    n = raters[0]
    observed = float(((counts * (counts - 1)).sum(axis=1) / (n * (n - 1))).mean())
    shares = counts.sum(axis=0) / counts.sum()
    return _beyond(observed, float((shares**2).sum()))


def gwet_ac1(ratings: Ratings) -> float:
    """Agreement on unordered labels that stays sensible when one label is rare.

    Source: Gwet, British Journal of Mathematical and Statistical Psychology 61 (2008) 29, in its
    form for any number of annotators and gaps.

    Args:
        ratings: Shape (items, annotators), None for a gap.

    Raises:
        UsageError: No item has two ratings.
    """
    counts, _ = _counts(ratings)
    raters = counts.sum(axis=1)
    paired = raters >= 2
    if not paired.any():
        raise UsageError("Gwet's AC1 needs items with at least two ratings")
    many, n = counts[paired], raters[paired]
    observed = float(((many * (many - 1)).sum(axis=1) / (n * (n - 1))).mean())
    rated = raters > 0
    shares = (counts[rated] / raters[rated][:, None]).mean(axis=0)
    if len(shares) < 2:
        return 1.0
    return _beyond(observed, float((shares * (1 - shares)).sum() / (len(shares) - 1)))


def krippendorff_alpha(ratings: Ratings, level: Level = "nominal") -> float:
    """Agreement of any number of annotators, with gaps, on labels, ranks or numbers.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), by coincidences.

    Args:
        ratings: Shape (items, annotators), None for a gap.
        level: "nominal" for labels, "ordinal" for ranks, "interval" for numbers.

    Returns:
        1 for full agreement, 0 for chance; not a number when all ratings are the same.

    Raises:
        UsageError: No item has two ratings, or labels cannot be ordered at this level.
    """
    import numpy as np

    counts, labels = _counts(ratings)
    counts = counts[counts.sum(axis=1) >= 2]
    if len(counts) == 0:
        raise UsageError("Krippendorff's alpha needs items with at least two ratings")
    coincidences = _coincidences(counts)
    totals = coincidences.sum(axis=1)
    distance = _distances(totals, labels, level)
    expected = totals @ distance @ totals
    if expected == 0:
        return float("nan")
    observed = float(np.sum(coincidences * distance))
    return float(1 - (totals.sum() - 1) * observed / expected)


def agreement_interval(
    ratings: Ratings,
    statistic: Callable[[Ratings], float],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval:
    """Bound an agreement by drawing items with replacement.

    Args:
        ratings: Shape (items, annotators).
        statistic: One of the functions above, such as `fleiss_kappa`.
        confidence: The level, such as 0.95.
        resamples: How many sets of items are drawn; sets on which the value is not defined are left
            out.
        seed: Makes it repeatable.

    Raises:
        UsageError: The value is defined on none of the drawn sets.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    values = []
    for _ in range(resamples):
        drawn = rng.integers(0, len(ratings), size=len(ratings))
        try:
            values.append(statistic([ratings[int(index)] for index in drawn]))
        except UsageError:
            continue  # a drawn set without an item that two annotators rated
    defined = np.asarray(values)[~np.isnan(values)] if values else np.asarray(values)
    if len(defined) == 0:
        raise UsageError("the agreement is not defined on any drawn set of these items")
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(defined, [tail, 1 - tail])
    return Interval(float(lower), float(upper))


def _labels(ratings: Ratings) -> list[Hashable]:
    found = {value for row in ratings for value in row if value is not None}
    # Numbers in their order, and everything else by its text: a fixed order for any mixture.
    return sorted(found, key=lambda value: (not _is_number(value), _sort_key(value)))


def _sort_key(value: Hashable) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value))


def _is_number(value: Hashable) -> bool:
    return isinstance(value, int | float)


def _counts(ratings: Ratings) -> tuple[Floats, list[Hashable]]:
    """Count each label per item, shape (items, labels)."""
    import numpy as np

    labels = _labels(ratings)
    place = {label: index for index, label in enumerate(labels)}
    counts = np.zeros((len(ratings), len(labels)))
    for item, row in enumerate(ratings):
        for value in row:
            if value is not None:
                counts[item, place[value]] += 1
    return counts, labels


def _coincidences(counts: Floats) -> Floats:
    """Count pairs of values inside items, each item weighing as much as it has ratings."""
    import numpy as np

    weights = 1 / (counts.sum(axis=1) - 1)
    pairs: Floats = (counts * weights[:, None]).T @ counts
    return pairs - np.diag((counts * weights[:, None]).sum(axis=0)).astype(np.float64)


def _distances(totals: Floats, labels: list[Hashable], level: Level) -> Floats:
    import numpy as np

    if level == "nominal":
        return 1 - np.eye(len(labels))
    if not all(_is_number(label) for label in labels):
        raise UsageError(
            f"alpha at the {level} level needs numbers; give ranks such as 1, 2, 3 for the labels"
        )
    if level == "ordinal":
        middle = np.cumsum(totals) - totals / 2
        return (middle[:, None] - middle[None, :]) ** 2
    if level == "interval":
        values = np.asarray(labels, dtype=np.float64)
        return (values[:, None] - values[None, :]) ** 2
    raise UsageError(f"'{level}' is no level of alpha; there is nominal, ordinal and interval")


def _beyond(observed: float, expected: float) -> float:
    return float("nan") if expected >= 1 else (observed - expected) / (1 - expected)
