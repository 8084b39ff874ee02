"""`make` and `.ci/run`: what a fresh machine calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CI = ROOT / ".ci" / "run"


def planned(target: str) -> str:
    """What make would run for a target if nothing were there."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ci_can_be_run_and_is_valid_bash() -> None:
    assert os.access(CI, os.X_OK)
    done = subprocess.run(["bash", "-n", str(CI)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_ci_calls_make_test_and_stops_at_the_first_failure() -> None:
    text = CI.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert text.rstrip().endswith("make test")


@pytest.mark.parametrize("target", ["demo", "test", "bench", "prove"])
def test_a_target_installs_what_is_pinned_before_it_runs(target: str) -> None:
    lines = planned(target)
    assert lines.index("-m venv .venv") < lines.index("-c constraints.txt -e")


def test_demo_installs_the_product_alone_and_keeps_its_workspace_aside() -> None:
    lines = planned("demo")
    assert "[dev]" not in lines
    assert "llmops quickstart" in lines
    assert "--workspace demo" in lines


def test_an_old_python_is_refused_in_a_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    claim = "import sys; sys.version_info = (3, 10); "
    old.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{claim}$2"\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), f"PYTHON={old}", ".venv/bin/python"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "Python 3.11 or later is needed" in done.stderr
    assert not (tmp_path / ".venv").exists()
