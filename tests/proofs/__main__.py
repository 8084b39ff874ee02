"""Run the long proofs in full and write `docs/proof.md`: `python -m tests.proofs [NAME …]`.

Each module here with a `prove()` is one proof; it gives a list of `Proof`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tests.proofs.proof import Proof

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "proof.md"

_HEAD = """\
# What was proved, and how far

Each claim was put to as many trials as the table says. "Of" counts the trials in which it did not
hold; the bound is the exact one-sided 95 % upper limit of that rate, so 0 of 200 reads "under
1.49 %". `make prove` runs all of it again and writes this page.

| claim | failed | failure rate | figures | verdict | shown by |
| --- | --- | --- | --- | --- | --- |
"""


def names() -> list[str]:
    """List the proofs, by the names of their modules."""
    package = importlib.import_module("tests.proofs")
    return sorted(
        module.name.removeprefix("prove_")
        for module in pkgutil.iter_modules(package.__path__)
        if module.name.startswith("prove_")
    )


def page(proofs: list[Proof], seconds: float) -> str:
    """Write the page."""
    rows = "\n".join(proof.row() for proof in proofs)
    day = datetime.now(UTC).date().isoformat()
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{_HEAD}{rows}\n\nMeasured on {day} in {seconds / 60:.0f} minutes: {machine}.\n"


def _prove(name: str) -> list[Proof]:
    print(f"== {name}", flush=True)
    found: list[Proof] = importlib.import_module(f"tests.proofs.prove_{name}").prove()
    for proof in found:
        print(proof.row(), flush=True)
    return found


def main(chosen: list[str]) -> int:
    """Run the proofs; 1 when a claim was not shown."""
    begun = time.monotonic()
    # Each proof spends its time in processes of its own, most of them with one thread.
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1))) as pool:
        found = [proof for proofs in pool.map(_prove, chosen or names()) for proof in proofs]
    if not chosen:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(found, time.monotonic() - begun), encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0 if all(proof.shown for proof in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
