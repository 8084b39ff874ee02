"""How far a job is, heard from its own events."""

from __future__ import annotations

import threading
import time
from typing import Any

from llmops_workbench.core.events import Event

UNIT = "steps"
"""Progress in this unit stands for the whole job; without any, the latest progress does."""


class StepCounter:
    """Listens to `progress` and `resumed` events.

    The time that is left follows from the steps since this start alone: those that a resumed job
    did before it was interrupted say nothing about the machine that it runs on now.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._label: str | None = None
        self._unit = ""
        self._first = 0
        self._resumed = 0
        self._begun = 0.0
        self._step: int | None = None
        self._steps: int | None = None
        self._heard = 0.0

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        if event.kind == "resumed":
            self._resumed = int(event.data.get("step") or 0)
        if event.kind != "progress":
            return
        unit = str(event.data.get("unit", ""))
        if self._unit == UNIT and unit != UNIT:
            return
        done = int(event.data.get("done") or 0)
        if unit == UNIT:
            # A loop that goes on behind a checkpoint may count from 0 until its first step.
            done = max(done, self._resumed)
        total = event.data.get("total")
        with self._lock:
            moment = time.monotonic()
            if event.data.get("label") != self._label or unit != self._unit:
                self._label, self._unit = event.data.get("label"), unit
                self._first, self._begun = done, moment
            self._step, self._heard = done, moment
            self._steps = int(total) if total is not None else None

    def reached(self) -> dict[str, Any]:
        """Give `step`, `steps` and `eta_seconds`; None for what is not known."""
        with self._lock:
            left = None
            since_start = (self._step or 0) - self._first
            if self._steps is not None and self._step is not None and since_start > 0:
                pace = (self._heard - self._begun) / since_start
                left = round(pace * max(self._steps - self._step, 0), 1)
            return {"step": self._step, "steps": self._steps, "eta_seconds": left}
