from __future__ import annotations

import time

import pytest

from llmops_workbench.core.events import Event
from llmops_workbench.execution.steps import StepCounter


def progress(done: int, total: int | None, unit: str = "steps", label: str = "train") -> Event:
    return Event("progress", {"label": label, "done": done, "total": total, "unit": unit})


def test_nothing_is_known_before_anything_was_told():
    assert StepCounter().reached() == {"step": None, "steps": None, "eta_seconds": None}


def test_the_time_left_follows_from_the_steps_since_this_start(monkeypatch: pytest.MonkeyPatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    counter = StepCounter()
    counter.hear(Event("resumed", {"step": 90}))
    counter.hear(progress(0, 100))
    assert counter.reached() == {"step": 90, "steps": 100, "eta_seconds": None}
    clock[0] = 106.0
    counter.hear(progress(93, 100))
    # 3 steps took 6 s, so 7 take 14 s; 93 steps in 6 s would make it half a second.
    assert counter.reached() == {"step": 93, "steps": 100, "eta_seconds": 14.0}


def test_progress_in_steps_stands_for_the_job():
    counter = StepCounter()
    counter.hear(progress(5, 9, unit="rows", label="tokens"))
    assert counter.reached()["steps"] == 9
    counter.hear(progress(1, 50))
    counter.hear(progress(7, 9, unit="rows", label="tokens"))
    assert (counter.reached()["step"], counter.reached()["steps"]) == (1, 50)
    counter.hear(progress(2, None))
    assert counter.reached() == {"step": 2, "steps": None, "eta_seconds": None}
