"""Steps of pipelines that were cut off: whoever would do the same work anew goes on with them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError, NotFoundError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, mirror, runs
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.folder import ACTIVE, INTERRUPTED, PAUSED
from llmops_workbench.execution.identity import TOKEN
from llmops_workbench.execution.job import Job
from llmops_workbench.execution.reconcile import reconcile_job
from llmops_workbench.version import __version__

# Set in a step's process when every step shall be done again: then only what was begun by the same
# job, in an attempt before, is gone on with.
FRESH = "LLMOPS_STEP_FRESH"

_POLL_SECONDS = 0.1
# Beyond the grace that a step has when its pipeline is gone.
_ENDING_SECONDS = 5.0


def take_up(
    workspace: Workspace, operation: str, arguments: dict[str, Any]
) -> tuple[Job, int] | None:
    """Take the newest cut-off step that did the same work and has a checkpoint to go on from.

    The same work is the same operation with the same pinned arguments in the same version of the
    workbench. Without a checkpoint there is nothing to win, and the call gets a job of its own.

    Args:
        workspace: Where to look.
        operation: The verb.
        arguments: JSON values, references pinned.

    Returns:
        The job, queued in its next attempt, and the descriptor that holds its lock; None when
        there is none, or others have them.
    """
    step_of, parent = os.environ.get(TOKEN, ""), runs.parent_run()
    for job in _same_work(workspace, operation, arguments, step_of):
        _let_end(job, step_of)
        if not _can_go_on(job):
            continue
        lock = control.take_up(job, step_of=step_of, parent=parent)
        if lock is not None:
            return job, lock
    return None


def _same_work(
    workspace: Workspace, operation: str, arguments: dict[str, Any], step_of: str
) -> Iterator[Job]:
    """Walk over the unfinished steps with this order, the newest first."""
    mirror.catch_up(workspace)
    wanted = _text(arguments)
    unfinished = mirror.rows(workspace, (*ACTIVE, PAUSED, INTERRUPTED), limit=100_000)[0]
    found = []
    for row in unfinished:
        job = Job(workspace, row["job"])
        if row["operation"] != operation:
            continue
        try:
            spec, begun_by = job.spec, job.state.step_of
        except LLMOpsError:
            continue  # removed just now, or damaged: nothing to go on with
        if begun_by is None or spec.version != __version__ or _text(spec.arguments) != wanted:
            continue
        if os.environ.get(FRESH) == "1" and not (begun_by and begun_by == step_of):
            continue
        found.append(job)
    yield from sorted(found, key=lambda job: job.spec.created, reverse=True)


def _text(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)


def _can_go_on(job: Job) -> bool:
    from llmops_workbench.tracking.catalogue import Catalogue

    if Checkpoints.open(job.folder.checkpoints).latest() is None:
        return False
    try:
        return job.run_id is None or bool(Catalogue(job.workspace).run(job.run_id))
    except NotFoundError:
        return False  # its record was removed: what it did is not wanted any more


def _let_end(job: Job, step_of: str) -> None:
    """Wait for a step whose pipeline is gone: it lives a moment longer, and saves nothing more."""
    if not _is_left_behind(job, step_of):
        return
    context.emit("log", message=f"waiting for {job.name} to end, whose pipeline is gone")
    grace = float(job.workspace.settings.get("execution.grace_seconds"))
    until = time.monotonic() + grace + _ENDING_SECONDS
    while time.monotonic() < until:
        if reconcile_job(job).state not in ACTIVE:
            return
        time.sleep(_POLL_SECONDS)


def _is_left_behind(job: Job, step_of: str) -> bool:
    state = reconcile_job(job)
    if state.state not in ACTIVE or state.executor != "here" or not state.step_of:
        return False
    if state.step_of == step_of:
        return True  # of an attempt before this one: a pipeline does one step at a time
    try:
        return reconcile_job(Job(job.workspace, state.step_of)).state not in ACTIVE
    except LLMOpsError:
        return True  # it was even removed
