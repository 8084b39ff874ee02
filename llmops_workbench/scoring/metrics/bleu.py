"""BLEU, as sacrebleu computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_workbench.scoring.corpus import scored_by_sacrebleu
from llmops_workbench.scoring.metric import Scored, metric
from llmops_workbench.scoring.tokenizers import (
    SACREBLEU,
    pick_sacrebleu,
    require_tokenizer,
    script_of,
)

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats

_ORDER = 4
_SPLITS_BY_SPACES = ("13a", "intl", "none")
# sacrebleu's logarithm of 0.
_LOG_ZERO = -9999999999.0


@metric(
    "bleu",
    kind="corpus",
    range=(0.0, 100.0),
    per_row=False,
    pick=pick_sacrebleu,
    tokenizers=SACREBLEU,
    help="Shared word sequences with the reference, 0 to 100 (sacrebleu).",
)
def bleu(
    predictions: list[str],
    references: list[list[str]],
    *,
    tokenizer: str = "auto",
    lowercase: bool = False,
    effective_order: bool = False,
) -> Scored:
    """Score by BLEU on sacrebleu's own scale: 0 to 100, 100 for identical text.

    The value equals sacrebleu's `corpus_score`, a row its `sentence_score` with effective order.
    Source: Papineni and others, ACL 2002; Post, WMT 2018.

    Args:
        predictions: One text per row.
        references: One list of texts per row.
        tokenizer: "auto" picks by the references' script; else 13a, zh, ja-mecab, intl, char or
            none.
        lowercase: Ignore case.
        effective_order: Also for the corpus, count only the lengths of word sequences that occur.
    """
    from sacrebleu.metrics.bleu import BLEU

    notes: tuple[str, ...] = ()
    if tokenizer in _SPLITS_BY_SPACES:
        script = script_of(one for row in references for one in row)
        if script != "spaced":
            notes = (
                f"tokenizer='{tokenizer}' leaves text without spaces in one piece; "
                "tokenizer='auto' splits it",
            )
    require_tokenizer(tokenizer)
    whole = BLEU(
        tokenize=tokenizer, lowercase=lowercase, force=True, effective_order=effective_order
    )
    sentence = BLEU(tokenize="none", effective_order=True)

    def from_sums(sums: Floats) -> Floats:
        return bleu_from_sums(sums, effective_order=effective_order)

    scored = scored_by_sacrebleu(
        predictions,
        references,
        whole=whole,
        sentence=sentence,
        from_sums=from_sums,
        options={
            "tokenizer": tokenizer,
            "lowercase": lowercase,
            "effective_order": effective_order,
        },
        notes=notes,
    )
    assert scored.statistics is not None
    if not effective_order and not scored.statistics[:, 2 + 2 * _ORDER - 1].any():
        short = (
            f"no prediction has {_ORDER} tokens, so that corpus BLEU is 0 by its definition; "
            "use effective_order=True"
        )
        return Scored(**{**vars(scored), "notes": (*notes, short)})
    return scored


def bleu_from_sums(sums: Floats, *, effective_order: bool = False) -> Floats:
    """Compute BLEU with exponential smoothing from many sums of statistics at once.

    Args:
        sums: Shape (b, 10): prediction length, reference length, 4 matches, 4 totals.
        effective_order: Average only over the lengths that occur.
    """
    import numpy as np

    length, wanted = sums[:, 0], sums[:, 1]
    correct, total = sums[:, 2 : 2 + _ORDER], sums[:, 2 + _ORDER :]
    occurs = np.cumprod(total > 0, axis=1).astype(bool)  # nothing counts after a length that is 0
    smoothing = 2.0 ** np.cumsum(occurs & (correct == 0), axis=1)
    top = np.where(correct == 0, 1 / smoothing, correct)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(occurs, np.log(100 * top / total), _LOG_ZERO)
        penalty = np.where(length < wanted, np.exp(1 - wanted / length), 1.0)
    penalty = np.where(length > 0, penalty, 0.0)
    if effective_order:
        orders = np.maximum(occurs.sum(axis=1), 1)
        mean = np.where(occurs, logs, 0).sum(axis=1) / orders
    else:
        mean = logs.sum(axis=1) / _ORDER
    return np.where(correct.any(axis=1), penalty * np.exp(mean), 0.0)
