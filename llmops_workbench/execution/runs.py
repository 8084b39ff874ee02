"""One call of an operation is one run: opened, done and closed here, inline or inside a job."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context, secrets
from llmops_workbench.core.errors import CancelledError, GateNotPassedError, outcome
from llmops_workbench.core.events import Event, Listener, silent
from llmops_workbench.core.operations import Operation, to_json
from llmops_workbench.core.references import Reference

if TYPE_CHECKING:
    from llmops_workbench.core.results import Result
    from llmops_workbench.core.workspace import Workspace

# The run that a step's run belongs to, handed to the step's process.
PARENT = "LLMOPS_PARENT_RUN"


def inputs_of(arguments: dict[str, Any]) -> list[str]:
    """List the references among pinned arguments: what the run depends on."""
    found: list[str] = []
    for value in arguments.values():
        for item in value if isinstance(value, list | tuple) else [value]:
            if isinstance(item, Reference):
                found.append(str(item))
    return found


def open_run(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> str | None:
    """Record that a call begins.

    Args:
        operation: What is called.
        arguments: Checked and pinned arguments.
        workspace: Where it is recorded.

    Returns:
        The run's id, or None for an operation that only looks.
    """
    if not operation.records:
        return None
    from llmops_workbench.tracking.catalogue import Catalogue

    return Catalogue(workspace).start_run(
        operation.name,
        to_json(arguments),
        inputs=inputs_of(arguments),
        parent=parent_run(),
    )


def parent_run() -> str | None:
    """Give the run that a run opened now belongs to."""
    return context.current().run_id or os.environ.get(PARENT)


def perform(
    operation: Operation,
    arguments: dict[str, Any],
    workspace: Workspace | None,
    *,
    run_id: str | None,
    listener: Listener = silent,
    job_dir: Path | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    stopped: Callable[[], str] = lambda: "cancelled",
) -> Result:
    """Do the work of one call and close its run, whatever happens.

    Args:
        operation: What is called.
        arguments: Checked and pinned arguments.
        workspace: Where it works; None for an operation that needs none.
        listener: Is told what happens on the way.
        run_id: The run that was opened for it, when it is recorded.
        job_dir: The folder of the job that this process is.
        cancelled: Tells whether to stop.
        stopped: Names the run's state after a stop: cancelled, paused …

    Returns:
        The operation's result, with the run's id in it.

    Raises:
        LLMOpsError: Whatever the operation raises.
    """
    with (
        _plain_output(),
        context.activate(
            workspace,
            operation=operation.name,
            run_id=run_id,
            arguments=to_json(arguments),
            listener=_redacting(listener),
            cancelled=cancelled,
            job_dir=job_dir,
        ),
    ):
        try:
            result: Result = operation.function(**arguments)
        except BaseException as error:
            decision = error.result if isinstance(error, GateNotPassedError) else None
            close(workspace, run_id, _state(error, stopped), result=decision, error=error)
            raise
        if run_id is not None and result.run_id is None:
            result = result.model_copy(update={"run_id": run_id})
        close(workspace, run_id, "done", result=result)
        return result


def _state(error: BaseException, stopped: Callable[[], str]) -> str:
    if isinstance(error, CancelledError | KeyboardInterrupt):
        return stopped()
    return "done" if isinstance(error, GateNotPassedError) else "failed"


def close(
    workspace: Workspace | None,
    run_id: str | None,
    state: str,
    *,
    result: Result | None = None,
    error: BaseException | None = None,
) -> None:
    """Record how a run ended, and bring it to MLflow.

    Args:
        workspace: Where it is recorded; nothing happens without one.
        run_id: The run; nothing happens without one.
        state: done, failed, cancelled or paused.
        result: What it gave.
        error: Why it ended otherwise.
    """
    if workspace is None or run_id is None:
        return
    from llmops_workbench.tracking.catalogue import Catalogue

    message = secrets.redact(outcome(error).message) if error is not None else None
    try:
        Catalogue(workspace).finish_run(
            run_id,
            state,
            metrics=result.headline() if result is not None else None,
            result=result.to_dict() if result is not None else None,
            error=message,
        )
    except Exception as trouble:
        # A full disk must not hide why the work itself failed.
        context.warn(f"the end of run {run_id} could not be recorded: {outcome(trouble).message}")
        if error is None:
            raise
        return
    _project(workspace)


def _project(workspace: Workspace) -> None:
    """Bring the record to MLflow; what cannot go now stays in the outbox and is said.

    A step leaves it to the pipeline that it belongs to: MLflow takes seconds to import, and once
    at the end is enough.
    """
    if os.environ.get(PARENT) and context.current().run_id is not None:
        return
    if context.outbox_waits():
        return
    from llmops_workbench.tracking import outbox, reconcile

    try:
        outbox.drain(workspace)
        reconcile.reconcile(workspace)
    except Exception as trouble:
        context.warn(f"MLflow could not be updated yet ({outcome(trouble).message})")


def _redacting(listener: Listener) -> Listener:
    def listen(event: Event) -> None:
        data = {
            key: secrets.redact(value) if isinstance(value, str) else value
            for key, value in event.data.items()
        }
        listener(Event(event.kind, data, event.time))

    return listen


@contextmanager
def _plain_output() -> Iterator[None]:
    """Keep the telemetry and the progress bars of libraries off for the time of a call."""
    quiet = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    }
    for name, value in quiet.items():
        os.environ.setdefault(name, value)
    yield
