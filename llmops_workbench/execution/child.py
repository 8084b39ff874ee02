"""The main program of a job's process: `python -m llmops_workbench.execution.child FOLDER`."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType

from llmops_workbench.core import secrets
from llmops_workbench.core.errors import ConflictError, LLMOpsError, outcome
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import locks
from llmops_workbench.execution.executors.local import LOCK
from llmops_workbench.execution.identity import identify, kill_family
from llmops_workbench.execution.job import Job
from llmops_workbench.execution.process import Stop, carry_out

_log = logging.getLogger("llmops_workbench.job")

# Threads of libraries that do not end are left behind after this time.
_LEAVE_SECONDS = 10.0


def main(arguments: list[str]) -> int:
    """Run the job of a folder.

    Args:
        arguments: The folder, alone.

    Returns:
        The exit code, as a shell command of the same operation has it.
    """
    faulthandler.enable()  # a fault in native code leaves its place in the log
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    job = open_job(Path(arguments[0]))
    _take_lock(job)
    attempt = job.state.attempt
    stop = Stop(job)

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.ask()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Behind all others: what the person's own modules are named must hide none of the libraries.
    sys.path.append(str(job.workspace.root))
    try:
        carry_out(job, attempt, stop, executor="local")
        code = 0
    except LLMOpsError as error:
        code = outcome(error).exit_code
    except BaseException as error:
        _log.error("%s", secrets.redact("".join(traceback.format_exception(error))))
        code = outcome(error).exit_code
    me = identify()
    kill_family(me, job.name, spare=me.pid)
    _leave_soon(code)
    return code


def open_job(folder: Path) -> Job:
    """Open the job whose folder this is, wherever its workspace lies now."""
    return Job(Workspace(folder.resolve().parents[2]), folder.name)


def _take_lock(job: Job) -> None:
    """Hold the job's lock until this process is gone."""
    inherited = os.environ.pop(LOCK, None)
    if inherited is not None:
        locks.adopt(int(inherited))
    elif locks.acquire(job.folder.alive_lock) is None:
        raise ConflictError(f"job '{job.name}' is running already")


def _leave_soon(code: int) -> None:
    timer = threading.Timer(_LEAVE_SECONDS, os._exit, args=(code,))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
