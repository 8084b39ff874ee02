"""Agreement from label events: among people, and of a model with what most people say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from llmops_workbench.core.errors import UsageError
from llmops_workbench.feedback.agree import Agreement


def among_people(
    events: Sequence[Mapping[str, Any]],
    level: Literal["nominal", "ordinal", "interval"],
    resamples: int,
) -> list[Agreement]:
    """Compute Krippendorff's alpha over the items that two or more people have judged.

    Args:
        events: The valid label of each person for each item.
        level: How two values are compared.
        resamples: Sets of items drawn for the interval.
    """
    from llmops_workbench.scoring.statistics.agreement import (
        agreement_interval,
        krippendorff_alpha,
    )

    judges = {name: place for place, name in enumerate(sorted({e["annotator"] for e in events}))}
    rows: dict[str, list[Any]] = {}
    for event in events:
        row = rows.setdefault(event["item"], [None] * len(judges))
        row[judges[event["annotator"]]] = event["value"]
    # Packed to the left: alpha knows no identity of a judge, and the rows stay short.
    packed = [[value for value in row if value is not None] for row in rows.values()]
    packed = [row for row in packed if len(row) > 1]
    if not packed:
        return []
    width = max(len(row) for row in packed)
    ratings = [row + [None] * (width - len(row)) for row in packed]

    def alpha(some: Sequence[Sequence[Any]]) -> float:
        return krippendorff_alpha(some, level)

    name = f"Krippendorff's alpha, {level}"
    value = alpha(ratings)
    if math.isnan(value):  # all say the same: chance cannot be told from agreement
        return [Agreement(measure=name, value=None, lower=None, upper=None, items=len(packed))]
    interval = agreement_interval(ratings, alpha, resamples=resamples)
    return [
        Agreement(
            measure=name,
            value=value,
            lower=interval.lower,
            upper=interval.upper,
            items=len(packed),
        )
    ]


def majority(
    events: Sequence[Mapping[str, Any]], threshold: float | None, low: str, high: str
) -> tuple[dict[str, str], int]:
    """Give what most people say about each item.

    With a threshold each person's number is first cut into one of two names; one that is equal to
    the threshold takes no side.

    Returns:
        Item to name, and how many items are undecided and left out.

    Raises:
        UsageError: A threshold was given, but a label is no number.
    """
    by_item: dict[str, Counter[str]] = {}
    for event in events:
        votes = by_item.setdefault(event["item"], Counter())
        value = event["value"]
        if threshold is None:
            votes[str(value)] += 1
            continue
        try:
            number = float(value)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"the label '{value}' of {event['item']} is no number, so that no threshold applies"
            ) from error
        if number != threshold:
            votes[high if number > threshold else low] += 1
    decided: dict[str, str] = {}
    for item, votes in by_item.items():
        ranked = votes.most_common(2)
        if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]):
            decided[item] = ranked[0][0]
    return decided, len(by_item) - len(decided)


def with_model(
    most: Mapping[str, str], said: Mapping[str, str], resamples: int
) -> tuple[list[Agreement], Agreement | None, dict[str, dict[str, int]]]:
    """Compare what most people say with what a model says.

    Returns:
        Cohen's kappa and Gwet's AC1; the plain share with a Wilson interval; and the counts.
    """
    from llmops_workbench.scoring.statistics.agreement import (
        agreement_interval,
        cohen_kappa,
        gwet_ac1,
    )
    from llmops_workbench.scoring.statistics.intervals import wilson

    shared = [item for item in most if item in said]
    if not shared:
        return [], None, {}
    pairs = [[most[item], said[item]] for item in shared]
    found = []
    for measure, statistic in (("Cohen's kappa", cohen_kappa), ("Gwet's AC1", gwet_ac1)):
        value = statistic(pairs)
        interval = (
            None if math.isnan(value) else agreement_interval(pairs, statistic, resamples=resamples)
        )
        found.append(
            Agreement(
                measure=measure,
                value=None if math.isnan(value) else value,
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
                items=len(pairs),
            )
        )
    hits = sum(one == two for one, two in pairs)
    share = wilson(hits, len(pairs))
    same = Agreement(
        measure="same answer",
        value=hits / len(pairs),
        lower=share.lower,
        upper=share.upper,
        items=len(pairs),
    )
    confusion: dict[str, dict[str, int]] = {}
    for one, two in pairs:
        confusion.setdefault(one, {}).setdefault(two, 0)
        confusion[one][two] += 1
    return found, same, confusion
