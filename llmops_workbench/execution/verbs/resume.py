"""The operation `resume`."""

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.execution.report import JobName, JobReport


@operation(stage="everywhere", records=False)
def resume(job: JobName, *, wait: bool = False) -> JobReport:
    """Go on with a job that was paused, interrupted, stopped or failed, from its last checkpoint.

    It keeps its arguments and its run. When several resume it at once, one does.

    Args:
        job: Its id, a part of it that only one job has, or its run's id.
        wait: Watch it until it ends, instead of coming back at once.

    Raises:
        NotFoundError: There is no such job; the nearest is named.
        ConflictError: It is running, or done.
        StorageError: The disk is nearly full.

    Example:
        llmops resume 7f3a --wait
    """
    from llmops_workbench.execution import control, watch
    from llmops_workbench.execution.job import find_job
    from llmops_workbench.execution.report import report_of

    found = find_job(context.workspace(), job)
    offset = found.folder.events_size()
    control.resume(found)
    if wait:
        watch.wait(found, context.current().listener, offset=offset)
    return report_of(found)
