"""What starts a job's process: `local` here, others by adding a file to `executors/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from llmops_workbench.core.registry import Registry

if TYPE_CHECKING:
    from llmops_workbench.execution.job import Job


class Executor(Protocol):
    """Where the process of a job runs.

    A handle is a JSON object that names the process for ever; it stands in the job's state, so
    that whoever comes later can ask about it.
    """

    def check(self, job: Job) -> None:
        """Raise, before anything is started, when the job could not run here."""

    def submit(self, job: Job) -> dict[str, Any]:
        """Start the process of a job, detached, and give its handle.

        Raises:
            ConflictError: A process of this job lives already.
        """
        ...

    def is_alive(self, job: Job, handle: dict[str, Any] | None) -> bool | None:
        """Tell whether the process lives; None when that cannot be known from here.

        Args:
            job: The job.
            handle: What `submit` gave; None when its launcher was cut off before it was noted.
        """
        ...

    def ask_to_stop(self, job: Job, handle: dict[str, Any]) -> bool:
        """Signal the process to save and end; False when it cannot be reached from here."""
        ...

    def kill(self, job: Job, handle: dict[str, Any]) -> bool:
        """End the process and all that it started; False when it cannot be reached from here."""
        ...


EXECUTORS: Registry[Executor] = Registry("executor", "llmops_workbench.execution.executors")
