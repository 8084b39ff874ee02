"""The operation `cancel`."""

from typing import Annotated

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.execution.report import JobName, JobReport


@operation(stage="everywhere", records=False)
def cancel(
    job: JobName, *, grace: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
) -> JobReport:
    """Stop a job: it saves and ends, and is killed with all that it started when it does not.

    Args:
        job: Its id, a part of it that only one job has, or its run's id.
        grace: Seconds that it has to save; the setting execution.grace_seconds when left out.

    Raises:
        NotFoundError: There is no such job; the nearest is named.
        ConflictError: It has finished already.
        JobError: It runs out of reach of this process and has not stopped yet.

    Example:
        llmops cancel 7f3a
    """
    from llmops_workbench.execution import control
    from llmops_workbench.execution.job import find_job
    from llmops_workbench.execution.report import report_of

    found = find_job(context.workspace(), job)
    control.cancel(found, grace=grace)
    return report_of(found)
