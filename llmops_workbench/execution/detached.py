"""Starting any operation as a job of its own, for a face that must not do the work itself."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core import context, operations
from llmops_workbench.core.events import Listener, silent
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import launcher, runs
from llmops_workbench.execution.executors.local import check_python
from llmops_workbench.execution.invoke import JobHandle
from llmops_workbench.execution.resolve import resolve


def start(
    name: str,
    arguments: dict[str, Any],
    *,
    workspace: Workspace,
    python: str | None = None,
    listener: Listener = silent,
) -> JobHandle:
    """Start an operation as a process of its own and come back at once.

    Operations that are done inline elsewhere are jobs here, too; they wait for no slot, because
    nothing waits for one where they are done inline.

    Args:
        name: The verb.
        arguments: By parameter name.
        workspace: Where it works, for the person who acts in it.
        python: The interpreter to do it with; this one when left out.
        listener: Is told of warnings.

    Returns:
        The job and its run, which is None for an operation that only looks.

    Raises:
        LLMOpsError: Something is wrong with the call, or nothing can be started.
    """
    operation = operations.get(name)
    operation.validate_names(arguments)
    if python is not None:
        check_python(python)
    with context.activate(workspace, listener=listener):
        checked = operation.validate(resolve(operation, arguments, workspace))
        run_id = runs.open_run(operation, checked, workspace)
    slot = operation.runs == "job" and not operation.endless
    try:
        job = launcher.start(
            workspace,
            operation.name,
            operations.to_json(checked),
            run_id,
            python=python,
            slot=slot,
        )
    except BaseException as error:
        # A run without a job would stay open for ever.
        with context.activate(workspace, listener=listener):
            runs.close(workspace, run_id, "failed", error=error)
        raise
    return JobHandle(job=job.name, run_id=run_id)
