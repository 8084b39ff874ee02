"""Near-duplicates: ours against rensa and datasketch, on planted word edits, in one run.

    python tests/benchmarks/bench_dedup.py [--rows 5000] [--peers rensa,datasketch] [--seed 42]

A fifth of the rows are edited copies of others, by substitution, deletion, insertion and swap of
words, in six equal bands of one edit to 16-25 % of the words. The truth is the exact Jaccard
similarity of the sets of words of a copy and its original, counted in plain Python. Everybody
gets the same texts and parameters: sets of words, threshold 0.7, sketches of 128 values. Figures
are process-CPU seconds, that a busy machine distorts less than wall time; quote the ratios.
`--rows 100000` is the size of the figures in the documentation.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from llmops_workbench.text.near_duplicates import near_duplicates

THRESHOLD = 0.7
PERMUTATIONS = 128
RENSA_BANDS = 32
VOCABULARY = 50_000
BANDS = {
    "1 edit": (0.0, 0.0),
    "2-3 %": (0.02, 0.03),
    "4-6 %": (0.04, 0.06),
    "7-10 %": (0.07, 0.10),
    "11-15 %": (0.11, 0.15),
    "16-25 %": (0.16, 0.25),
}

Flags = np.ndarray


def planted(rows: int, random: np.random.Generator) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Make texts of about 100 words.

    Returns:
        Texts; the band of each copy (-1: an original); and whether a copy reaches the threshold.
    """
    words = np.array([f"w{i:x}" for i in range(VOCABULARY)], dtype=object)
    weights = np.cumsum(1 / np.arange(10, VOCABULARY + 10))  # Zipf-Mandelbrot, as in prose
    copies = rows // 5
    originals = [
        words[np.searchsorted(weights, random.random(size) * weights[-1])].tolist()
        for size in random.integers(60, 140, rows - copies)
    ]
    sources = random.choice(len(originals), copies, replace=False)
    texts = [" ".join(row) for row in originals]
    band = np.full(rows, -1)
    truth = np.zeros(rows, dtype=bool)
    for copy, original in enumerate(sources):
        row = len(originals) + copy
        band[row] = copy % len(BANDS)
        low, high = list(BANDS.values())[band[row]]
        before = originals[original]
        after = edit(before, max(1, round(random.uniform(low, high) * len(before))), words, random)
        shared, union = len(set(before) & set(after)), len(set(before) | set(after))
        truth[row] = shared / union >= THRESHOLD
        texts.append(" ".join(after))
    return texts, band, truth


def edit(row: list[str], edits: int, words: np.ndarray, random: np.random.Generator) -> list[str]:
    """Change, delete, insert or swap so many words."""
    row = row.copy()
    for kind in random.choice(4, edits, p=(0.5, 0.2, 0.2, 0.1)):
        place = int(random.integers(0, len(row) - 1))
        new = str(words[random.integers(0, VOCABULARY)])
        if kind == 0:
            row[place] = new
        elif kind == 1:
            del row[place]
        elif kind == 2:
            row.insert(place, new)
        else:
            row[place], row[place + 1] = row[place + 1], row[place]
    return row


def ours(texts: list[str]) -> Flags:
    """Remove by the exact join."""
    found = near_duplicates(texts, THRESHOLD)
    assert found.method == "exact"
    return ~found.kept


def ours_minhash(texts: list[str]) -> Flags:
    """Remove by our MinHash."""
    return ~near_duplicates(texts, THRESHOLD, method="minhash", permutations=PERMUTATIONS).kept


def with_rensa(texts: list[str]) -> Flags:
    """Remove by rensa's sketches and index, verified, in its fastest form."""
    import rensa

    sets = [set(text.split()) for text in texts]
    sketches = rensa.RMinHash.from_token_sets([list(members) for members in sets], PERMUTATIONS, 1)
    index = rensa.RMinHashLSH(THRESHOLD, PERMUTATIONS, RENSA_BANDS)
    index.insert_many(sketches)
    removed = np.zeros(len(texts), dtype=bool)
    for row, candidates in enumerate(index.query_all(sketches)):
        for other in sorted(candidates):
            if other >= row:
                break
            shared = len(sets[row] & sets[other])
            alike = shared / (len(sets[row]) + len(sets[other]) - shared) >= THRESHOLD
            if alike and not removed[other]:
                removed[row] = True
                break
    return removed


def with_datasketch(texts: list[str]) -> Flags:
    """Remove by datasketch's index as its documentation shows it."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    removed = np.zeros(len(texts), dtype=bool)
    for row, text in enumerate(texts):
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch([word.encode() for word in set(text.split())])
        if index.query(sketch):
            removed[row] = True
        else:
            index.insert(str(row), sketch)
    return removed


PEERS: dict[str, Callable[[list[str]], Flags]] = {
    "ours": ours,
    "ours-minhash": ours_minhash,
    "rensa": with_rensa,
    "datasketch": with_datasketch,
}


def main() -> None:
    """Run everybody in turn on the same texts and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--peers", default="ours-minhash,rensa,datasketch")
    parser.add_argument("--seed", type=int, default=42)
    given = parser.parse_args()
    texts, band, truth = planted(given.rows, np.random.default_rng(given.seed))
    ours(texts[:200])  # imports, and tables that are made once
    print(f"{given.rows} rows, {sum(map(len, texts)) / 1e6:.0f} MB, {truth.sum()} near-duplicates")
    print(f"{'':14}{'CPU s':>8}{'ratio':>8}{'recall':>8}{'prec.':>8}  recall by edits")
    results = {}
    for name in ["ours", *filter(None, given.peers.split(","))]:
        begun = time.process_time()
        removed = PEERS[name](texts)
        seconds = time.process_time() - begun
        hit = removed & truth
        by_band = [
            hit[here].sum() / truth[here].sum() if truth[here].any() else float("nan")
            for here in (band == number for number in range(len(BANDS)))
        ]
        results[name] = {
            "cpu_seconds": round(seconds, 3),
            "ratio": round(seconds / (results["ours"]["cpu_seconds"] if results else seconds), 2),
            "recall": round(float(hit.sum() / truth.sum()), 4),
            "precision": round(float(hit.sum() / max(removed.sum(), 1)), 4),
        }
        one = results[name]
        print(
            f"{name:14}{one['cpu_seconds']:8.2f}{one['ratio']:8.2f}{one['recall']:8.3f}"
            f"{one['precision']:8.3f}  " + " / ".join(f"{value:.2f}" for value in by_band)
        )
    print(json.dumps({"rows": given.rows, "seed": given.seed, "results": results}))


if __name__ == "__main__":
    main()
