"""An operation that counts, with checkpoints: what the tests run as a job."""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.execution.checkpoints import checkpoints


class Count(Result):
    total: int
    threads: str
    resumed_from: Volatile[int]


@operation(stage="data", runs="job")
def count(
    steps: int,
    *,
    seconds: float = 0.02,
    every: int = 5,
    children: int = 0,
    stubborn: bool = False,
    fail_at: int = 0,
    fill: str = "",
) -> Count:
    """Count up to a number.

    Args:
        steps: The number.
        seconds: Pause in each step.
        every: Steps between two checkpoints.
        children: Processes that sleep beside it.
        stubborn: Never look whether to stop.
        fail_at: Raise at this step, in the first attempt.
        fill: Fill the disk with this file before failing.
    """
    for _ in range(children):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    kept = checkpoints()
    found = kept.resume()
    first = total = 0
    if found is not None:
        first = found.step
        total = json.loads((found.path / "total.json").read_text())["total"]
    with context.progress("counting", total=steps, unit="steps") as bar:
        bar.done = first
        for step in range(first + 1, steps + 1):
            time.sleep(seconds)
            total += step
            if step == fail_at and found is None:
                raise DataError(f"step {step} has no row")
            if step == 3 and fill and found is None:
                fill_disk(Path(fill))
            if every and step % every == 0:
                kept.save(step, partial(write_total, total))
            if stubborn:
                bar.done = step
                bar.tell()
            else:
                bar.advance()
    return Count(total=total, threads=os.environ["OMP_NUM_THREADS"], resumed_from=first)


def write_total(total: int, place: Path) -> None:
    (place / "total.json").write_text(json.dumps({"total": total}))


def fill_disk(path: Path) -> None:
    with path.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"\0" * 4096)
