"""Watches the workspace and says that something has changed; what, the browser asks then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.store.store import JOBS
from llmops_workbench.execution.folder import ACTIVE
from llmops_workbench.execution.job import Job

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.server.service import Service

_log = logging.getLogger(__name__)

SCHEMA: dict[str, Any] = {
    "$id": "https://llmops-workbench/changed/v1",
    "version": "1",
    "title": "Something in the LLMOps workspace has changed",
    "description": "Says that, not what: whoever shows something asks again.",
    "personal-data": False,
    "type": "object",
    "properties": {
        "revision": {
            "type": "integer",
            "title": "Revision",
            "description": "Differs when anything but the progress of jobs has changed.",
        },
        "jobs_revision": {
            "type": "integer",
            "title": "Revision of the jobs",
            "description": "Differs when a job has told something, or is in another state.",
        },
    },
    "required": ["revision", "jobs_revision"],
}

# How often the jobs that should run are looked for, beside each change of the store.
_JOBS_EVERY = 10
# A job whose process was killed is found out within this many looks.
_RECONCILE_EVERY = 4


class Watch:
    """Looks at the store's counter and at the running jobs' folders, and tells each change once.

    Args:
        service: Whose workspace.
        tell: Is called in the event loop with the data of the event.
        seconds: Between two looks.
    """

    def __init__(
        self, service: Service, tell: Callable[[dict[str, Any]], object], seconds: float
    ) -> None:
        self._service, self._tell, self._seconds = service, tell, seconds
        self._task: asyncio.Task[None] | None = None
        self._seen: tuple[str, int, int] | None = None
        self._running: dict[str, tuple[float, ...]] = {}
        self._looks = 0

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            try:
                told = await asyncio.wrap_future(self._service.submit(self.look))
                if told is not None:
                    self._tell(told)
            except Exception as error:  # a store that is away for a while must not end the watch
                _log.debug("the workspace could not be looked at: %s", error)
            await asyncio.sleep(self._seconds)

    def look(self) -> dict[str, Any] | None:
        """Look once; give what to tell, or None when nothing has changed."""
        service = self._service
        if service.place() is None:
            changed = self._seen is not None
            self._seen = None
            return {"revision": 0, "jobs_revision": service.heard} if changed else None
        workspace = service.workspace()
        store = workspace.store
        now = (str(workspace.root), store.revision(), store.revision(JOBS))
        stored = now != self._seen
        self._seen = now
        self._looks += 1
        if stored or self._looks % _JOBS_EVERY == 0:
            self._find_running(workspace)
        spoke = self._hear(workspace)
        if not (stored or spoke):
            return None
        if spoke:
            service.heard += 1
        return {"revision": now[1], "jobs_revision": now[2] + service.heard}

    def _find_running(self, workspace: Workspace) -> None:
        from llmops_workbench.tracking.catalogue import Catalogue

        rows = Catalogue(workspace).jobs(states=ACTIVE, limit=1000)[0]
        self._running = {row["job"]: self._running.get(row["job"], ()) for row in rows}

    def _hear(self, workspace: Workspace) -> bool:
        """Look at the files of the running jobs; and now and then whether they still run."""
        spoke = False
        for name, before in list(self._running.items()):
            job = Job(workspace, name)
            if self._looks % _RECONCILE_EVERY == 0:
                self._find_out(job)
            marks = tuple(_mark(file) for file in (job.folder.events_file, job.folder.state_file))
            if marks != before:
                self._running[name] = marks
                spoke = True
        return spoke

    def _find_out(self, job: Job) -> None:
        from llmops_workbench.execution.reconcile import reconcile_job

        try:
            reconcile_job(job)
        except (LLMOpsError, OSError) as error:
            _log.debug("job %s could not be looked at: %s", job.name, error)


def _mark(file: Path) -> float:
    try:
        status = file.stat()
    except OSError:
        return 0.0
    return status.st_mtime_ns + status.st_size
