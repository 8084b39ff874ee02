"""Starting a job: its folder first, then its process, so that nothing runs that nobody can find."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import ConflictError, LLMOpsError
from llmops_workbench.core.events import Event, Listener
from llmops_workbench.core.plugins import ENVIRONMENT as PLUGINS
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import mirror
from llmops_workbench.execution.executor import EXECUTORS
from llmops_workbench.execution.folder import ACTIVE, FAILED, INTERRUPTED, QUEUED, State
from llmops_workbench.execution.identity import TOKEN, identify
from llmops_workbench.execution.job import Job, jobs_folder
from llmops_workbench.execution.spec import Spec, environment_names, make_folder, write_spec

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation
    from llmops_workbench.core.results import Result


def start(
    workspace: Workspace,
    operation: str,
    arguments: dict[str, Any],
    run_id: str | None,
    *,
    on: str = "local",
    python: str | None = None,
    slot: bool = True,
) -> Job:
    """Start an operation as a job and come back at once.

    Args:
        workspace: Where it runs; settings that were given as flags go with it.
        operation: The verb.
        arguments: JSON values, references pinned, secrets by name.
        run_id: The run that it records into, opened by the caller; None records nothing.
        on: The executor.
        python: Interpreter to run it with; this one when left out.
        slot: Whether it waits for a slot; False for what runs for days, such as an endpoint, and
            for a job that its parent waits for.

    Returns:
        The job, which is queued or runs already.

    Raises:
        StorageError: The disk is nearly full.
        UsageError: An argument holds a secret's value, or `python` cannot run the workbench.
        NotFoundError: There is no such executor.
        JobError: The process ended at once.
    """
    job = _prepare(workspace, operation, arguments, run_id, on=on, python=python, slot=slot)
    _submit(job, 1)
    return job


def _prepare(
    workspace: Workspace,
    operation: str,
    arguments: dict[str, Any],
    run_id: str | None,
    *,
    on: str = "local",
    python: str | None = None,
    slot: bool,
    step_of: str | None = None,
) -> Job:
    """Make the folder of a queued job."""
    executor = EXECUTORS.get(on)
    folder = make_folder(jobs_folder(workspace), operation)
    job = Job(workspace, folder.job)
    try:
        write_spec(
            folder,
            Spec(
                job=job.name,
                operation=operation,
                arguments=arguments,
                run_id=run_id,
                executor=on,
                python=python or sys.executable,
                # A job that was started by another one is waited for inside that one's slot.
                slot=slot and TOKEN not in os.environ,
                settings=dict(workspace.flags),
                plugins=plugin_files(),
                environment=environment_names(),
            ),
        )
        executor.check(job)
    except (LLMOpsError, OSError):
        # Nothing was started: nothing stays behind.
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    with folder.exclusive():
        folder.put(State(QUEUED, launcher=identify().to_dict(), step_of=step_of))
        told = {"state": QUEUED, "attempt": 1, "by": workspace.user()}
        folder.append(Event("state", told), durable=True)
    mirror.note(job)
    return job


def plugin_files() -> str:
    """Give the plug-in files in force, so that they are found from any folder."""
    named = filter(None, os.environ.get(PLUGINS, "").split(os.pathsep))
    return os.pathsep.join(str(Path(name).expanduser().resolve()) for name in named)


def start_again(job: Job) -> None:
    """Start the next attempt of a job, which the caller has put into `queued`."""
    _submit(job, job.state.attempt)


def _submit(job: Job, attempt: int) -> None:
    folder = job.folder
    try:
        handle = EXECUTORS.get(job.spec.executor).submit(job)
    except ConflictError:
        raise
    except (LLMOpsError, OSError) as error:
        to = FAILED if attempt == 1 else INTERRUPTED
        folder.change(to, expect=ACTIVE, attempt=attempt, message=str(error))
        mirror.note(job)
        raise
    with folder.exclusive():
        state = folder.state()
        # The child notes the same when it comes first; it may even have ended already.
        if state.attempt == attempt and state.handle is None and state.state in ACTIVE:
            folder.put(replace(state, handle=handle))


def run_here(
    workspace: Workspace,
    operation: Operation,
    arguments: dict[str, Any],
    run_id: str | None,
    listener: Listener,
) -> Result:
    """Carry out an operation as a job that is this very process, as in a pipeline's step.

    Args:
        workspace: Where it runs.
        operation: Which.
        arguments: JSON values, references pinned, secrets by name.
        run_id: The run that it records into, opened by the caller.
        listener: Is told what happens on the way.

    Returns:
        The operation's result.

    Raises:
        LLMOpsError: Whatever the operation raises.
    """
    from llmops_workbench.execution import locks

    job = _prepare(
        workspace, operation.name, arguments, run_id, slot=False, step_of=os.environ.get(TOKEN, "")
    )
    return go_on_here(job, locks.acquire(job.folder.alive_lock), listener)


def go_on_here(job: Job, lock: int | None, listener: Listener) -> Result:
    """Carry out the present attempt of a queued job in this very process.

    Args:
        job: Which.
        lock: The descriptor that holds its lock; it is given back at the end.
        listener: Is told what happens on the way.

    Returns:
        The operation's result.

    Raises:
        LLMOpsError: Whatever the operation raises.
    """
    from llmops_workbench.execution import locks
    from llmops_workbench.execution.process import Stop, carry_out

    try:
        return carry_out(
            job,
            job.state.attempt,
            Stop(job),
            executor="here",
            listener=listener,
            ends_process=False,
        )
    finally:
        if lock is not None:
            locks.release(lock)
