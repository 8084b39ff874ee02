"""Jobs: which there are, what they tell, and stopping, pausing and resuming one."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from llmops_workbench.core import replay
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import mirror, requests, watch
from llmops_workbench.execution.folder import ACTIVE, read_json
from llmops_workbench.execution.job import Job, find_job
from llmops_workbench.execution.reconcile import reconcile_job
from llmops_workbench.execution.report import JobState, row_of
from llmops_workbench.faces.server.requests import Reply, Request, json_reply
from llmops_workbench.faces.server.routes import Asked, route

_LOG_LINES = 100
_FARTHEST = 2**62


def _words(given: Any) -> Any:
    return [word for word in given.split(",") if word] if isinstance(given, str) else given


class Page(Asked):
    """A page of jobs; several states are separated by commas."""

    state: Annotated[list[JobState], BeforeValidator(_words)] = []
    limit: int = Field(50, gt=0, le=1000)
    offset: int = Field(0, ge=0, le=10**9)


class After(Asked):
    """Where to go on reading, in bytes, as the last answer gave it."""

    after: int = Field(0, ge=0, le=_FARTHEST)


class Action(Asked):
    """What to do about a job."""

    action: requests.Action


@route("GET", "jobs", query=Page)
def list_jobs(request: Request) -> dict[str, Any]:
    """List jobs, the newest first."""
    workspace, page = request.workspace, request.query
    rows, total = mirror.rows(workspace, tuple(page.state), page.limit, page.offset)
    return {"items": [_row(workspace, row) for row in rows], "total": total}


@route("GET", "jobs/{name}")
def show_job(request: Request, name: str) -> dict[str, Any]:
    """Show a job with its arguments, its result or error, and the end of its log."""
    job = find_job(request.workspace, name)
    reconcile_job(job)
    return described(job)


@route("GET", "jobs/{name}/events", query=After)
def job_events(request: Request, name: str) -> dict[str, Any]:
    """Give what a job has told behind a cursor."""
    job = find_job(request.workspace, name)
    # Before the events: what was said before the last word is then in the file.
    state = reconcile_job(job)
    events, offset = job.folder.read_events(request.query.after)
    return {
        "job": job.name,
        "state": state.state,
        "events": [event.to_dict() for event in events],
        "offset": offset,
    }


@route("POST", "jobs/{name}", body=Action, slow=True)
def act_on_job(request: Request, name: str) -> Reply:
    """Stop, pause or resume a job; 202 when it needs longer than a moment."""
    job = find_job(request.workspace, name)
    done = requests.ask(job, request.body.action)
    return json_reply({**described(job), "asked": request.body.action}, 200 if done else 202)


def _row(workspace: Workspace, row: dict[str, Any]) -> dict[str, Any]:
    job = Job(workspace, row["job"])
    try:
        return row_of(job, row).model_dump(mode="json")
    except LLMOpsError:  # its folder was removed a moment ago: what the list says is the last of it
        return dict(row)


def _begun_by(job: Job) -> str | None:
    """Name who started it, as its first event says."""
    try:
        with job.folder.events_file.open(encoding="utf-8") as events:
            by = json.loads(events.readline()).get("by")
    except (OSError, ValueError, AttributeError):
        return None
    return None if by is None else str(by)


def described(job: Job) -> dict[str, Any]:
    """Say all that a panel shows of a job."""
    facts, spec = mirror.describe(job), job.spec
    result = read_json(job.folder.result_file) or {}
    return {
        "job": job.name,
        **{key: value for key, value in facts.items() if key != "folder"},
        "active": facts["state"] in ACTIVE,
        "created": spec.created,
        "by": _begun_by(job),
        "arguments": spec.arguments,
        "line": replay.magic(spec.operation, spec.arguments),
        "result": result.get("result"),
        "error": read_json(job.folder.error_file),
        "trouble": requests.trouble_of(job),
        "log": list(watch.tail(job, _LOG_LINES)),
    }
