"""How long it takes to look: `ls`, `show`, `jobs` and `lineage` in a workspace of many runs.

    python tests/benchmarks/bench_ls.py [--runs 10000] [--repeats 7]

Each command is a process of its own, started once before it counts. The median of its wall time
is what a person waits on this machine as busy as it is now; the processor time is what the command
itself costs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_catalogue import fill

from llmops_workbench.core.workspace import Workspace

BUDGET_SECONDS = 0.5
LLMOPS = str(Path(sys.executable).parent / "llmops")
LINES = (
    "ls models",
    "ls runs",
    "show model:m7@champion",
    "show run:{run}",
    "jobs",
    "lineage model:m99",
    "lineage dataset:d0 --forward",
)


def once(line: list[str]) -> tuple[float, float]:
    """Give the wall and the processor seconds of one process."""
    begun = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(line)} ended with {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    print(f"| {'command':36} | wall s | processor s | budget s |")
    print(f"| {'-' * 36} | -----: | ----------: | -------: |")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.init(Path(folder) / "workspace")
        fill(workspace, given.runs)
        run = workspace.store.engine.connect().exec_driver_sql("SELECT run_id FROM runs LIMIT 1")
        run_id = run.scalar_one()
        workspace.store.engine.dispose()
        for text in LINES:
            words = text.format(run=run_id).split()
            line = [LLMOPS, *words, "--json", "--workspace", str(workspace.root)]
            once(line)
            walls, cpus = zip(*(once(line) for _ in range(given.repeats)), strict=True)
            wall, cpu = statistics.median(walls), statistics.median(cpus)
            name = text.format(run="ID")
            print(f"| {name:36} | {wall:6.3f} | {cpu:11.3f} | {BUDGET_SECONDS:8.1f} |", flush=True)


if __name__ == "__main__":
    main()
