"""The inside of a job: what its own process does from its start to its last word."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from llmops_workbench.core import operations, secrets
from llmops_workbench.core.errors import (
    CancelledError,
    ConflictError,
    GateNotPassedError,
    LLMOpsError,
    outcome,
)
from llmops_workbench.core.events import Event, Listener, silent
from llmops_workbench.core.results import Result
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import checkpoints, locks, mirror, runs
from llmops_workbench.execution.folder import (
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    PAUSE,
    PAUSED,
    QUEUED,
    RUNNING,
    STOP,
    write_json,
)
from llmops_workbench.execution.identity import identify, kill_family
from llmops_workbench.execution.job import Job
from llmops_workbench.execution.slots import wait_for_slot
from llmops_workbench.execution.steps import StepCounter

_log = logging.getLogger(__name__)

# A request is noticed within this time; a heartbeat and its copy go out less often.
_LOOK_SECONDS = 0.2
_BEAT_SECONDS = 2.0
# A checkpoint of a big model on a slow disk; beyond that, saving is taken for hanging.
_SAVE_SECONDS = 600.0

# What the errors of the system itself mean: the full disk, the read-only one.
_FACES = {507: "StorageError", 503: "WorkspaceError"}

# Events that somebody may act on are on the disk before the work goes on.
_DURABLE = ("checkpoint", "result")


class Stop:
    """Whether the job should end, and what it is then called."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._asked = threading.Event()
        self.since: float | None = None

    def ask(self) -> None:
        """Let the work end at its next look."""
        if self.since is None:
            self.since = time.monotonic()
        self._asked.set()

    def asked(self) -> bool:
        """Tell whether it should end."""
        return self._asked.is_set()

    def check(self) -> None:
        """Raise when it should end.

        Raises:
            CancelledError: It should.
        """
        if self.asked():
            raise CancelledError(f"job '{self._job.name}' was stopped before it began")

    def state(self) -> str:
        """Name the state after the end; a signal that nobody asked for is an interruption."""
        return {STOP: CANCELLED, PAUSE: PAUSED}.get(self._job.folder.requested() or "", INTERRUPTED)


class Heart(threading.Thread):
    """Beats, looks for requests, and ends a process that does not stop by itself.

    Args:
        job: Whose.
        attempt: Which.
        stop: Is asked when a request is found.
        steps: How far the work is.
        ends_process: Whether a stop that is not obeyed kills the session.
    """

    def __init__(
        self, job: Job, attempt: int, stop: Stop, steps: StepCounter, *, ends_process: bool
    ) -> None:
        super().__init__(name=f"heart of {job.name}", daemon=True)
        self._job, self._attempt, self._stop_asked, self._steps = job, attempt, stop, steps
        self._ends_process = ends_process
        self._over = threading.Event()
        self._grace = float(job.workspace.settings.get("execution.grace_seconds"))
        self._noted: tuple[int | None, int | None] = (None, None)

    def run(self) -> None:
        """Go on until `finish`."""
        beaten = 0.0
        while not self._over.wait(_LOOK_SECONDS):
            try:
                if self._job.folder.requested():
                    self._stop_asked.ask()
                moment = time.monotonic()
                begun = self._noted[0] is None and self._steps.reached()["step"] is not None
                if begun or moment - beaten >= _BEAT_SECONDS:
                    beaten = moment
                    self.beat()
                if self._ends_process and self._is_overdue(moment):
                    end_by_force(self._job, self._attempt, self._grace)
            except (OSError, LLMOpsError) as error:  # a full disk: the work finds out by itself
                _log.warning("heartbeat of %s: %s", self._job.name, error)

    def beat(self) -> None:
        """Say how far the work is, in the folder and then in the store."""
        self._reclaim()
        reached = self._steps.reached()
        self._job.folder.beat(
            {"attempt": self._attempt, "saving": checkpoints.saving.is_set(), **reached}
        )
        if (reached["step"], reached["steps"]) != self._noted:
            self._noted = (reached["step"], reached["steps"])
            mirror.note(self._job)

    def _reclaim(self) -> None:
        """Correct somebody far away who took a silent process for a dead one."""
        state = self._job.state
        if state.attempt != self._attempt:
            self._stop_asked.ask()  # and even resumed it: two must not write
        elif state.state == INTERRUPTED and not self._stop_asked.asked():
            self._job.folder.change(
                RUNNING, expect=(INTERRUPTED,), attempt=self._attempt, message="it lives after all"
            )
            run_begins(self._job)

    def _is_overdue(self, moment: float) -> bool:
        since = self._stop_asked.since
        if since is None or self._job.folder.requested() != STOP:
            return False
        waited = moment - since
        return waited > (_SAVE_SECONDS if checkpoints.saving.is_set() else self._grace)

    def finish(self) -> None:
        """Stop beating."""
        self._over.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()


