"""The store's copy of what the job folders say, so that a list of thousands opens no folder.

The folder is the truth. A copy that could not be written is caught up on by the next one, or by
`catch_up`, so a store that is busy or unreachable never stops a job.
"""

from __future__ import annotations

import logging
from typing import Any

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.store.store import JOBS
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.folder import ACTIVE
from llmops_workbench.execution.job import Job, job_names

_log = logging.getLogger(__name__)


def describe(job: Job) -> dict[str, Any]:
    """Say all that a list of jobs shows of one, from its folder."""
    state, spec = job.state, job.spec
    beat = job.folder.heartbeat() if state.state in ACTIVE else {}
    if beat.get("attempt") != state.attempt:
        beat = {}
    handle = state.handle or {}
    return {
        "operation": spec.operation,
        "run_id": spec.run_id,
        "state": state.state,
        "step": beat.get("step", state.step),
        "steps": beat.get("steps", state.steps),
        "pid": handle.get("pid") if state.state in ACTIVE else None,
        "host": str(handle.get("host", "")).partition(":")[0] or None,
        "executor": state.executor or spec.executor,
        "folder": job.workspace.relative(job.folder.path),
        "attempt": state.attempt,
        "since": state.since,
        "message": state.message,
        "eta_seconds": beat.get("eta_seconds"),
    }


def note(job: Job) -> None:
    """Copy what a job's folder says; logs it when the store cannot be written."""
    from llmops_workbench.tracking.catalogue import Catalogue

    try:
        Catalogue(job.workspace).save_job(job.name, **describe(job))
    except (LLMOpsError, OSError) as error:
        _log.warning("the list of jobs could not be updated: %s", error)


def catch_up(workspace: Workspace) -> None:
    """Add what the copy has missed, and drop what has no folder any more."""
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import jobs as table

    here = set(job_names(workspace))
    with workspace.store.read() as connection:
        known = set(connection.execute(select(table.c.job)).scalars())
    for name in sorted(here - known):
        job = Job(workspace, name)
        # Without these two its start is not over, or was cut off.
        if job.folder.spec_file.exists() and job.folder.state_file.exists():
            note(job)
    gone = known - here
    if gone:
        with workspace.store.write(counter=JOBS) as connection:
            for name in gone:
                connection.execute(table.delete().where(table.c.job == name))


def rows(
    workspace: Workspace, states: tuple[str, ...] = (), limit: int = 50, offset: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """List jobs from the copy, the newest first.

    Args:
        workspace: Whose jobs.
        states: Only those in these states; all when empty.
        limit: How many at most.
        offset: How many of the newest to leave out.

    Returns:
        The rows, and how many there are in all.
    """
    from llmops_workbench.tracking.catalogue import Catalogue

    return Catalogue(workspace).jobs(states=states, limit=limit, offset=offset)
