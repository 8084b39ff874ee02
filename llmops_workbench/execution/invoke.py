"""The one way in: every face calls an operation here, by name and with plain arguments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context, errors, operations
from llmops_workbench.core.events import Event, Listener
from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.core.workspace import FILE, Workspace
from llmops_workbench.execution import runs
from llmops_workbench.execution.resolve import resolve

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation

# Set in a pipeline step's process: there the step itself is the job.
STEP = "LLMOPS_STEP"

# A job that goes on for days, such as an endpoint, emits this event with its result's fields once
# it is ready; whoever waits for the job gets that result and stops waiting.
READY = "ready"


class _ReadyError(Exception):
    """The job has said that it is ready."""


class JobHandle(Result):
    """A job that was started and goes on by itself.

    Attributes:
        job: Its name, as `llmops logs`, `cancel` and `resume` take it.
    """

    job: Volatile[str]


def invoke(
    name: str,
    arguments: dict[str, Any],
    *,
    workspace: Workspace | Path | str | None = None,
    listener: Listener | None = None,
    detach: bool = False,
    flags: dict[str, Any] | None = None,
) -> Result:
    """Call an operation.

    Args:
        name: The verb.
        arguments: By parameter name; references may be text, datasets also frames or paths.
        workspace: An open one or its folder; found upward from here when left out.
        listener: Is told what happens on the way; the current call's when left out.
        detach: Start a job and do not wait for it.
        flags: Settings that were given with this call.

    Returns:
        The operation's result, or a `JobHandle` for a detached job.

    Raises:
        LLMOpsError: Something is wrong with the call, or the work failed.
        KeyboardInterrupt: A wait was interrupted; the job itself goes on.
    """
    operation = operations.get(name)
    outer = context.current()
    listen = outer.listener if listener is None else listener
    opened = _open(operation, workspace, outer.workspace, flags)
    with context.activate(opened, listener=listen, run_id=outer.run_id):
        if opened is None:
            return runs.perform(
                operation, operation.validate(arguments), None, run_id=None, listener=listen
            )
        operation.validate_names(arguments)
        checked = operation.validate(resolve(operation, arguments, opened))
        as_job = operation.runs == "job" and outer.job_dir is None
        if detach and not as_job:
            raise errors.UsageError(f"{name} is done at once, so it cannot be detached")
        if as_job:
            return _as_job(operation, checked, opened, listen, detach)
        run_id = runs.open_run(operation, checked, opened)
        return runs.perform(
            operation,
            checked,
            opened,
            run_id=run_id,
            listener=listen,
            job_dir=outer.job_dir,
            cancelled=outer.cancelled,
        )


def _open(
    operation: Operation,
    given: Workspace | Path | str | None,
    outer: Workspace | None,
    flags: dict[str, Any] | None,
) -> Workspace | None:
    if isinstance(given, Workspace):
        return given
    if not operation.workspace:
        # It may use one when there is one, as `doctor` does.
        try:
            return Workspace.find(given, flags) if given else outer
        except errors.WorkspaceError:
            return None
    if given is None and outer is not None:
        return outer
    try:
        return Workspace.find(given, flags)
    except errors.WorkspaceError:
        if operation.creates and given and not (Path(given) / FILE).exists():
            Workspace.init(given)
            return Workspace.find(given, flags)
        raise


def _as_job(
    operation: Operation,
    checked: dict[str, Any],
    workspace: Workspace,
    listener: Listener,
    detach: bool,
) -> Result:
    from llmops_workbench.execution import launcher, watch

    if os.environ.get(STEP) == "1" and not operation.endless:
        return _as_step(operation, checked, workspace, listener)
    run_id = runs.open_run(operation, checked, workspace)
    arguments = operations.to_json(checked)
    job = launcher.start(workspace, operation.name, arguments, run_id, slot=not operation.endless)
    listener(Event("job", {"job": job.name, "run_id": run_id}))
    if detach:
        return JobHandle(job=job.name, run_id=run_id)
    ready: dict[str, Any] = {}

    def listen(event: Event) -> None:
        if event.kind == READY:
            ready.update(event.data)
            raise _ReadyError
        listener(event)

    try:
        record = watch.wait(job, listen)
    except _ReadyError:
        record = {**ready, "run_id": run_id}
    result: Result = operation.result_type.model_validate(record)
    return result


def _as_step(
    operation: Operation, checked: dict[str, Any], workspace: Workspace, listener: Listener
) -> Result:
    """Do a job in this process; go on with an equal one of a step that was cut off, if any is."""
    from llmops_workbench.execution import cut_off, launcher

    arguments = operations.to_json(checked)
    taken = cut_off.take_up(workspace, operation.name, arguments)
    if taken is not None:
        return launcher.go_on_here(*taken, listener)
    run_id = runs.open_run(operation, checked, workspace)
    return launcher.run_here(workspace, operation, arguments, run_id, listener)
