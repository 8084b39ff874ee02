"""The catalogue answers a shell command in half a second with ten thousand runs in it."""

import importlib.util
import resource
import subprocess
import sys
from pathlib import Path

from llmops_workbench.core.workspace import Workspace

BENCH = Path(__file__).parents[1] / "benchmarks" / "bench_catalogue.py"
# The extreme: the one data set that everything came from, twenty thousand nodes.
EXTREME = "lineage forward"


def test_questions_stay_within_the_budget(workspace: Workspace) -> None:
    spec = importlib.util.spec_from_file_location("bench_catalogue", BENCH)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    bench.fill(workspace, 10_000)
    times = {}
    for name, question in bench.QUESTIONS.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", bench.ASK.format(question=question), str(workspace.root)],
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Time on the processor, which other work on the machine does not lengthen.
        times[name] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    extreme = times.pop(EXTREME)
    assert max(times.values()) < bench.BUDGET_SECONDS, times
    assert extreme < 4 * bench.BUDGET_SECONDS, extreme
