"""What the operations on jobs give back."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict

from llmops_workbench.core.references import Choices
from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.execution import mirror
from llmops_workbench.execution.folder import ACTIVE
from llmops_workbench.execution.job import Job

JobName = Annotated[str, Choices("jobs")]
"""A job's id, a part of it that only one has, or the id of its run."""

JobState = Literal["queued", "running", "paused", "interrupted", "done", "failed", "cancelled"]


class JobRow(BaseModel):
    """One job.

    Attributes:
        job: Its id.
        operation: The verb.
        state: Where it is.
        step: How far it came; None while nobody knows.
        steps: How far it has to go.
        eta_seconds: Time that is left, from the steps since its last start.
        run_id: The run that it records into.
        pid: Its process, in the pid namespace of its host; None when there is none.
        attempt: 1, and one more with each resume.
        message: Why it is in this state, when there is more to say.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    job: Volatile[str]
    operation: str
    state: JobState
    step: Volatile[int | None] = None
    steps: Volatile[int | None] = None
    eta_seconds: Volatile[float | None] = None
    run_id: Volatile[str | None] = None
    pid: Volatile[int | None] = None
    host: Volatile[str | None] = None
    executor: str = "local"
    attempt: int = 1
    created: Volatile[str | None] = None
    since: Volatile[str | None] = None
    message: Volatile[str] = ""


class JobReport(Result):
    """One job, after something was done about it; the fields are those of `JobRow`."""

    job: Volatile[str]
    operation: str
    state: JobState
    step: Volatile[int | None] = None
    steps: Volatile[int | None] = None
    pid: Volatile[int | None] = None
    attempt: int = 1
    message: Volatile[str] = ""


class JobList(Result):
    """A page of jobs, the newest first.

    Attributes:
        items: The jobs of this page.
        total: How many there are in all.
    """

    items: list[JobRow]
    total: int

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one row a job."""
        return [item.model_dump(mode="json") for item in self.items]


class JobLog(Result):
    """What a job has told.

    Attributes:
        job: Its id.
        state: Where it is.
        events: The events behind the offset, in order.
        offset: Where to go on reading, in bytes.
        log: The last lines that its process printed.
    """

    job: Volatile[str]
    state: JobState
    events: Volatile[list[dict[str, Any]]]
    offset: Volatile[int]
    log: Volatile[list[str]]

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one row an event."""
        return list(self.events)


class Leftover(BaseModel):
    """Something that can be removed.

    Attributes:
        path: Where it is, under `.llmops`.
        bytes: How much room it takes.
        why: Why nobody needs it.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    bytes: int
    why: str


class GarbageReport(Result):
    """What was removed, or could be.

    Attributes:
        items: Each thing.
        bytes: Room that all take.
        removed: Whether they are gone.
    """

    items: Volatile[list[Leftover]]
    bytes: Volatile[int]
    removed: bool

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one row a thing."""
        return [item.model_dump(mode="json") for item in self.items]


def row_of(job: Job, row: dict[str, Any]) -> JobRow:
    """Make the row of a list; what changes by the second is read from a running job's folder."""
    if row["state"] in ACTIVE:
        row = {**row, **mirror.describe(job)}
    return JobRow(**{**row, "executor": row.get("executor") or "local"})


def report_of(job: Job) -> JobReport:
    """Say where a job is now."""
    facts = mirror.describe(job)
    known = {name: facts[name] for name in JobReport.model_fields if name in facts}
    return JobReport(job=job.name, **known)
