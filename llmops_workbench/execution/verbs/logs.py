"""The operation `logs`."""

from typing import Annotated

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.execution.report import JobLog, JobName


@operation(stage="everywhere", records=False)
def logs(
    job: JobName,
    *,
    follow: bool = False,
    lines: Annotated[int, Field(ge=0)] = 100,
    offset: Annotated[int, Field(ge=0)] = 0,
) -> JobLog:
    """Show what a job has told and printed, and go on watching it when asked to.

    Args:
        job: Its id, a part of it that only one job has, or its run's id.
        follow: Watch it until it ends; interrupting the watch leaves the job alone.
        lines: How many of the last printed lines to show.
        offset: Where to start among its events, in bytes, as the last call gave it.

    Raises:
        NotFoundError: There is no such job; the nearest is named.

    Example:
        llmops logs 7f3a --follow
    """
    from llmops_workbench.execution import watch
    from llmops_workbench.execution.job import find_job
    from llmops_workbench.execution.reconcile import reconcile_job

    found = find_job(context.workspace(), job)
    if follow:
        watch.follow(found, context.current().listener, offset=offset, log=True)
    state = reconcile_job(found)
    events, reached = found.folder.read_events(offset)
    return JobLog(
        run_id=found.run_id,
        job=found.name,
        state=state.state,
        events=[event.to_dict() for event in events],
        offset=reached,
        log=list(watch.tail(found, lines)),
    )
