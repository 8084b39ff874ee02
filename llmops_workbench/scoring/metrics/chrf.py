"""chrF and chrF++, as sacrebleu computes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_workbench.scoring.corpus import scored_by_sacrebleu
from llmops_workbench.scoring.metric import Scored, metric

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats


@metric(
    "chrf",
    kind="corpus",
    range=(0.0, 100.0),
    per_row=False,
    help="Shared character sequences with the reference, 0 to 100 (sacrebleu).",
)
def chrf(
    predictions: list[str],
    references: list[list[str]],
    *,
    word_order: int = 0,
    char_order: int = 6,
    beta: int = 2,
    lowercase: bool = False,
    whitespace: bool = False,
) -> Scored:
    """Score by chrF2 on sacrebleu's own scale: 0 to 100, 100 for identical text.

    It needs no tokenizer, so it serves every script. The value equals sacrebleu's `corpus_score`, a
    row its `sentence_score`. Source: Popović, WMT 2015; WMT 2017 for chrF++.

    Args:
        predictions: One text per row.
        references: One list of texts per row.
        word_order: 2 for chrF++, which also counts words.
        char_order: Longest sequence of characters.
        beta: How much recall weighs against precision.
        lowercase: Ignore case.
        whitespace: Count spaces as characters.
    """
    from sacrebleu.metrics.chrf import CHRF

    whole = CHRF(
        char_order=char_order,
        word_order=word_order,
        beta=beta,
        lowercase=lowercase,
        whitespace=whitespace,
    )

    def from_sums(sums: Floats) -> Floats:
        return chrf_from_sums(sums, beta=beta)

    return scored_by_sacrebleu(
        predictions,
        references,
        whole=whole,
        sentence=whole,
        from_sums=from_sums,
        options={
            "word_order": word_order,
            "char_order": char_order,
            "beta": beta,
            "lowercase": lowercase,
            "whitespace": whitespace,
        },
    )


def chrf_from_sums(sums: Floats, *, beta: int = 2) -> Floats:
    """Compute chrF from many sums of statistics at once.

    Args:
        sums: Shape (b, 3 × orders): prediction, reference and shared counts for each order.
        beta: How much recall weighs against precision.
    """
    import numpy as np

    counts = sums.reshape(len(sums), -1, 3)
    given, wanted, shared = counts[:, :, 0], counts[:, :, 1], counts[:, :, 2]
    occurs = (given > 0) & (wanted > 0)
    orders = np.maximum(occurs.sum(axis=1), 1)
    precision = (shared / np.where(given > 0, given, 1) * occurs).sum(axis=1) / orders
    recall = (shared / np.where(wanted > 0, wanted, 1) * occurs).sum(axis=1) / orders
    weight = beta**2
    below = weight * precision + recall
    values: Floats = 100 * (1 + weight) * precision * recall / np.where(below > 0, below, 1)
    return values
