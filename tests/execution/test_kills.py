"""Killed at random moments, a job is interrupted, and goes on where its checkpoint was."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from llmops_workbench.core.errors import JobError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, watch
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.identity import Identity, family
from llmops_workbench.execution.job import Job
from llmops_workbench.tracking.catalogue import Catalogue
from tests.execution.conftest import StartCount
from tests.execution.waiting import step_of, until

STEPS, EVERY = 40, 4
TOTAL = STEPS * (STEPS + 1) // 2
MOMENTS = int(os.environ.get("LLMOPS_PROVE_N", "3"))


def kill(job: Job) -> None:
    handle = until(lambda: job.state.handle)
    os.kill(handle["pid"], signal.SIGKILL)


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_killed_job_goes_on_from_its_checkpoint(
    workspace: Workspace, start_count: StartCount, moment: int
):
    job = start_count(STEPS, record=moment % 3 == 1, every=EVERY, seconds=0.02)
    draw = random.Random(1000 + moment)
    # From the birth of the process (not even Python is up) on; well before its end, because a
    # job that has recorded its result is done, not interrupted.
    if moment % 3 == 0:
        time.sleep(draw.uniform(0, 0.4))
    else:
        wanted = draw.randint(1, STEPS // 2)
        until(lambda: step_of(job) >= wanted)
    kill(job)
    with pytest.raises(JobError, match=f"interrupted.*resume {job.name}"):
        watch.wait(job, timeout=20)
    assert job.state.state == "interrupted"
    if job.run_id is not None:
        assert Catalogue(workspace).run(job.run_id)["state"] == "interrupted"
    latest = Checkpoints.open(job.folder.checkpoints).latest()

    offset = job.folder.events_size()
    control.resume(job)
    result = watch.wait(job, timeout=30)

    assert result["total"] == TOTAL
    assert result["run_id"] == job.run_id
    assert result["resumed_from"] == (latest.step if latest else 0)
    told = [event for event in job.folder.read_events(offset)[0] if event.kind == "resumed"]
    assert [event.data["step"] for event in told] == ([latest.step] if latest else [])
    if job.run_id is not None:
        run = Catalogue(workspace).run(job.run_id)
        assert (run["state"], run["result"]["total"]) == ("done", TOTAL)
    assert (job.state.state, job.state.attempt) == ("done", 2)


def test_a_job_may_be_killed_again_and_again_and_what_it_had_started_is_ended(
    start_count: StartCount,
):
    job = start_count(STEPS, every=EVERY, children=2, seconds=0.02)
    reached = 0
    for attempt in (1, 2):
        until(lambda reached=reached: step_of(job) > reached + EVERY)
        process = Identity.from_dict(job.state.handle or {})
        assert len(list(family(process, job.name))) == 3
        kill(job)
        with pytest.raises(JobError, match="interrupted"):
            watch.wait(job, timeout=20)
        assert len(list(family(process, job.name))) == 2
        latest = Checkpoints.open(job.folder.checkpoints).latest()
        assert latest is not None and latest.step > reached
        reached = latest.step
        control.resume(job)
        assert list(family(process, job.name)) == []
        assert job.state.attempt == attempt + 1
    result = watch.wait(job, timeout=30)
    assert (result["total"], result["resumed_from"]) == (TOTAL, reached)


def test_a_kill_while_it_waits_for_a_slot_frees_its_place(
    workspace: Workspace, start_count: StartCount
):
    first = start_count(1000)
    until(lambda: first.state.state == "running")
    second = start_count(3)
    waiting = workspace.dot / "slots" / "waiting"
    ticket = until(lambda: [file for file in waiting.iterdir() if second.name in file.name])[0]
    third = start_count(3)
    kill(second)
    with pytest.raises(JobError, match="interrupted"):
        watch.wait(second, timeout=20)
    control.cancel(first)
    assert watch.wait(third, timeout=30)["total"] == 6
    assert not ticket.exists()
