"""The catalogue's half about runs and jobs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.references import Reference
from llmops_workbench.core.store.store import JOBS

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace


class RunCatalogue(ABC):
    """Runs and jobs of a workspace; `Catalogue` adds the named things.

    Args:
        workspace: An open workspace.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.store = workspace.store

    @abstractmethod
    def pin(self, ref: str | Reference, kind: str | None = None) -> str:
        """Write a reference so that it will always mean the same."""

    @abstractmethod
    def items(
        self, kind: str, *, limit: int = 50, offset: int = 0, where: str | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """List a page of a kind."""

    def start_run(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        inputs: Iterable[str | Reference] = (),
        parent: str | None = None,
        run_id: str | None = None,
        replay: str | None = None,
        state: str = "running",
    ) -> str:
        """Open a run, or open one again when its id is given and known.

        Args:
            operation: The verb.
            arguments: JSON values.
            inputs: What it reads.
            parent: The run that it is a step of; one that is opened again moves to it.
            run_id: The id to use; a new one when left out.
            replay: The line that does the same again.
            state: `running`, or `queued` for a job that waits.

        Returns:
            The run's id, which MLflow will know it by, too.
        """
        from llmops_workbench.tracking import runs

        pinned = tuple(self.pin(ref) for ref in inputs)
        with self.store.write() as connection:
            return runs.start(
                connection, operation, dict(arguments), pinned, parent, run_id, replay, state
            )

    def finish_run(
        self,
        run_id: str,
        state: str,
        *,
        outputs: Iterable[str | Reference] = (),
        metrics: Mapping[str, Any] | None = None,
        result: Any = None,
        error: str | None = None,
    ) -> None:
        """Close a run, or record its state: running, paused, interrupted, done, failed, cancelled.

        Args:
            run_id: The run.
            state: What it is in now.
            outputs: What it made.
            metrics: By name: a number, or a mapping with value, lower and upper.
            result: JSON values to show without opening a file.
            error: The sentence that it failed with.

        Raises:
            NotFoundError: There is no such run.
            UsageError: There is no such state.
        """
        from llmops_workbench.tracking import runs

        pinned = tuple(self.pin(ref) for ref in outputs)
        with self.store.write() as connection:
            runs.finish(connection, run_id, state, pinned, dict(metrics or {}), result, error)

    def run(self, run_id: str) -> dict[str, Any]:
        """Give all that is known of a run.

        Args:
            run_id: Its id or the beginning of it.

        Raises:
            NotFoundError: There is no such run.
            AmbiguousError: Several begin like this.
        """
        from llmops_workbench.tracking import runs

        with self.store.read() as connection:
            return runs.find(connection, run_id.removeprefix("run:"))

    def runs(
        self, *, limit: int = 50, offset: int = 0, where: str | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """List a page of runs, newest first, as `items("run")` does."""
        return self.items("run", limit=limit, offset=offset, where=where)

    def save_job(self, job: str, **fields: Any) -> None:
        """Create or change the row of a job.

        Args:
            job: Its id.
            **fields: operation (needed the first time), state, run_id, step, steps, pid, host,
                executor, folder (relative to `.llmops`); anything else is kept beside them.
        """
        from llmops_workbench.tracking import jobs

        with self.store.write(counter=JOBS) as connection:
            jobs.save(connection, job, fields)

    def job(self, job: str) -> dict[str, Any]:
        """Give a job by its id, the beginning of it, or the id of its run.

        Raises:
            NotFoundError: There is none.
            AmbiguousError: Several begin like this.
        """
        from llmops_workbench.tracking import jobs

        with self.store.read() as connection:
            return jobs.find(connection, job)

    def jobs(
        self, *, states: Iterable[str] = (), limit: int = 50, offset: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        """List a page of jobs, newest first; and how many there are in these states."""
        from llmops_workbench.tracking import jobs

        with self.store.read() as connection:
            return jobs.page(connection, tuple(states), limit, offset)
