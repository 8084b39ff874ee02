"""ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum, as the package rouge-score computes them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from llmops_workbench.core.errors import MissingDependencyError, UsageError
from llmops_workbench.scoring.metric import Scored, metric, one_of
from llmops_workbench.scoring.tokenizers import (
    MOST_DROPPED,
    SACREBLEU,
    Tokenize,
    ascii_words,
    characters,
    dropped,
    sacrebleu_tokens,
)
from llmops_workbench.text.words import words

TOKENIZERS = ("default", "words", *SACREBLEU)
ENGINES = ("auto", "rouge-score-rs", "rouge-score")


def rouge(
    name: str,
    predictions: list[str],
    references: list[list[str]],
    *,
    tokenizer: str,
    stemmer: bool,
    engine: str,
) -> Scored:
    """Score one sort of ROUGE: the F-measure, 0 to 1; of several references the best one counts.

    Source: Lin, ACL workshop 2004, in the reading of the package rouge-score.

    Args:
        name: rouge1, rouge2, rougeL or rougeLsum (whose sentences stand on lines of their own).
        predictions: One text per row.
        references: One list of texts per row.
        tokenizer: "default" is that of rouge-score, which knows a-z and 0-9 only; "words" and
            "char" serve every script; a name of sacrebleu's works too. "auto" is what
            `pick_by_loss` says.
        stemmer: Compare stems (English, "default" only).
        engine: "rouge-score-rs", its equal in Rust, when installed, or "rouge-score".

    Raises:
        UsageError: The tokenizer has no stemmer.
    """
    one_of(name, "engine", engine, ENGINES)
    if stemmer and tokenizer != "default":
        raise UsageError(f"metric '{name}' has a stemmer with tokenizer='default' only")
    notes: tuple[str, ...] = ()
    used, scorer = _scorer(name, engine, tokenizer, stemmer)
    if used == "rouge-score" and engine == "auto":
        notes = ("rouge-score-rs is not installed; the slower rouge-score gave this number",)
    rows = _best_of(name, scorer, predictions, references)
    options = {
        "tokenizer": tokenizer,
        "stemmer": stemmer,
        "engine": f"{used} {version(used)}",
    }
    return Scored(rows, options, notes)


def pick_by_loss(
    references: Sequence[Sequence[str]], options: Mapping[str, object]
) -> tuple[str, tuple[str, ...]]:
    """Pick rouge-score's own tokenizer unless a reference loses more than a tenth: then "words".

    One row in another script is enough, since it would score 0 however good the answer. The stemmer
    leaves no choice.
    """
    if options.get("stemmer"):
        return "default", ()
    lossy = any(dropped([one], ascii_words) > MOST_DROPPED for row in references for one in row)
    return "words" if lossy else "default", ()


def tokenizer_named(name: str) -> Tokenize:
    """Give the function behind a tokenizer's name.

    Args:
        name: One of `TOKENIZERS`.
    """
    if name == "default":
        return ascii_words
    if name == "words":
        return words
    if name == "char":
        return characters
    return sacrebleu_tokens(name)


class _Tokenizer:
    """The object that both packages ask for: a method `tokenize`, remembering what it has seen."""

    def __init__(self, tokenize: Tokenize) -> None:
        self.tokenize = lru_cache(maxsize=65_536)(tokenize)


def _scorer(name: str, engine: str, tokenizer: str, stemmer: bool) -> tuple[str, Any]:
    """Give the package that is used, and its scorer."""
    own = None if tokenizer == "default" else _Tokenizer(tokenizer_named(tokenizer))
    if engine != "rouge-score" and importlib.util.find_spec("rouge_score_rs"):
        from rouge_score_rs import RougeScorer as FastScorer

        fast: Any = FastScorer
        return "rouge-score-rs", fast([name], use_stemmer=stemmer, tokenizer=own)
    if engine == "rouge-score-rs" or not importlib.util.find_spec("rouge_score"):
        raise MissingDependencyError(
            f"'rouge-score-rs' is needed for the metric '{name}': pip install rouge-score-rs"
        )
    from rouge_score.rouge_scorer import RougeScorer

    plain: Any = RougeScorer
    return "rouge-score", plain([name], use_stemmer=stemmer, tokenizer=own)


def _best_of(
    name: str, scorer: Any, predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> list[float | None]:
    """Score each prediction against each of its references and keep the best F-measure."""
    targets = [one for row in references for one in row]
    repeated = [
        text for text, row in zip(predictions, references, strict=True) for _ in range(len(row))
    ]
    if hasattr(scorer, "score_batch"):
        found = scorer.score_batch(targets, repeated)
    else:
        found = [scorer.score(*pair) for pair in zip(targets, repeated, strict=True)]
    measures = iter(found)
    return [float(max(next(measures)[name].fmeasure for _ in row)) for row in references]


def _register(name: str, help: str) -> Callable[..., Scored]:
    def one(
        predictions: list[str],
        references: list[list[str]],
        *,
        tokenizer: str = "auto",
        stemmer: bool = False,
        engine: str = "auto",
    ) -> Scored:
        return rouge(
            name, predictions, references, tokenizer=tokenizer, stemmer=stemmer, engine=engine
        )

    one.__name__, one.__doc__ = name, rouge.__doc__
    return metric(
        name,
        kind="mean",
        per_row=False,
        help=help,
        pick=pick_by_loss,
        split=tokenizer_named,
        tokenizers=TOKENIZERS,
    )(one)


rouge1 = _register("rouge1", "Shared words with the reference, 0 to 1.")
rouge2 = _register("rouge2", "Shared pairs of words with the reference, 0 to 1.")
rouge_l = _register("rougeL", "Longest common sequence of words with the reference, 0 to 1.")
rouge_l_sum = _register("rougeLsum", "ROUGE-L line by line, for summaries, 0 to 1.")
