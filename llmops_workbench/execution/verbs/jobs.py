"""The operation `jobs`."""

from typing import Annotated

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.execution.report import JobList, JobState


@operation(stage="everywhere", records=False)
def jobs(
    *,
    state: list[JobState] = [],
    limit: Annotated[int, Field(gt=0, le=10_000)] = 50,
    offset: Annotated[int, Field(ge=0)] = 0,
) -> JobList:
    """List jobs, the newest first, each with its state and how far it is.

    A job whose process was killed is found out here, and shown as interrupted.

    Args:
        state: Only those in these states; all when left out.
        limit: How many at most.
        offset: How many of the newest to leave out.

    Example:
        llmops jobs --state running
    """
    from llmops_workbench.execution import mirror
    from llmops_workbench.execution.job import Job
    from llmops_workbench.execution.reconcile import reconcile
    from llmops_workbench.execution.report import row_of

    workspace = context.workspace()
    reconcile(workspace)
    rows, total = mirror.rows(workspace, tuple(state), limit, offset)
    return JobList(items=[row_of(Job(workspace, row["job"]), row) for row in rows], total=total)
