"""What a profile costs beside DuckDB's SUMMARIZE of the same file.

    python tests/benchmarks/bench_explore.py [--rows 100000] [--words 100] [--repeats 5]

The table has a text, two labels, four numbers and a flag. The profile of plain columns gives
exact distinct values and quantiles, histograms, repeated rows and frequent values, where SUMMARIZE
estimates the first two and has none of the others. Processor seconds are compared, as the medians
of runs in turn; the whole `explore`, with what is read word by word on its sample, comes last.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.data.explore import explore
from llmops_workbench.data.profiling import Source, profile_columns
from llmops_workbench.tracking import datasets


def table(rows: int, words: int) -> pa.Table:
    """Texts of random words with an eighth of near-duplicates, and plain columns."""
    dice = np.random.default_rng(1)
    vocabulary = np.array([f"word{number}" for number in range(20_000)])
    chosen = dice.integers(0, len(vocabulary), (rows, words))
    copies = dice.choice(rows, rows // 8, replace=False)
    chosen[copies] = chosen[dice.integers(0, rows, len(copies))]
    chosen[copies, 0] = 0
    return pa.table(
        {
            "text": [" ".join(row) for row in vocabulary[chosen]],
            "label": dice.choice(["good", "bad", "so-so"], rows),
            "source": [f"source {number}" for number in dice.integers(0, 500, rows)],
            "score": dice.normal(size=rows),
            "share": dice.random(rows),
            "votes": dice.integers(0, 1000, rows),
            "user": dice.integers(0, 10**9, rows),
            "flag": dice.random(rows) < 0.5,
        }
    )


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall seconds of one call."""
    processor, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - wall


def summarize(path: Path) -> None:
    """Let DuckDB describe the file."""
    with duckdb.connect() as connection:
        connection.execute(f"SUMMARIZE SELECT * FROM '{path}'").fetchall()


def main() -> None:
    """Run both in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    data = table(asked.rows, asked.words)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.init(folder)
        with activate(workspace):
            keeping = seconds(lambda: datasets.register("bench", data))
            version = datasets.find("bench")
            path = datasets.content_path(version)
            source = Source(path, data.column_names, data.schema, data.num_rows)
            ours, theirs = [], []
            for _ in range(asked.repeats):
                theirs.append(seconds(lambda: summarize(path)))
                ours.append(seconds(lambda: profile_columns(source, {}, 5)))
            whole = seconds(lambda: explore(version.ref))
        workspace.store.engine.dispose()
    rows = {
        "DuckDB SUMMARIZE": theirs,
        "profile of all columns": ours,
        "whole explore": [whole],
        "hash and keep the table": [keeping],
    }
    base = statistics.median(cpu for cpu, _ in theirs)
    print(f"{asked.rows} rows, {data.nbytes / 1e6:.0f} MB in memory, {data.num_columns} columns")
    print(f"{'':26}{'CPU s':>8}{'wall s':>8}{'ratio':>8}")
    for name, runs in rows.items():
        cpu = statistics.median(run[0] for run in runs)
        wall = statistics.median(run[1] for run in runs)
        print(f"{name:26}{cpu:8.2f}{wall:8.2f}{cpu / base:8.2f}")


if __name__ == "__main__":
    main()
