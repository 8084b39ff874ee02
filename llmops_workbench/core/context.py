"""The call that is going on: its workspace, its listener and whether it should stop.

Context is not a parameter of an operation. Each face opens a call with its own listener; the
operation asks this module.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import CancelledError, WorkspaceError
from llmops_workbench.core.events import Event, Listener, silent

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

# A person cannot read faster, and an event file should stay small.
PROGRESS_SECONDS = 0.2


@dataclass
class Call:
    """One operation under way.

    Attributes:
        operation: The verb; empty outside any operation.
        run_id: The run that records it; None when it is not recorded.
        job_dir: The folder of the job that it runs in; None when it runs inline.
        arguments: The pinned arguments, as JSON values.
        cancelled: Tells whether somebody asked to stop.
    """

    workspace: Workspace | None
    operation: str = ""
    run_id: str | None = None
    job_dir: Path | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    listener: Listener = silent
    cancelled: Callable[[], bool] = lambda: False


_current: ContextVar[Call | None] = ContextVar("llmops_call", default=None)


def current() -> Call:
    """Give the call that is going on; an empty one outside of any."""
    return _current.get() or Call(workspace=None)


def workspace() -> Workspace:
    """Give the workspace of the current call.

    Raises:
        WorkspaceError: The code runs outside a call and outside a workspace.
    """
    return needed(current().workspace)


def needed(found: Workspace | None) -> Workspace:
    """Give a workspace that there must be.

    Raises:
        WorkspaceError: There is none.
    """
    if found is None:
        raise WorkspaceError("no workspace is open: run 'llmops init' in a folder first")
    return found


@contextmanager
def activate(workspace: Workspace | None, **fields: Any) -> Iterator[Call]:
    """Open a call for the code inside the `with`."""
    call = Call(workspace=workspace, **fields)
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


_outbox_waits: ContextVar[bool] = ContextVar("llmops_outbox_waits", default=False)


@contextmanager
def leave_outbox() -> Iterator[None]:
    """Leave what MLflow should know to the next process, for the code inside the `with`.

    A server does, which must not import MLflow; the jobs that it starts bring it there.
    """
    token = _outbox_waits.set(True)
    try:
        yield
    finally:
        _outbox_waits.reset(token)


def outbox_waits() -> bool:
    """Tell whether what MLflow should know is left to the next process."""
    return _outbox_waits.get()


def emit(kind: str, **data: Any) -> None:
    """Tell the listener that something happened; `data` holds JSON values."""
    current().listener(Event(kind, data))


def warn(message: str) -> None:
    """Tell the user something that they should know, without stopping."""
    emit("warning", message=message)


def check_cancelled() -> None:
    """Stop here if somebody asked to.

    Raises:
        CancelledError: A stop was asked for.
    """
    if current().cancelled():
        raise CancelledError("stopped on request; what was done so far is kept")


class Progress:
    """How far a loop is: emits `progress` events with the time that is left."""

    def __init__(self, label: str, total: int | None, unit: str) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = 0
        self._begun = time.monotonic()
        self._told = 0.0

    def advance(self, count: int = 1, **extra: Any) -> None:
        """Say that `count` more units are done; stops here when a stop was asked for."""
        self.done += count
        check_cancelled()
        moment = time.monotonic()
        if moment - self._told >= PROGRESS_SECONDS:
            self._told = moment
            self.tell(**extra)

    def tell(self, **extra: Any) -> None:
        """Emit the event now."""
        elapsed = time.monotonic() - self._begun
        left = None
        if self.total and self.done:
            left = round(elapsed / self.done * max(self.total - self.done, 0), 1)
        emit(
            "progress",
            label=self.label,
            done=self.done,
            total=self.total,
            unit=self.unit,
            elapsed_seconds=round(elapsed, 1),
            eta_seconds=left,
            **extra,
        )


@contextmanager
def progress(label: str, total: int | None = None, unit: str = "") -> Iterator[Progress]:
    """Show how far a piece of work is.

    Args:
        label: What is going on, as in "near-duplicates".
        total: How many units there are; None when nobody knows.
        unit: What is counted, as in "rows".
    """
    bar = Progress(label, total, unit)
    bar.tell()
    yield bar
    bar.tell()
