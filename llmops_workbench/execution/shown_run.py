"""A run as the panel of its result shows it: its state, its line, its job while it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context, replay
from llmops_workbench.core.errors import LLMOpsError, NotFoundError, UsageError
from llmops_workbench.core.results import Result

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

_BARS = 24


def shown_run(
    workspace: Workspace | None, subject: str, held: object | None, operation: str
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Find the run that a panel of results shows.

    Args:
        workspace: Where it is; None for a result that the kernel alone holds.
        subject: `run:ID`, `job:NAME`, or `kernel:…` with a result.
        held: That result.
        operation: The verb that the run must be of.

    Returns:
        What every such panel needs (run, state, error, line, arguments, job, bars), and the
        result as JSON values; None before there is one.

    Raises:
        NotFoundError: There is no such run.
        UsageError: It is a run of another operation.
        WorkspaceError: No workspace is open.
    """
    if isinstance(held, Result):
        result = held.to_dict()
        if workspace is None or not held.run_id:
            return _head(None, operation, "done", None, {}), result
        subject = f"run:{held.run_id}"
    workspace = context.needed(workspace)
    run = _find(workspace, subject)
    if run["operation"] != operation:
        raise UsageError(f"{run['ref']} is {run['operation']}, and this shows {operation}")
    head = _head(run["ref"], operation, run["state"], run["error"], run["arguments"])
    if run["result"] is None:
        head |= _under_way(workspace, run["run_id"])
    return head | {"started": run["started"], "ended": run["ended"]}, run["result"]


def line_of(operation: str, arguments: dict[str, Any]) -> str:
    """Write the line that does the same again; empty when nobody here knows the verb."""
    try:
        return replay.magic(operation, arguments)
    except (LLMOpsError, ImportError):
        # The operation came with a plug-in that is not here.
        return ""


def _head(
    run: str | None, operation: str, state: str, error: str | None, arguments: dict[str, Any]
) -> dict[str, Any]:
    return {
        "run": run,
        "operation": operation,
        "state": state,
        "error": error,
        "arguments": arguments,
        "line": line_of(operation, arguments) if arguments else "",
        "job": None,
        "bars": [],
        "started": None,
        "ended": None,
    }


def _find(workspace: Workspace, subject: str) -> dict[str, Any]:
    from llmops_workbench.tracking.catalogue import Catalogue

    book = Catalogue(workspace)
    kind, _, name = subject.partition(":")
    if kind == "job":
        run_id = book.job(name)["run_id"]
        if run_id is None:
            raise NotFoundError(f"{subject} has no run")
        return book.run(run_id)
    return book.run(name)


def _under_way(workspace: Workspace, run_id: str) -> dict[str, Any]:
    """Say how far the job of an unfinished run is; nothing for a run that is no job."""
    from llmops_workbench.execution.job import find_job
    from llmops_workbench.execution.story import story_of

    try:
        job = find_job(workspace, run_id)
    except LLMOpsError:
        return {}
    story = story_of(job.folder)
    with story.lock:
        bars = [
            {
                "label": bar.label,
                "done": bar.done,
                "total": bar.total,
                "unit": bar.unit,
                "left": bar.left,
            }
            for bar in story.bars.values()
        ]
    return {"job": f"job:{job.name}", "bars": bars[-_BARS:]}
