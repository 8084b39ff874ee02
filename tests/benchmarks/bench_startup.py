"""How long the starts take that a person waits for, against their budget.

    python tests/benchmarks/bench_startup.py [--repeats 9] [--runs 10000]

Each is run in fresh processes, once before it counts; the median is printed. The start of the
interpreter alone is printed first, as it is part of every command. The commands that list are run
in a workspace that holds as many runs as asked for.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FIRST_SECONDS = 0.3
LISTING_SECONDS = 0.5

IMPORT = "import llmops_workbench"
LOAD_EXT = "shell.run_line_magic('load_ext', 'llmops_workbench')"
SHELL = (
    "from IPython.core.interactiveshell import InteractiveShell; "
    "shell = InteractiveShell.instance()"
)
LLMOPS = str(Path(sys.executable).parent / "llmops")


def process_seconds(*command: str) -> float:
    """Time one process from its start to its end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def statement_seconds(statement: str, before: str = "pass") -> float:
    """Time one statement inside a fresh interpreter, without the interpreter's own start."""
    code = (
        f"{before}\nimport time\nstart = time.perf_counter()\n"
        f"{statement}\nprint(time.perf_counter() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def fill(folder: Path, runs: int) -> str:
    """Make a workspace with that many finished runs and a model of each tenth; name one run."""
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.tracking.catalogue import Catalogue

    catalogue = Catalogue(Workspace.init(folder))
    run_id = ""
    for number in range(runs):
        run_id = catalogue.start_run("tune", {"epochs": number}, inputs=())
        outputs = []
        if number % 10 == 0:
            name, content = f"model-{number % 300}", f"sha256-{number:064x}"
            outputs = [catalogue.register("model", name, hash=content, run_id=run_id).ref]
        catalogue.finish_run(run_id, "done", outputs=outputs, metrics={"loss": 1 / (number + 1)})
    return run_id


def measure(name: str, budget: float | None, repeats: int, once: Callable[[], float]) -> None:
    """Print one row of the table."""
    once()
    times = [once() for _ in range(repeats)]
    median = statistics.median(times)
    of_budget = f"{median / budget:6.2f}" if budget else "      "
    limit = f"{budget:6.1f}" if budget else "      "
    print(f"| {name:40} | {median:7.3f} | {min(times):7.3f} | {limit} | {of_budget} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    repeats = given.repeats
    print(f"| {'what':40} | median s | least s | budget | of it  |")
    print(f"| {'-' * 40} | -------: | ------: | -----: | -----: |")
    measure("python -c pass", None, repeats, lambda: process_seconds(sys.executable, "-c", "pass"))
    measure(IMPORT, FIRST_SECONDS, repeats, lambda: statement_seconds(IMPORT))
    load = "%load_ext llmops_workbench in IPython"
    measure(load, FIRST_SECONDS, repeats, lambda: statement_seconds(LOAD_EXT, SHELL))
    measure("llmops --help", FIRST_SECONDS, repeats, lambda: process_seconds(LLMOPS, "--help"))
    with tempfile.TemporaryDirectory() as folder:
        run_id = fill(Path(folder), given.runs)
        for command in (
            "ls models",
            "ls runs",
            f"show run:{run_id}",
            "jobs",
            "lineage model:model-0",
        ):
            line = [LLMOPS, *command.split(), "--json", "--workspace", folder]
            name = f"llmops {command}".replace(run_id, "ID")
            measure(name, LISTING_SECONDS, repeats, lambda line=line: process_seconds(*line))


if __name__ == "__main__":
    main()