def end_by_force(job: Job, attempt: int, grace: float) -> None:
    """Write down that the job is cancelled, then kill its session, this process too."""
    folder = job.folder
    folder.drop_ballast()
    message = f"it did not stop within {grace:.0f} s and was killed"
    # When the last word was spoken already, the process only fails to end after it.
    with contextlib.suppress(ConflictError):
        folder.change(CANCELLED, expect=(QUEUED, RUNNING), attempt=attempt, message=message)
        run_ends(job, CANCELLED, message)
        mirror.note(job)
    me = identify()
    kill_family(me, job.name, spare=me.pid)
    os.kill(me.pid, 9)


def run_ends(job: Job, state: str, message: str) -> None:
    """Close the run of a job whose process cannot do it any more."""
    if job.run_id is None:
        return
    from llmops_workbench.tracking.catalogue import Catalogue

    try:
        Catalogue(job.workspace).finish_run(job.run_id, state, error=message)
    except (LLMOpsError, OSError) as error:
        _log.warning("the end of run %s could not be recorded: %s", job.run_id, error)


def run_begins(job: Job, parent: str | None = None) -> None:
    """Open the run of a job again, which was closed when its process was gone.

    Args:
        job: Whose.
        parent: The run that it belongs to from now on; as before when left out.
    """
    if job.run_id is None:
        return
    from llmops_workbench.tracking.catalogue import Catalogue

    Catalogue(job.workspace).start_run(
        job.spec.operation, job.spec.arguments, run_id=job.run_id, parent=parent
    )


def carry_out(
    job: Job,
    attempt: int,
    stop: Stop,
    *,
    executor: str,
    listener: Listener = silent,
    ends_process: bool = True,
) -> Result:
    """Do the work of a job in this process, which holds its lock.

    Args:
        job: Which.
        attempt: Which attempt this process was started for.
        stop: Is asked to end it.
        executor: What runs this attempt.
        listener: Is told beside the event file.
        ends_process: Whether the process is the job's own.

    Returns:
        The operation's result, which is then on disk.

    Raises:
        ConflictError: The job was given to another attempt, or ended, before this one began.
        LLMOpsError: What the operation raised; it is then on disk, too.
    """
    folder, spec = job.folder, job.spec
    handle = identify().to_dict()
    folder.note_process(attempt, handle, executor)
    folder.take_ballast()
    steps = StepCounter()
    heart = Heart(job, attempt, stop, steps, ends_process=ends_process)
    heart.beat()
    heart.start()
    slot = None
    try:
        if spec.slot:
            slot = wait_for_slot(job.workspace.dot / "slots", job.name, _limit(job), stop.check)
        stop.check()
        folder.change(RUNNING, expect=(QUEUED,), attempt=attempt)
        mirror.note(job)
        operation = operations.get(spec.operation)
        result = runs.perform(
            operation,
            operation.validate(spec.arguments),
            job.workspace,
            run_id=spec.run_id,
            listener=_recorder(job, steps, listener),
            job_dir=folder.path,
            cancelled=stop.asked,
            stopped=stop.state,
        )
        write_json(folder.result_file, {"attempt": attempt, "result": result.to_dict()})
        _settle(job, attempt, DONE, steps)
        return result
    except BaseException as error:
        _settle_error(job, attempt, error, stop, steps)
        raise
    finally:
        heart.finish()
        folder.drop_ballast()
        mirror.note(job)
        if slot is not None:
            locks.release(slot)


def _recorder(job: Job, steps: StepCounter, also: Listener) -> Listener:
    def record(event: Event) -> None:
        steps.hear(event)
        job.folder.append(event, durable=event.kind in _DURABLE)
        also(event)

    return record


def _limit(job: Job) -> Callable[[], int]:
    def limit() -> int:
        # Opened anew, because the setting may be raised while a job waits.
        return int(Workspace(job.workspace.root).settings.get("execution.max_local_jobs"))

    return limit


def _settle(job: Job, attempt: int, state: str, steps: StepCounter, message: str = "") -> None:
    reached = steps.reached()
    facts: dict[str, Any] = {}
    if reached["step"] is not None:
        facts = {"step": reached["step"], "steps": reached["steps"]}
    # Interrupted is what somebody far away may have taken it for, see `Heart`.
    job.folder.change(
        state, expect=(QUEUED, RUNNING, INTERRUPTED), attempt=attempt, message=message, **facts
    )


def _settle_error(
    job: Job, attempt: int, error: BaseException, stop: Stop, steps: StepCounter
) -> None:
    folder = job.folder
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        folder.drop_ballast()
    shown = outcome(error)
    message = secrets.redact(shown.message)
    if isinstance(error, CancelledError | KeyboardInterrupt):
        state = stop.state()
        message = "" if state == PAUSED else message
    else:
        state = DONE if isinstance(error, GateNotPassedError) else FAILED
        note = {
            "attempt": attempt,
            "type": _FACES.get(shown.status, type(error).__name__),
            "message": message,
            "exit_code": shown.exit_code,
        }
        if not isinstance(error, LLMOpsError):
            note["traceback"] = secrets.redact("".join(traceback.format_exception(error)))
        try:
            write_json(folder.error_file, note)
        except OSError:
            folder.drop_ballast()
            write_json(folder.error_file, note)
    _settle(job, attempt, state, steps, message)
