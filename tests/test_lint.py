"""The checks that every commit passes, each failing with the tool's own words."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = "from importlinter.cli import lint_imports_command as run; run()"
CHECKS = {
    "ruff check": ["-m", "ruff", "check", "--no-cache", "."],
    "ruff format": ["-m", "ruff", "format", "--no-cache", "--check", "."],
    "mypy": ["-m", "mypy", "--strict", "llmops_workbench"],
    "import-linter": ["-c", LAYERS, "--no-cache", "--no-logo"],
}
# What npm runs, below labextension/.
SCRIPTS = ["check", "lint", "test"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CHECKS)
def test_the_code_passes(name: str) -> None:
    done = subprocess.run([sys.executable, *CHECKS[name]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{name} says:\n{done.stdout}\n{done.stderr}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("script", SCRIPTS)
def test_the_typescript_passes(script: str) -> None:
    spec = importlib.util.spec_from_file_location("hook", ROOT / "labextension" / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    found = hook.find_npm()
    if found is None or not hook.CHECKER.is_dir():
        pytest.skip("needs Node and its libraries: run `python labextension/hatch_build.py`")
    folder, command = found
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [*command, "run", "--silent", script],
        cwd=ROOT / "labextension",
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"npm run {script} says:\n{done.stdout}\n{done.stderr}"
