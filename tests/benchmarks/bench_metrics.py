"""How much work scoring takes, against the loops that people write with the reference libraries.

    python tests/benchmarks/bench_metrics.py [--rows 2000] [--repeats 3]

Both sides score every row and the whole, on the same pairs, in turn, in one process; the numbers
must be equal. Ours adds a confidence interval from 2,000 resamples, the peers give none, except in
the line that says so. CPU-seconds of all threads are counted; the smallest of the repeats is shown.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from llmops_workbench.scoring.score import score

VOCABULARY = 3000
Pairs = tuple[list[str], list[str]]


def pairs_of(rows: int) -> Pairs:
    """Make texts of 20 to 120 words, and references that share about two thirds of them."""
    rng = random.Random(0)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(VOCABULARY)]
    predictions, references = [], []
    for _ in range(rows):
        text = rng.choices(words, k=rng.randint(20, 120))
        other = [word if rng.random() < 0.67 else rng.choice(words) for word in text]
        predictions.append(" ".join(text))
        references.append(" ".join(other))
    return predictions, references


def rouge_loop(pairs: Pairs, name: str) -> list[float]:
    """Score ROUGE as its README does."""
    scorer = RougeScorer([name])
    return [scorer.score(two, one)[name].fmeasure for one, two in zip(*pairs, strict=True)]


def sacrebleu_loop(
    pairs: Pairs, metric: Callable[..., Any], sentence_options: dict[str, bool]
) -> list[float]:
    """Score each sentence, then the corpus; fresh objects, since sacrebleu remembers its tokens."""
    whole, sentence = metric(), metric(**sentence_options)
    rows = [sentence.sentence_score(one, [two]).score for one, two in zip(*pairs, strict=True)]
    return [*rows, whole.corpus_score(pairs[0], [pairs[1]]).score]


def sacrebleu_bootstrap(pairs: Pairs) -> float:
    """Score the corpus with sacrebleu's own interval."""
    return float(sacrebleu.BLEU().corpus_score(pairs[0], [pairs[1]], n_bootstrap=2000).score)


def cpu_seconds(work: Callable[[], object]) -> tuple[float, object]:
    """Give the CPU time of one call and what it returned."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def ours(pairs: Pairs, name: str) -> list[float | None]:
    """Score by the workbench: the rows, and the value of a corpus metric."""
    found = score(name, *pairs)
    return [*found.rows, found.value] if found.statistics is not None else found.rows


def main() -> None:
    """Run the lines in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    pairs = pairs_of(given.rows)
    lines: list[tuple[str, str, Callable[[], object], Callable[[], object]]] = [
        (
            name,
            "rouge-score loop",
            lambda n=name: ours(pairs, n),
            lambda n=name: rouge_loop(pairs, n),
        )
        for name in ("rouge1", "rougeL")
    ]
    lines += [
        (
            "bleu",
            "sacrebleu loop",
            lambda: ours(pairs, "bleu"),
            lambda: sacrebleu_loop(pairs, sacrebleu.BLEU, {"effective_order": True}),
        ),
        (
            "bleu",
            "sacrebleu with interval, no rows",
            lambda: score("bleu", *pairs).value,
            lambda: sacrebleu_bootstrap(pairs),
        ),
        (
            "chrf",
            "sacrebleu loop",
            lambda: ours(pairs, "chrf"),
            lambda: sacrebleu_loop(pairs, sacrebleu.CHRF, {}),
        ),
    ]
    print(f"{given.rows} rows of 20 to 120 words, CPU-seconds, best of {given.repeats}")
    print(f"{'metric':8} {'peer':34} {'ours':>8} {'peer':>8} {'ratio':>7}  equal")
    for name, peer, mine, theirs in lines:
        best_mine = best_theirs = float("inf")
        for _ in range(given.repeats):
            seconds, found = cpu_seconds(mine)
            best_mine = min(best_mine, seconds)
            seconds, expected = cpu_seconds(theirs)
            best_theirs = min(best_theirs, seconds)
        ratio = best_theirs / best_mine
        equal = "yes" if found == expected else "NO"
        print(f"{name:8} {peer:34} {best_mine:8.2f} {best_theirs:8.2f} {ratio:6.1f}×  {equal}")


if __name__ == "__main__":
    main()
