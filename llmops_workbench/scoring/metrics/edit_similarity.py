"""How few characters must change."""

from __future__ import annotations

from llmops_workbench.scoring.metric import metric


@metric("edit_similarity", kind="mean", help="1 minus the share of characters to change.")
def edit_similarity(prediction: str, references: list[str]) -> float:
    """Give 1 minus the Levenshtein distance over the longer length; the nearest reference counts.

    Two empty texts score 1. Source: Levenshtein 1966, computed by RapidFuzz.

    Args:
        prediction: The answer.
        references: The right answers.
    """
    from rapidfuzz.distance import Levenshtein

    return max(float(Levenshtein.normalized_similarity(prediction, one)) for one in references)
