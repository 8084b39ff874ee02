"""Watching a job from anywhere: a cursor in its event file is all that a viewer needs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llmops_workbench.core import errors
from llmops_workbench.core.errors import CancelledError, JobError, LLMOpsError
from llmops_workbench.core.events import Event, Listener, silent
from llmops_workbench.execution.folder import (
    ACTIVE,
    CANCELLED,
    DONE,
    INTERRUPTED,
    PAUSED,
    State,
    read_json,
)
from llmops_workbench.execution.job import Job
from llmops_workbench.execution.reconcile import reconcile_job

POLL_SECONDS = 0.1
# Whether a silent process still lives is asked less often than what it has said.
_RECONCILE_SECONDS = 1.0


def follow(
    job: Job,
    listener: Listener = silent,
    *,
    offset: int = 0,
    poll: float = POLL_SECONDS,
    timeout: float | None = None,
    log: bool = False,
) -> State:
    """Hand on a job's events until it ends, pauses or is interrupted.

    The viewer may be interrupted at any time; the job goes on.

    Args:
        job: Which.
        listener: Is told each event once, in order.
        offset: Where to start in the event file; 0 tells everything from its start.
        poll: Seconds between two looks.
        timeout: Seconds after which to stop watching; None for ever.
        log: Hand on what its process prints from now on, too, as `log` events.

    Returns:
        The state at the end.

    Raises:
        JobError: The timeout has passed; the job goes on.
    """
    begun = time.monotonic()
    asked = 0.0
    printed = _size(job.folder.log_file)
    while True:
        state = job.state
        moment = time.monotonic()
        if state.state in ACTIVE and moment - asked >= _RECONCILE_SECONDS:
            asked = moment
            state = reconcile_job(job)
        # After the state: what was said before the last word is then in the file.
        events, offset = job.folder.read_events(offset)
        for event in events:
            listener(event)
        if log:
            lines, printed = _lines(job.folder.log_file, printed)
            for line in lines:
                listener(Event("log", {"message": line}))
        if state.state not in ACTIVE:
            return state
        if timeout is not None and moment - begun > timeout:
            raise JobError(
                f"job '{job.name}' is still {state.state} after {timeout:.0f} s; it goes on: "
                f"watch it with 'logs -f {job.name}'"
            )
        time.sleep(poll)


def wait(
    job: Job,
    listener: Listener = silent,
    *,
    timeout: float | None = None,
    poll: float = POLL_SECONDS,
    offset: int = 0,
) -> dict[str, Any]:
    """Wait for a job's result.

    Returns:
        The result as the operation's result class reads it.

    Raises:
        LLMOpsError: What the operation raised, of the same class.
        CancelledError: The job was stopped or paused.
        JobError: It failed, was interrupted, or the timeout has passed.
    """
    follow(job, listener, offset=offset, poll=poll, timeout=timeout)
    return outcome_of(job)


def outcome_of(job: Job) -> dict[str, Any]:
    """Give the result of a job that has ended; raises as `wait` does."""
    state = job.state
    if state.state in ACTIVE:
        raise JobError(f"job '{job.name}' is {state.state}: it has no result yet")
    if state.state == DONE:
        result = read_json(job.folder.result_file)
        if result is not None:
            return dict(result["result"])
    if state.state in (CANCELLED, PAUSED):
        reason = f" ({state.message})" if state.message else ""
        raise CancelledError(
            f"job '{job.name}' is {state.state}{reason}; go on with 'resume {job.name}'"
        )
    if state.state == INTERRUPTED:
        raise JobError(
            f"job '{job.name}' was interrupted{_where(state)}; go on with 'resume {job.name}'"
        )
    raise _raised(job)


def tail(job: Job, lines: int) -> Iterator[str]:
    """Give the last lines of what the process printed."""
    try:
        text = job.folder.log_file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    yield from text.splitlines()[-lines:] if lines else ()


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _lines(file: Path, offset: int) -> tuple[list[str], int]:
    """Read the whole lines behind a cursor."""
    if _size(file) <= offset:
        return [], offset
    with file.open("rb") as stream:
        stream.seek(offset)
        whole, newline, _ = stream.read().rpartition(b"\n")
    text = whole.decode("utf-8", "replace")
    return text.splitlines(), offset + len(whole) + len(newline)


def _where(state: State) -> str:
    return "" if state.step is None else f" at step {state.step} of {state.steps or '?'}"


def _raised(job: Job) -> LLMOpsError:
    note = read_json(job.folder.error_file) or {}
    message = str(note.get("message") or job.state.message or "it left no reason")
    kind = getattr(errors, str(note.get("type")), None)
    if isinstance(kind, type) and issubclass(kind, LLMOpsError):
        return kind(message)
    return JobError(f"job '{job.name}' failed: {message}; see 'logs {job.name}'")
