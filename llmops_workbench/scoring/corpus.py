"""sacrebleu's metrics from one pass of statistics, for rows, value and resamples alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.scoring.metric import Scored

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import FromSums


def scored_by_sacrebleu(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    whole: Any,
    sentence: Any,
    from_sums: FromSums,
    options: dict[str, Any],
    notes: tuple[str, ...] = (),
) -> Scored:
    """Score rows and corpus with sacrebleu's own formulas.

    sacrebleu's `_extract_corpus_statistics` is private: it saves a second and third pass over the
    text, its result sums to the corpus score by sacrebleu's own code, and the tests compare every
    digit with the public functions, so that a changed version is noticed.

    Args:
        predictions: One text per row.
        references: One list of texts per row; rows may differ in how many they have.
        whole: sacrebleu's metric for the corpus.
        sentence: The same metric as it is set up for one sentence.
        from_sums: The corpus formula over many sums at once, for resampling.
        options: What was used.
        notes: What a reader should know.
    """
    import numpy as np

    most = max(len(row) for row in references)
    streams = [
        [row[place] if place < len(row) else None for row in references] for place in range(most)
    ]
    statistics = whole._extract_corpus_statistics(predictions, streams)
    # Copies, because sacrebleu's formulas may write into what they are given.
    rows = [float(sentence._compute_score_from_stats(list(row)).score) for row in statistics]
    value = float(whole._aggregate_and_compute(statistics).score)
    options = {**options, "signature": str(whole.get_signature())}
    return Scored(rows, options, notes, value, np.asarray(statistics, dtype=np.float64), from_sums)
