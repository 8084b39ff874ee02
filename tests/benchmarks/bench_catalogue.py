"""How long the catalogue takes to answer, with ten thousand runs in it.

    python tests/benchmarks/bench_catalogue.py [--runs 10000] [--folder DIR] [--json]

Each question is asked in a process of its own, as a shell command is, and the time is that of the
whole process; `query` is the part inside it.

"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from llmops_workbench.core.events import now
from llmops_workbench.core.store import tables
from llmops_workbench.core.workspace import Workspace

BUDGET_SECONDS = 0.5
REPEATS = 5

ASK = """
import sys, time
begin = time.perf_counter()
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking.catalogue import Catalogue
catalogue = Catalogue(Workspace.find(sys.argv[1]))
catalogue.store.revision()
opened = time.perf_counter()
answer = {question}
print(time.perf_counter() - opened)
assert "mlflow" not in sys.modules
"""
QUESTIONS = {
    "ls models": 'catalogue.items("models")',
    "ls runs": "catalogue.runs()",
    "ls runs, page 150": "catalogue.runs(offset=7500)",
    "ls runs, searched": 'catalogue.runs(where="state=done metrics.acc>0.5 arguments.lr>0.05")',
    "show model": 'catalogue.get("model:m7@champion")',
    "show run": 'catalogue.run(catalogue.runs(limit=1)[0][0]["run_id"][:12])',
    "jobs": "catalogue.jobs()",
    "lineage back": 'catalogue.lineage("model:m99")',
    "lineage forward": 'catalogue.lineage("dataset:d0", forward=True)',
    "names": 'catalogue.names("model")',
}


def fill(workspace: Workspace, count: int) -> None:
    """Write runs that each tune a model on one of fifty chained data sets."""
    chance = random.Random(3)
    moment = now()
    datasets, models, runs, edges, jobs = [], [], [], [], []
    for number in range(50):
        parents = [f"dataset:d{number - 1}@1"] if number else []
        datasets.append(version("dataset", f"d{number}", 1, number, parents, None))
        edges += [edge(parent, f"dataset:d{number}@1", "parent", "") for parent in parents]
    for number in range(count):
        run_id = f"{chance.getrandbits(128):032x}"
        data = f"dataset:d{number % 50}@1"
        model = f"model:m{number % 100}@{number // 100 + 1}"
        runs.append(
            {
                "run_id": run_id,
                "hash": f"sha256-{number:064x}",
                "operation": "tune",
                "arguments": {"lr": chance.random() / 10, "data": data},
                "state": chance.choice(["done", "failed"]),
                "started": f"2026-01-{number % 28 + 1:02d}T00:00:{number % 60:02d}.000Z",
                "ended": moment,
                "inputs": [data],
                "outputs": [model],
                "metrics": {"acc": {"value": chance.random(), "lower": 0.1}},
                "tags": {},
            }
        )
        name, _, index = model.removeprefix("model:").partition("@")
        models.append(version("model", name, int(index), number + 1000, [data], run_id))
        edges += [
            edge(data, f"run:{run_id}", "input", run_id),
            edge(f"run:{run_id}", model, "output", run_id),
            edge(data, model, "parent", run_id),
        ]
        jobs.append(
            {
                "job": f"job-{number}",
                "run_id": run_id,
                "operation": "tune",
                "state": "done",
                "created": moment,
                "updated": moment,
                "detail": {},
            }
        )
    with workspace.store.write() as connection:
        for table, rows in (
            (tables.versions, datasets + models),
            (tables.runs, runs),
            (tables.edges, edges),
            (tables.jobs, jobs),
        ):
            connection.execute(table.insert(), rows)
        for number in range(100):
            alias = {"kind": "model", "name": f"m{number}", "alias": "champion"}
            connection.execute(tables.aliases.insert().values(**alias, version=1, updated=moment))


def version(
    kind: str, name: str, number: int, content: int, parents: list[str], run_id: str | None
) -> dict[str, object]:
    return {
        "kind": kind,
        "name": name,
        "version": number,
        "hash": f"sha256-{content:064x}",
        "parents": parents,
        "created": now(),
        "run_id": run_id,
        "meta": {"rows": 100},
        "tags": {},
        "scores": {"acc": {"value": 0.5}},
    }


def edge(source: str, target: str, kind: str, run_id: str) -> dict[str, str]:
    return {"source": source, "target": target, "kind": kind, "run_id": run_id}


def ask(root: Path, question: str) -> tuple[float, float]:
    """Give the seconds of the whole process, and those of the question: medians."""
    whole, inner = [], []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", ASK.format(question=question), str(root)],
            capture_output=True,
            text=True,
            check=True,
        )
        whole.append(time.perf_counter() - begin)
        inner.append(float(done.stdout))
    return statistics.median(whole), statistics.median(inner)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Workspace.init(options.folder or Path(temporary) / "ws")
        if workspace.store.revision() == 0:
            fill(workspace, options.runs)
        rows = []
        for name, question in QUESTIONS.items():
            seconds, query = ask(workspace.root, question)
            rows.append({"question": name, "seconds": seconds, "query": query})
            if not options.json:
                print(f"{name:20} {seconds:7.3f} s   query {query * 1000:7.1f} ms")
        slowest = max(float(row["seconds"]) for row in rows)
        if options.json:
            print(json.dumps({"runs": options.runs, "rows": rows, "slowest": slowest}))
        else:
            print(f"slowest {slowest:.3f} s of the {BUDGET_SECONDS} s that a command may take")
        workspace.store.close()
    return 0 if slowest < BUDGET_SECONDS else 1


if __name__ == "__main__":
    raise SystemExit(main())
