"""The operation `pause`."""

from typing import Annotated

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.execution.report import JobName, JobReport


@operation(stage="everywhere", records=False)
def pause(
    job: JobName, *, timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 600.0
) -> JobReport:
    """Let a job write a checkpoint and end, to go on later with `resume`.

    Args:
        job: Its id, a part of it that only one job has, or its run's id.
        timeout: Seconds to wait until its process is gone.

    Raises:
        NotFoundError: There is no such job; the nearest is named.
        ConflictError: It does not run.
        JobError: It has not paused in time; the request stays.

    Example:
        llmops pause 7f3a
    """
    from llmops_workbench.execution import control
    from llmops_workbench.execution.job import find_job
    from llmops_workbench.execution.report import report_of

    found = find_job(context.workspace(), job)
    control.pause(found, timeout=timeout)
    return report_of(found)
