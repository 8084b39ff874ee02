"""Waiting with a deadline, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from llmops_workbench.execution.job import Job


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until a condition gives something true, and give that."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"nothing came within {seconds} s"
        time.sleep(0.02)


def step_of(job: Job) -> int:
    """Give the newest step that a job has told."""
    events, _ = job.folder.read_events()
    return max((event.data["done"] for event in events if event.kind == "progress"), default=0)
