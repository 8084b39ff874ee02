"""A pipeline of notebooks against plain papermill on the same notebooks.

    python tests/benchmarks/bench_execute.py [--steps 3] [--rounds 3]

Both run the same small notebooks, one after another, each in a kernel of its own, in turn within
one run. Ours also records runs and results; a second time it skips what is done.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "parameters",
            "metadata": {"tags": ["parameters"]},
            "execution_count": None,
            "outputs": [],
            "source": ["n = 1000"],
        },
        {
            "cell_type": "code",
            "id": "work",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": ["print(sum(i * i for i in range(n)))"],
        },
    ],
    "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def timed(work: Callable[[], None]) -> float:
    """Give wall seconds: our steps belong to a detached job, whose CPU time is nobody's here."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def main() -> None:
    """Run both in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    figures: dict[str, list[float]] = {"papermill": [], "ours": [], "again": []}
    for number in range(options.rounds):
        with TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "step.ipynb").write_text(json.dumps(NOTEBOOK))
            steps = "\n".join(
                f"  s{i}: {{notebook: step.ipynb, with: {{n: {1000 + i}}}"
                + (f", after: s{i - 1}}}" if i else "}")
                for i in range(options.steps)
            )
            (root / "pipeline.yaml").write_text(f"name: bench\nsteps:\n{steps}\n")
            run("-m", "llmops_workbench.faces.cli", "init", folder, "--json", cwd=root)

            def papermill() -> None:
                for step in range(options.steps):
                    run(
                        *("-m", "papermill", "step.ipynb", f"out{step}.ipynb"),
                        *("-p", "n", str(1000 + step), "--no-progress-bar"),
                        cwd=root,  # noqa: B023 - called in this round
                    )

            def ours() -> None:
                run(
                    *("-m", "llmops_workbench.faces.cli", "execute", "pipeline.yaml", "--json"),
                    cwd=root,  # noqa: B023 - called in this round
                )

            order = [("papermill", papermill), ("ours", ours)]
            for name, work in order if number % 2 == 0 else order[::-1]:
                figures[name].append(timed(work))
            figures["again"].append(timed(ours))
    print(f"{options.steps} steps, {options.rounds} rounds, medians")
    print(f"{'':12}{'wall s':>9}{'ratio':>8}")
    base = statistics.median(figures["papermill"])
    for name, rounds in figures.items():
        wall = statistics.median(rounds)
        print(f"{name:12}{wall:9.2f}{wall / base:8.2f}")


def run(*arguments: str, cwd: Path) -> None:
    """Run Python with these arguments; fail loudly."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    main()
