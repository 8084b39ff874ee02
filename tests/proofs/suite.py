"""A part of the suite as a proof: run with many trials, its outcomes counted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from tests.proofs.proof import Proof

ROOT = Path(__file__).resolve().parents[2]
TRIALS = int(os.environ.get("LLMOPS_PROVE_N", "20"))


def from_suite(claim: str, *arguments: str, trials: int = TRIALS) -> Proof:
    """Run tests with so many trials each and count how many did not pass.

    Args:
        claim: What they show.
        *arguments: What pytest is given.
        trials: The number of trials that the tests are told.
    """
    shown = " ".join(arguments)
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "LLMOPS_PROVE_N": str(trials)}, check=False
        )
        cases = list(ElementTree.parse(report).iter("testcase"))
    skipped = sum(case.find("skipped") is not None for case in cases)
    failed = sum(
        case.find("failure") is not None or case.find("error") is not None for case in cases
    )
    return Proof(
        claim,
        trials=len(cases) - skipped,
        failures=failed,
        command=f"LLMOPS_PROVE_N={trials} pytest {shown}",
        figures=f"{skipped} skipped" if skipped else "",
        holds=failed == 0 and len(cases) > skipped,
    )
