from __future__ import annotations

from datetime import datetime

import pytest

from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, launcher, watch
from llmops_workbench.execution.identity import TOKEN
from llmops_workbench.execution.job import Job
from tests.execution.conftest import StartCount
from tests.execution.waiting import until


def span(job: Job) -> tuple[datetime, datetime]:
    events = [event for event in job.folder.read_events()[0] if event.kind == "state"]

    def at(state: str) -> datetime:
        (found,) = [event for event in events if event.data["state"] == state]
        return datetime.fromisoformat(found.time)

    return at("running"), at("done")


def most_at_once(jobs: list[Job]) -> int:
    spans = [span(job) for job in jobs]
    return max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)


@pytest.mark.parametrize("limit", [1, 2])
def test_no_more_jobs_run_at_once_than_are_allowed(workspace: Workspace, limit: int):
    (workspace.root / "llmops.toml").open("a").write(f"\n[execution]\nmax_local_jobs = {limit}\n")
    opened = Workspace(workspace.root)
    arguments = {"steps": 10, "seconds": 0.04}
    jobs = [launcher.start(opened, "count", arguments, None) for _ in range(4)]
    for job in jobs:
        assert watch.wait(job, timeout=60)["total"] == 55
    assert most_at_once(jobs) == limit


def test_a_raised_limit_reaches_jobs_that_wait(workspace: Workspace, start_count: StartCount):
    first = start_count()
    until(lambda: first.state.state == "running")
    second = start_count(3)
    waiting = workspace.dot / "slots" / "waiting"
    until(lambda: waiting.is_dir() and any(second.name in file.name for file in waiting.iterdir()))
    assert second.state.state == "queued"
    (workspace.root / "llmops.toml").open("a").write("\n[execution]\nmax_local_jobs = 2\n")
    assert watch.wait(second, timeout=30)["total"] == 6
    assert first.state.state == "running"
    control.cancel(first)


def test_an_endpoint_or_a_job_of_a_job_waits_for_no_slot(
    workspace: Workspace, start_count: StartCount, monkeypatch: pytest.MonkeyPatch
):
    first = start_count()
    until(lambda: first.state.state == "running")
    free = launcher.start(workspace, "count", {"steps": 2}, None, slot=False)
    assert watch.wait(free, timeout=30)["total"] == 3
    monkeypatch.setenv(TOKEN, first.name)
    told: list[Event] = []
    inner = launcher.start(workspace, "count", {"steps": 2}, None)
    assert watch.wait(inner, told.append, timeout=30)["total"] == 3
    assert first.state.state == "running"
    control.cancel(first)
