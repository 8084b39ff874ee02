"""A job as seen from outside of it: by a face, a server, or another job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from llmops_workbench.core.errors import AmbiguousError, NotFoundError, nearest, not_found
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.folder import JobFolder, State
from llmops_workbench.execution.spec import Spec, read_spec


@dataclass(frozen=True)
class Job:
    """A handle on one job; it holds nothing that is not on disk.

    Attributes:
        workspace: Where it is.
        name: Its id, as in `20261124-101500-tune-7f3a`.
    """

    workspace: Workspace
    name: str

    @cached_property
    def folder(self) -> JobFolder:
        """Its files."""
        return JobFolder(jobs_folder(self.workspace) / self.name)

    @cached_property
    def spec(self) -> Spec:
        """What it was told to do."""
        return read_spec(self.folder)

    @property
    def run_id(self) -> str | None:
        """The run that it records into."""
        return self.spec.run_id

    @property
    def state(self) -> State:
        """Where it is, as last written down; `reconcile` finds out whether that still holds."""
        return self.folder.state()


def jobs_folder(workspace: Workspace) -> Path:
    """Give the folder that holds the folders of all jobs."""
    return workspace.dot / "jobs"


def job_names(workspace: Workspace) -> Iterator[str]:
    """Walk over the ids of all jobs, the oldest first."""
    folder = jobs_folder(workspace)
    try:
        # Unlike Path.iterdir, this asks for no file's status: there may be thousands.
        with os.scandir(folder) as entries:
            yield from sorted(entry.name for entry in entries if entry.is_dir())
    except FileNotFoundError:
        return


def find_job(workspace: Workspace, job: str) -> Job:
    """Find a job by its id, by a part of it that only one has (`7f3a`), or by its run's id.

    Raises:
        NotFoundError: There is none; the nearest is named.
        AmbiguousError: Several have that part; they are named.
    """
    if job and "/" not in job and (jobs_folder(workspace) / job / "spec.json").is_file():
        return Job(workspace, job)
    known = list(job_names(workspace))
    fitting = [name for name in known if job and job in name] or _of_run(workspace, job)
    if len(fitting) > 1:
        shown = ", ".join(fitting[-5:])
        raise AmbiguousError(f"'{job}' fits {len(fitting)} jobs ({shown}): give more of its id")
    if not fitting:
        if known and nearest(job, known) is None:
            raise NotFoundError(f"no job is called '{job}'; 'llmops jobs' lists them")
        raise not_found("job", job, known)
    return Job(workspace, fitting[0])


def _of_run(workspace: Workspace, run: str) -> list[str]:
    from llmops_workbench.tracking.catalogue import Catalogue

    try:
        return [str(Catalogue(workspace).job(run)["job"])]
    except NotFoundError:
        return []
