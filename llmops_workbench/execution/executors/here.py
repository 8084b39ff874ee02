"""A job that is the process which asked for it, as in a pipeline's step; it cannot be submitted."""

from __future__ import annotations

import signal
from typing import Any

from llmops_workbench.core.errors import UsageError
from llmops_workbench.execution.executor import EXECUTORS
from llmops_workbench.execution.executors.local import check_space
from llmops_workbench.execution.identity import Identity, is_alive, send
from llmops_workbench.execution.job import Job
from llmops_workbench.execution.locks import is_held


class HereExecutor:
    """The process is not the job's own: it is asked by the folder alone, and killed only alone."""

    def check(self, job: Job) -> None:
        """Check the disk."""
        check_space(job.workspace)

    def submit(self, job: Job) -> dict[str, Any]:
        """Refuse."""
        raise UsageError(f"job '{job.name}' cannot be started inside another process: use 'local'")

    def is_alive(self, job: Job, handle: dict[str, Any] | None) -> bool | None:
        """Ask the lock first, then the pid."""
        if is_held(job.folder.alive_lock):
            return True
        return None if handle is None else is_alive(Identity.from_dict(handle))

    def ask_to_stop(self, job: Job, handle: dict[str, Any]) -> bool:
        """Leave the process alone: it finds the request in the folder."""
        return False

    def kill(self, job: Job, handle: dict[str, Any]) -> bool:
        """Kill the process, not what else runs in its session."""
        return send(Identity.from_dict(handle), signal.SIGKILL)


EXECUTORS.register("here")(HereExecutor())
