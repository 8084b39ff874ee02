"""What is looked at many times a day stays light: asked of `sys.modules`, not of a clock.

`tests/benchmarks/bench_ls.py` measures the times at ten thousand runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

NEVER = {"mlflow", "pandas", "torch", "transformers", "papermill", "panel", "plotly", "scipy"}
TABLES = {"duckdb", "pyarrow", "numpy"}
PROBE = """
import json, sys
from llmops_workbench.faces.cli import main
code = main([*sys.argv[1:], "--json"])
sys.stderr.write(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def imported(folder: Path, *words: str) -> set[str]:
    """Run a command in a fresh process, and give the packages that it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words], cwd=folder, capture_output=True, text=True
    )
    code, names = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done
    assert json.loads(done.stdout)
    return set(names)


@pytest.mark.parametrize(
    "line",
    [
        "ls models",
        "ls runs",
        "ls datasets",
        "show model:tiny@1",
        "show prompt:polarity",
        "jobs",
        "lineage dataset:reviews@1",
        "lineage model:tiny --forward",
        "--version",
    ],
)
def test_looking_imports_nothing_heavy(inside: Path, line: str) -> None:
    assert imported(inside, *line.split()) & (NEVER | TABLES) == set()


def test_a_datasets_rows_bring_in_the_table_and_nothing_else(inside: Path) -> None:
    found = imported(inside, "show", "dataset:reviews@1")
    assert found & NEVER == set()
    assert "pyarrow" in found


def test_the_probe_sees_what_is_imported(inside: Path) -> None:
    assert "duckdb" in imported(inside, "explore", "reviews")
