"""What a job has told so far: its events added up, each byte of them read once.

A job of days tells hundreds of thousands of events. Whoever watches it asks every second, so what
was read stays in memory and only what came since is read.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from llmops_workbench.core.events import Event
from llmops_workbench.execution.folder import QUEUED, RUNNING, JobFolder
from llmops_workbench.execution.series import Series

# Notable events that are kept; a job that warns of every row must not fill the memory.
_MOST_TOLD = 1000
_MOST_SAMPLES = 400
_MOST_STORIES = 32
_LONGEST_TEXT = 2000
# These come all the time, and are shown as bars and lines instead.
_COUNTED = ("progress", "metric", "sample", "training")
_NO_NUMBERS = ("step", "steps", "epoch")


@dataclass
class Bar:
    """How far one piece of the work is.

    Attributes:
        label: What is done.
        part: The step of a pipeline that it belongs to; empty outside of one.
        ended: Whether something else has begun since.
    """

    label: str
    part: str
    done: float = 0
    total: float | None = None
    unit: str = ""
    elapsed: float | None = None
    left: float | None = None
    time: str = ""
    ended: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of it is done."""
        return self.total is not None and self.done >= self.total


@dataclass
class Part:
    """A step of a pipeline that this job is."""

    name: str
    state: str
    begun: str
    seconds: float | None = None


@dataclass
class Story:
    """All that a job has told, added up.

    Attributes:
        bars: Pieces of the present attempt's work, in the order in which they began.
        series: Numbers by the step of a pipeline (empty outside of one) and their name.
        samples: Answers to fixed prompts on the way.
        told: What is worth reading one by one; each with its number.
        parts: Steps of a pipeline.
        spans: When it ran: pairs of begin and end, the last without an end while it runs.
        predicted: What was estimated before it began, such as `memory_mb`.
        lock: Is held while it is read on; whoever looks at several things holds it, too.
    """

    bars: dict[tuple[str, str], Bar] = field(default_factory=dict)
    series: dict[tuple[str, str], Series] = field(default_factory=dict)
    samples: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_MOST_SAMPLES))
    told: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_MOST_TOLD))
    parts: dict[str, Part] = field(default_factory=dict)
    spans: list[list[str | None]] = field(default_factory=list)
    predicted: dict[str, Any] = field(default_factory=dict)
    ready: dict[str, Any] | None = None
    checkpoint: dict[str, Any] | None = None
    offset: int = 0
    count: int = 0
    sampled: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _part: str = ""

    def read_on(self, folder: JobFolder) -> None:
        """Read what was told since the last time."""
        with self.lock:
            events, self.offset = folder.read_events(self.offset)
            for event in events:
                self.hear(event)

    def hear(self, event: Event) -> None:
        """Add one event."""
        data = event.data
        step = data.get("step")
        if event.kind == "progress":
            self._progress(event)
        elif event.kind == "metric":
            self._metric(data)
        elif event.kind == "sample":
            self.sampled += 1
            self.samples.append({"part": self._part, **_cut(data)})
        elif event.kind in ("training", "resumed") and isinstance(step, int | float):
            # What an attempt before told behind its last checkpoint is told again.
            for (part, _), series in self.series.items():
                if part == self._part:
                    series.cut(float(step) + 0.5)
        elif event.kind == "state":
            self._state(event)
        elif event.kind == "step":
            self._step(event)
        elif event.kind == "plan":
            self.predicted |= data
        elif event.kind == "ready":
            self.ready = dict(data)
        elif event.kind == "checkpoint":
            self.checkpoint = {"step": step, "time": event.time}
        if event.kind not in _COUNTED:
            self.count += 1
            self.told.append({"number": self.count, **_cut(event.to_dict())})

    def ran_seconds(self, moment: str) -> float | None:
        """Give how long it ran until a moment, pauses left out; None when it never ran."""
        if not self.spans:
            return None
        return sum(_seconds(begin, end or moment) for begin, end in self.spans if begin)

    def _progress(self, event: Event) -> None:
        data = event.data
        key = (self._part, str(data.get("label") or ""))
        bar = self.bars.get(key)
        if bar is None or bar.ended:
            self.bars.pop(key, None)
            bar = self.bars[key] = Bar(key[1], self._part)
        bar.done = _number(data.get("done")) or 0
        bar.total = _number(data.get("total"))
        bar.unit = str(data.get("unit") or "")
        bar.elapsed = _number(data.get("elapsed_seconds"))
        bar.left = _number(data.get("eta_seconds"))
        bar.time = event.time
        if bar.complete:
            bar.left = 0
        while len(self.bars) > _MOST_SAMPLES:
            self.bars.pop(next(iter(self.bars)))

    def _metric(self, data: dict[str, Any]) -> None:
        step = _number(data.get("step"))
        if step is None:
            return
        for name, value in data.items():
            number = _number(value)
            if name not in _NO_NUMBERS and number is not None:
                self.series.setdefault((self._part, name), Series()).add(step, number)

    def _state(self, event: Event) -> None:
        state = event.data.get("state")
        if self.spans and self.spans[-1][1] is None:
            self.spans[-1][1] = event.time
        if state == RUNNING:
            self.spans.append([event.time, None])
        if state == QUEUED:
            self.bars.clear()
            self.predicted.clear()
            self._part = ""

    def _step(self, event: Event) -> None:
        name, state = str(event.data.get("step") or ""), str(event.data.get("state") or "")
        known = self.parts.get(name)
        if known is None or state == RUNNING:
            known = self.parts[name] = Part(name, state, event.time)
        known.state = state
        known.seconds = _number(event.data.get("seconds"))
        for bar in self.bars.values():
            bar.ended = True
        self._part = name if state == RUNNING else ""


_stories: OrderedDict[str, Story] = OrderedDict()
_stories_lock = threading.Lock()


def story_of(folder: JobFolder) -> Story:
    """Give what a job has told up to now."""
    key = str(folder.events_file)
    with _stories_lock:
        story = _stories.get(key)
        if story is None or story.offset > folder.events_size():
            # A shorter file is another job's in the place of one that was removed.
            story = _stories[key] = Story()
        _stories.move_to_end(key)
        while len(_stories) > _MOST_STORIES:
            _stories.popitem(last=False)
    story.read_on(folder)
    return story


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _cut(data: dict[str, Any]) -> dict[str, Any]:
    """Keep long texts out of the memory; the event file has them whole."""
    return {
        key: value[:_LONGEST_TEXT] + " …"
        if isinstance(value, str) and len(value) > _LONGEST_TEXT
        else value
        for key, value in data.items()
    }


def _seconds(begin: str, end: str) -> float:
    from datetime import datetime

    span = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return max(0.0, span.total_seconds())
