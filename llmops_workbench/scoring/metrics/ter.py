"""Translation edit rate, as sacrebleu computes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmops_workbench.scoring.corpus import scored_by_sacrebleu
from llmops_workbench.scoring.metric import Scored, metric
from llmops_workbench.scoring.tokenizers import script_of

if TYPE_CHECKING:
    from llmops_workbench.scoring.statistics.intervals import Floats


def pick_by_script(
    references: Sequence[Sequence[str]], options: Mapping[str, object]
) -> tuple[str, tuple[str, ...]]:
    """Pick "char" for Chinese and Japanese references, else "words"."""
    script = script_of(one for row in references for one in row)
    return "char" if script in ("chinese", "japanese") else "words", ()


@metric(
    "ter",
    kind="corpus",
    range=(0.0, float("inf")),
    higher_is_better=False,
    per_row=False,
    pick=pick_by_script,
    tokenizers=("words", "char"),
    help="Edits to reach the reference per 100 of its words; 0 is best (sacrebleu).",
)
def ter(
    predictions: list[str],
    references: list[list[str]],
    *,
    tokenizer: str = "auto",
    case_sensitive: bool = False,
    no_punct: bool = False,
) -> Scored:
    """Score by TER on sacrebleu's own scale: 0 for identical text, 100 for an edit per word.

    The value equals sacrebleu's `corpus_score` with the signature in the options, a row its
    `sentence_score`. Source: Snover and others, AMTA 2006.

    Args:
        predictions: One text per row.
        references: One list of texts per row.
        tokenizer: "words" splits at spaces (sacrebleu's default), "char" also splits Chinese and
            Japanese into characters (its `normalized` and `asian_support`), "auto" picks by the
            references' script.
        case_sensitive: Count a change of case as an edit.
        no_punct: Leave punctuation out.
    """
    from sacrebleu.metrics.ter import TER

    script = script_of(one for row in references for one in row)
    notes: tuple[str, ...] = ()
    if script == "unspaced" or (script != "spaced" and tokenizer == "words"):
        notes = ("ter counts text without spaces as one word here; chrf or edit_similarity fit it",)
    east = tokenizer == "char"
    whole = TER(
        normalized=east, asian_support=east, case_sensitive=case_sensitive, no_punct=no_punct
    )
    return scored_by_sacrebleu(
        predictions,
        references,
        whole=whole,
        sentence=whole,
        from_sums=ter_from_sums,
        options={"tokenizer": tokenizer, "case_sensitive": case_sensitive, "no_punct": no_punct},
        notes=notes,
    )


def ter_from_sums(sums: Floats) -> Floats:
    """Compute TER from many sums of statistics at once.

    Args:
        sums: Shape (b, 2): edits and mean reference lengths.
    """
    import numpy as np

    edits, words = sums[:, 0], sums[:, 1]
    without = np.where(edits > 0, 1.0, 0.0)
    return 100 * np.where(words > 0, edits / np.where(words > 0, words, 1), without)
