"""Overlap of an answer's words with those of the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from llmops_workbench.scoring.metric import Scored, metric
from llmops_workbench.scoring.normal_forms import squad
from llmops_workbench.scoring.tokenizers import Tokenize, characters
from llmops_workbench.text.words import words


def squad_tokens(text: str) -> list[str]:
    """Split as the SQuAD evaluation does: at spaces, after its clean-up."""
    return squad(text).split()


_TOKENIZERS: dict[str, Tokenize] = {"words": words, "char": characters, "squad": squad_tokens}


def _before_clean_up(name: str) -> Tokenize:
    """Give the tokenizer to check for lost text; SQuAD loses its articles on purpose."""
    return str.split if name == "squad" else _TOKENIZERS[name]


def pick_words(
    references: Sequence[Sequence[str]], options: Mapping[str, object]
) -> tuple[str, tuple[str, ...]]:
    """Pick "words", whatever the script."""
    return "words", ()


@metric(
    "token_f1",
    kind="mean",
    per_row=False,
    pick=pick_words,
    tokenizers=tuple(_TOKENIZERS),
    split=_before_clean_up,
    help="Overlap of words with the reference in any order, 0 to 1.",
)
def token_f1(
    predictions: list[str], references: list[list[str]], *, tokenizer: str = "auto"
) -> Scored:
    """Score the F-measure of shared tokens, 0 to 1; of several references the best one counts.

    Two texts without any token score 1 when they are the same, else 0. Source: Rajpurkar and
    others, EMNLP 2016, there for English; "words" serves every script.

    Args:
        predictions: One text per row.
        references: One list of texts per row.
        tokenizer: "words" (which "auto" means), "char", or "squad" for that evaluation's own.
    """
    tokenize = _TOKENIZERS[tokenizer]
    rows: list[float | None] = []
    for prediction, several in zip(predictions, references, strict=True):
        given = tokenize(prediction)
        rows.append(max(_overlap(prediction, given, one, tokenize(one)) for one in several))
    return Scored(rows, {"tokenizer": tokenizer})


def _overlap(text: str, given: Sequence[str], reference: str, wanted: Sequence[str]) -> float:
    if not given or not wanted:
        return float(not given and not wanted and text.strip() == reference.strip())
    shared = (Counter(given) & Counter(wanted)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(given), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)
