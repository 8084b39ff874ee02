"""Bringing the written state of jobs to what is true, after somebody was killed."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import Any

from llmops_workbench.core.errors import ConflictError, LLMOpsError, NotFoundError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import mirror
from llmops_workbench.execution.executor import EXECUTORS
from llmops_workbench.execution.folder import (
    ACTIVE,
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    QUEUED,
    STOP,
    State,
    read_json,
    write_json,
)
from llmops_workbench.execution.job import Job
from llmops_workbench.execution.process import run_ends
from llmops_workbench.execution.steps import StepCounter


def is_alive(job: Job, state: State | None = None) -> bool | None:
    """Tell whether the process of a job lives; None when that cannot be known from here."""
    state = state or job.state
    return EXECUTORS.get(state.executor or job.spec.executor).is_alive(job, state.handle)


def reconcile_job(job: Job) -> State:
    """Find out whether a job that should run does, and write down what became of it.

    A process that is gone without a last word was interrupted, which is no failure: it can be
    resumed. One that cannot be seen from here is left alone while it keeps its lease.

    Args:
        job: Which.

    Returns:
        Its state, which is now true.
    """
    state = job.state
    if state.state not in ACTIVE:
        return state
    alive = is_alive(job, state)
    if alive:
        return state
    lease = float(job.workspace.settings.get("execution.lease_seconds"))
    if alive is None and job.folder.silence_seconds() < lease:
        return state
    to, message = _what_became(job, state)
    facts = _reached(job)
    try:
        fresh = job.folder.change(
            to, expect=(state.state,), attempt=state.attempt, message=message, **facts
        )
    except ConflictError:
        return job.state  # it spoke, or was resumed, in the meantime
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        return replace(state, state=to, message=message, **facts)  # one may look, not write
    job.folder.drop_ballast()
    if to in (CANCELLED, INTERRUPTED):
        run_ends(job, to, message)
    mirror.note(job)
    return fresh


def reconcile(workspace: Workspace) -> list[Job]:
    """Bring the states of all jobs of a workspace to what is true.

    Only jobs that should have a process are looked at, so thousands of old ones cost nothing.

    Returns:
        The jobs whose state was wrong.
    """
    mirror.catch_up(workspace)
    changed = []
    # Those that should run are few: as many as there are slots, and what waits for one.
    for row in mirror.rows(workspace, ACTIVE, limit=100_000)[0]:
        job = Job(workspace, row["job"])
        try:
            state = reconcile_job(job)
        except LLMOpsError:
            if job.folder.state_file.exists():
                raise
            continue  # removed by another process just now
        if state.state != row["state"]:
            mirror.note(job)
            changed.append(job)
    return changed


def _reached(job: Job) -> dict[str, Any]:
    """Give `step` and `steps` as the last attempt told them; nothing when it told none."""
    counter = StepCounter()
    for event in job.folder.read_events()[0]:
        if event.kind == "state" and event.data.get("state") == QUEUED:
            counter = StepCounter()
        counter.hear(event)
    reached = counter.reached()
    if reached["step"] is None:
        return {}
    return {"step": reached["step"], "steps": reached["steps"]}


def _what_became(job: Job, state: State) -> tuple[str, str]:
    """Say how an attempt ended whose process is gone."""
    folder = job.folder
    result = read_json(folder.result_file)
    if result is not None and result.get("attempt") == state.attempt:
        return DONE, ""
    error = read_json(folder.error_file)
    if error is not None and error.get("attempt") == state.attempt:
        return FAILED, str(error.get("message", ""))
    recorded = _recorded_result(job)
    if recorded is not None:
        write_json(folder.result_file, {"attempt": state.attempt, "result": recorded})
        return DONE, ""
    if folder.requested() == STOP:
        return CANCELLED, "it was stopped on request"
    return INTERRUPTED, f"its process was killed or its machine went down; resume {job.name}"


def _recorded_result(job: Job) -> dict[str, object] | None:
    """Give the result of a run that was closed a moment before its process was killed."""
    if job.run_id is None:
        return None
    from llmops_workbench.tracking.catalogue import Catalogue

    try:
        run = Catalogue(job.workspace).run(job.run_id)
    except NotFoundError:
        return None
    result = run.get("result") if run.get("state") == DONE else None
    if not isinstance(result, dict):
        return None
    return {**result, "run_id": result.get("run_id") or job.run_id}
