"""What is felt at once stays light: no start of a face imports a heavy library.

The proof is in `sys.modules`, which does not depend on the machine; `benchmarks/bench_startup.py`
measures the times.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = [
    "torch",
    "transformers",
    "mlflow",
    "papermill",
    "panel",
    "plotly",
    "pandas",
    "sqlalchemy",
    "duckdb",
    "pyarrow",
]
REPORT = f"""
import json, sys
print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))
"""
STARTS = {
    "import llmops_workbench": "import llmops_workbench",
    "every public name listed": "import llmops_workbench; dir(llmops_workbench)",
    "every operation's module": (
        "import importlib\n"
        "from llmops_workbench.core.operations import built_in\n"
        "for entry in built_in().values():\n    importlib.import_module(entry.module)"
    ),
    "%load_ext in a running IPython": (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'llmops_workbench')\n"
        "assert 'llmops' in shell.magics_manager.magics['line']"
    ),
    "llmops --help": (
        "import contextlib, io\n"
        "from llmops_workbench.faces.cli import main\n"
        "sys.argv = ['llmops', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()) as shown:\n"
        "    try:\n        code = main()\n"
        "    except SystemExit as done:\n        code = done.code\n"
        "assert not code and 'execute' in shown.getvalue(), shown.getvalue()"
    ),
}


def heavy_after(code: str, folder: Path) -> list[str]:
    """Run code in a fresh interpreter and give the heavy libraries that it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{REPORT}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", STARTS)
def test_a_start_imports_no_heavy_library(name: str, tmp_path: Path) -> None:
    assert heavy_after(STARTS[name], tmp_path) == []


def test_the_probe_sees_a_heavy_library(tmp_path: Path) -> None:
    assert "sqlalchemy" in heavy_after("import sqlalchemy", tmp_path)
