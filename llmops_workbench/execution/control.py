"""Stopping, pausing and resuming a job, from any process that can see its folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from llmops_workbench.core.errors import ConflictError, JobError
from llmops_workbench.execution import launcher, locks, mirror
from llmops_workbench.execution.executor import EXECUTORS, Executor
from llmops_workbench.execution.folder import (
    ACTIVE,
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    PAUSE,
    PAUSED,
    QUEUED,
    RESUMABLE,
    STOP,
    State,
)
from llmops_workbench.execution.identity import identify
from llmops_workbench.execution.job import Job
from llmops_workbench.execution.process import run_begins, run_ends
from llmops_workbench.execution.reconcile import is_alive, reconcile_job

_POLL_SECONDS = 0.05
# Beyond the grace, or after its last word: a process is then gone at once, unless it hangs.
_KILLED_SECONDS = 10.0
# Nobody wanted it to end for good.
_CUT_OFF = (PAUSED, INTERRUPTED)


def cancel(job: Job, *, grace: float | None = None) -> State:
    """Stop a job: ask it to save and end, and kill it with all that it started after a grace.

    A process in another pid namespace or on another host is never signalled: it finds the
    request in its folder, and ends itself by the same rule.

    Args:
        job: Which.
        grace: Seconds that it has to save; `execution.grace_seconds` when left out. A checkpoint
            that is being written is waited for.

    Returns:
        The state afterwards: cancelled, or done when it was faster.

    Raises:
        ConflictError: It has finished already.
        JobError: It runs out of reach and did not stop in time; the request stays.
    """
    state = reconcile_job(job)
    if state.state == CANCELLED:
        return state
    if state.state in (DONE, FAILED):
        raise ConflictError(f"job '{job.name}' is {state.state} already: there is nothing to stop")
    if state.state not in ACTIVE:
        state = job.folder.change(CANCELLED, expect=(PAUSED, INTERRUPTED))
        run_ends(job, CANCELLED, "it was stopped on request")
        mirror.note(job)
        return state
    job.folder.request(STOP, job.workspace.user())
    executor = executor_of(job, state)
    if state.handle is not None:
        executor.ask_to_stop(job, state.handle)
    if grace is None:
        grace = float(job.workspace.settings.get("execution.grace_seconds"))
    if not _until(job, grace, patient=True):
        _by_force(job, executor, grace)
    state = reconcile_job(job)
    if state.state in ACTIVE:
        raise JobError(
            f"job '{job.name}' runs where it cannot be reached from here and has not stopped yet; "
            "the request stays in its folder"
        )
    _sweep(job, executor)
    return state


def pause(job: Job, *, timeout: float = 600.0) -> State:
    """Let a job write a checkpoint and end, to go on from there later.

    Args:
        job: Which.
        timeout: Seconds to wait for it; the request stays afterwards.

    Returns:
        The state afterwards, with the process gone: paused, or done when it was faster.

    Raises:
        ConflictError: It does not run.
        JobError: It has not stopped in time.
    """
    state = reconcile_job(job)
    if state.state == PAUSED:
        return state
    if state.state not in ACTIVE:
        raise ConflictError(f"job '{job.name}' is {state.state}: only a running job can be paused")
    job.folder.request(PAUSE, job.workspace.user())
    if state.handle is not None:
        executor_of(job, state).ask_to_stop(job, state.handle)
    if not _until(job, timeout, patient=False):
        raise JobError(
            f"job '{job.name}' has not paused within {timeout:.0f} s: wait for it with "
            f"'logs -f {job.name}', or stop it with 'cancel {job.name}'"
        )
    return reconcile_job(job)


def resume(job: Job) -> Job:
    """Go on with a job that was paused, interrupted, stopped or failed, from its last checkpoint.

    It keeps its folder, arguments and run. Of several who resume it at once, one does.

    Returns:
        The job, queued in its next attempt.

    Raises:
        ConflictError: It runs, may be running out of sight, or is done.
    """
    with _alone(job):
        state = reconcile_job(job)
        if state.state == DONE:
            raise ConflictError(f"job '{job.name}' is done: start a new one instead")
        if state.state in ACTIVE:
            how = "is running" if is_alive(job, state) else "may still be running out of sight"
            raise ConflictError(f"job '{job.name}' {how}: watch it with 'logs -f {job.name}'")
        EXECUTORS.get(job.spec.executor).check(job)
        _sweep(job, executor_of(job, state))
        _next_attempt(job, state, RESUMABLE)
        run_begins(job)
        mirror.note(job)
        launcher.start_again(job)
    return job


def take_up(job: Job, *, step_of: str, parent: str | None) -> int | None:
    """Take a job that was cut off, to go on with it in this very process.

    Unlike `resume` it is done unasked, so it leaves alone what somebody stopped and what failed.

    Args:
        job: Which.
        step_of: The job whose step this process does; empty for none.
        parent: The run that it is a part of from now on.

    Returns:
        The descriptor that holds the job's lock, with the job queued in its next attempt; None
        when it is neither paused nor interrupted, or somebody else has it.

    Raises:
        StorageError: The disk is nearly full.
    """
    lock = None
    try:
        with _alone(job):
            state = reconcile_job(job)
            if state.state not in _CUT_OFF:
                return None
            EXECUTORS.get("here").check(job)
            # Whoever has just said its last word may still be about to end.
            lock = locks.acquire(job.folder.alive_lock, wait=_KILLED_SECONDS)
            if lock is None:
                return None
            if state.executor != "here":
                _sweep(job, executor_of(job, state))
            _next_attempt(job, state, _CUT_OFF, step_of=step_of)
            run_begins(job, parent)
            mirror.note(job)
            return lock
    except BaseException as error:
        if lock is not None:
            locks.release(lock)
        if isinstance(error, ConflictError):
            return None
        raise


def _alone(job: Job) -> AbstractContextManager[None]:
    """Let nobody else begin an attempt of a job for the code inside the `with`."""
    return locks.locked(job.folder.path / "resume.lock", f"job '{job.name}'", wait=60)


def _next_attempt(job: Job, state: State, expect: tuple[str, ...], **facts: str) -> None:
    job.folder.clear_requests()
    job.folder.error_file.unlink(missing_ok=True)
    job.folder.change(
        QUEUED,
        expect=expect,
        attempt=state.attempt,
        next_attempt=state.attempt + 1,
        handle=None,
        executor="",
        launcher=identify().to_dict(),
        **facts,
    )


def executor_of(job: Job, state: State) -> Executor:
    """Give what runs the present attempt of a job."""
    return EXECUTORS.get(state.executor or job.spec.executor)


def _until(job: Job, seconds: float, *, patient: bool) -> bool:
    """Wait until the job's process has ended; patient with one that is writing a checkpoint."""
    begun = time.monotonic()
    while True:
        state = reconcile_job(job)
        if state.state not in ACTIVE and not is_alive(job, state):
            return True
        waited = time.monotonic() - begun
        saving = patient and job.folder.heartbeat().get("saving") and waited < 600.0
        if waited > seconds and not saving:
            return False
        time.sleep(_POLL_SECONDS)


def _by_force(job: Job, executor: Executor, grace: float) -> None:
    state = job.state
    if state.handle is None or not executor.kill(job, state.handle):
        # Out of reach; its own heart ends it, a little later than the grace.
        _until(job, _KILLED_SECONDS, patient=True)
        return
    _wait(lambda: is_alive(job, state) is not True, _KILLED_SECONDS)
    if job.state.state in ACTIVE:
        message = f"it did not stop within {grace:.0f} s and was killed"
        try:
            job.folder.change(CANCELLED, expect=ACTIVE, attempt=state.attempt, message=message)
        except ConflictError:
            return  # it had the last word after all
        job.folder.drop_ballast()
        run_ends(job, CANCELLED, message)
        mirror.note(job)


def _sweep(job: Job, executor: Executor) -> None:
    """End what a dead process has left running in its session."""
    handle = job.state.handle
    if handle is not None:
        executor.kill(job, handle)


def _wait(met: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
