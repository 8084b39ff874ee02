"""How long the server extension takes to answer, with ten thousand runs in the workspace.

    python tests/benchmarks/bench_server.py [--runs 10000] [--models 1000] [--repeats 30]

A real Jupyter server is asked over HTTP on one open connection, as a browser does. A request is
made three times before it counts. `p95` is what the sidebar waits for at worst; the budget of the
first page with its counts is 100 ms, that of a search as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DO_NOT_TRACK", "true")

from bench_catalogue import fill, version

from llmops_workbench.core.store import tables
from llmops_workbench.core.workspace import Workspace
from tests.faces.server.running import Server

BUDGET_MS = 100.0
ASKED = (
    "counts",
    "sidebar/counts",
    "sidebar/sections/runs",
    "sidebar/sections/models",
    "items?kind=run&limit=50",
    "items?kind=run&limit=50&offset=9000",
    "items?kind=run&search=tune&sort=-metrics.acc",
    "items?kind=run&filter=state%3Dfailed%20metrics.acc%3E0.5",
    "items?kind=model&limit=50",
    "search?q=tuned-99",
    "search?q=failed",
    "search?q=nothing-is-called-so",
    "jobs?limit=50",
    "status",
    "operations/tune",
    "lineage/model:m99@1",
)


def main() -> int:
    """Print the table; 1 when a request is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.init(Path(folder) / "root")
        fill(workspace, given.runs)
        more = [version("model", f"tuned-{n}", 1, 10**6 + n, [], None) for n in range(given.models)]
        with workspace.store.write() as connection:
            connection.execute(tables.versions.insert(), more)
        workspace.store.close()
        server = Server(Path(folder) / "root", Path(folder) / "home")
        try:
            slowest = measure(server, given.repeats)
        finally:
            server.stop()
    return 0 if slowest < BUDGET_MS else 1


def measure(server: Server, repeats: int) -> float:
    """Print a line a request, and give the slowest median."""
    print(f"| {'request':58} | median ms | p95 ms | kB |")
    print(f"| {'-' * 58} | --------: | -----: | -: |")
    slowest = 0.0
    with server.client() as client:
        for address in ASKED:
            for _ in range(3):
                assert client.get(address).status_code == 200, address
            times = []
            for _ in range(repeats):
                begun = time.perf_counter()
                answer = client.get(address)
                times.append((time.perf_counter() - begun) * 1000)
            times.sort()
            median, worst = statistics.median(times), times[int(len(times) * 0.95)]
            slowest = max(slowest, median)
            kilobytes = len(answer.content) / 1000
            print(f"| {address:58} | {median:9.1f} | {worst:6.1f} | {kilobytes:2.0f} |", flush=True)
    return slowest


if __name__ == "__main__":
    raise SystemExit(main())
