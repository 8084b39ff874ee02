from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest

from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, identity, locks, mirror
from llmops_workbench.execution.folder import QUEUED, RUNNING, State, write_json
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import Job, jobs_folder
from llmops_workbench.execution.reconcile import reconcile, reconcile_job
from llmops_workbench.execution.spec import Spec, make_folder, write_spec
from llmops_workbench.tracking.catalogue import Catalogue
from tests.execution.conftest import StartCount
from tests.execution.waiting import step_of, until


def made_job(workspace: Workspace, state: State, run_id: str | None = None) -> Job:
    folder = make_folder(jobs_folder(workspace), "count")
    write_spec(folder, Spec(folder.job, "count", {"steps": 3}, run_id))
    folder.put(state)
    return Job(workspace, folder.job)


def age(job: Job, seconds: float) -> None:
    moment = time.time() - seconds
    for file in (job.folder.state_file, job.folder.heartbeat_file):
        if file.exists():
            os.utime(file, (moment, moment))


@pytest.fixture
def gone(me: identity.Identity) -> identity.Identity:
    """A process of this namespace that is gone: this pid, at another start time."""
    return replace(me, started=me.started - 1)


def test_a_pid_that_was_given_to_another_process_is_no_running_job(
    workspace: Workspace, gone: identity.Identity
):
    run_id = Catalogue(workspace).start_run("count", {"steps": 3})
    job = made_job(workspace, State(RUNNING, handle=gone.to_dict()), run_id)
    for attempt, done in ((1, 8), (2, 7)):
        job.folder.append(Event("state", {"state": "queued", "attempt": attempt}))
        job.folder.append(Event("progress", {"done": done, "total": 9, "unit": "steps"}))
    state = reconcile_job(job)
    assert (state.state, state.step, state.steps) == ("interrupted", 7, 9)
    assert "resume" in state.message
    assert Catalogue(workspace).run(run_id)["state"] == "interrupted"
    assert mirror.rows(workspace, ("interrupted",))[1] == 1


def test_a_living_process_is_left_alone_however_silent(workspace: Workspace, me: identity.Identity):
    job = made_job(workspace, State(RUNNING, handle=me.to_dict()))
    job.folder.beat({"attempt": 1})
    age(job, 10_000)
    assert reconcile_job(job).state == "running"


@pytest.mark.parametrize("change", ["namespace", "host", "boot"])
def test_a_process_out_of_sight_keeps_its_lease(
    workspace: Workspace, me: identity.Identity, change: str
):
    far = replace(me, **{change: 1 if change == "namespace" else "elsewhere"})
    job = made_job(workspace, State(RUNNING, handle=far.to_dict()))
    job.folder.beat({"attempt": 1})
    age(job, 50)
    assert reconcile_job(job).state == "running"
    age(job, 61)
    assert reconcile_job(job).state == "interrupted"


def test_a_process_out_of_sight_whose_lock_is_held_lives(
    workspace: Workspace, me: identity.Identity
):
    far = replace(me, namespace=1)
    job = made_job(workspace, State(RUNNING, handle=far.to_dict()))
    age(job, 10_000)
    handle = locks.acquire(job.folder.alive_lock)
    assert handle is not None
    assert reconcile_job(job).state == "running"
    locks.release(handle)
    assert reconcile_job(job).state == "interrupted"


def test_a_launcher_that_was_cut_off_before_the_process_leaves_an_interrupted_job(
    workspace: Workspace, me: identity.Identity, gone: identity.Identity
):
    job = made_job(workspace, State(QUEUED, launcher=me.to_dict()))
    assert reconcile_job(job).state == "queued"
    job = made_job(workspace, State(QUEUED, launcher=gone.to_dict()))
    assert reconcile_job(job).state == "interrupted"
    control.resume(job)
    assert until(lambda: job.state.state == "done")


def test_a_result_that_was_written_counts(workspace: Workspace, gone: identity.Identity):
    job = made_job(workspace, State(RUNNING, attempt=2, handle=gone.to_dict()))
    write_json(job.folder.result_file, {"attempt": 1, "result": {}})
    assert reconcile_job(job).state == "interrupted"
    job = made_job(workspace, State(RUNNING, attempt=2, handle=gone.to_dict()))
    write_json(job.folder.result_file, {"attempt": 2, "result": {}})
    assert reconcile_job(job).state == "done"


def test_a_run_that_was_closed_counts(workspace: Workspace, gone: identity.Identity):
    from llmops_workbench.execution.watch import outcome_of

    run_id = Catalogue(workspace).start_run("count", {"steps": 3})
    Catalogue(workspace).finish_run(run_id, "done", result={"total": 6})
    job = made_job(workspace, State(RUNNING, handle=gone.to_dict()), run_id)
    assert reconcile_job(job).state == "done"
    assert outcome_of(job) == {"total": 6, "run_id": run_id}


def test_what_was_asked_to_stop_and_is_gone_was_cancelled(
    workspace: Workspace, gone: identity.Identity
):
    job = made_job(workspace, State(RUNNING, handle=gone.to_dict()))
    job.folder.request("stop", "ada")
    assert reconcile_job(job).state == "cancelled"


def test_the_list_heals_what_it_missed(workspace: Workspace, start_count: StartCount):
    job = start_count()
    until(lambda: step_of(job) > 1)
    os.kill(until(lambda: job.state.handle)["pid"], 9)
    until(lambda: identity.is_alive(identity.Identity.from_dict(job.state.handle or {})) is False)
    missed = made_job(workspace, State("done"))
    with workspace.store.write() as connection:
        from llmops_workbench.core.store.tables import jobs as table

        row = {"operation": "count", "state": "done", "created": "x", "updated": "x", "detail": {}}
        connection.execute(table.insert().values(job="20200101-000000-gone-0000", **row))
    assert reconcile(workspace) == [job]
    listed = {item.job: item.state for item in invoke("jobs", {}, workspace=workspace).items}  # type: ignore[attr-defined]
    assert listed == {job.name: "interrupted", missed.name: "done"}


def test_ten_thousand_jobs_are_listed_within_half_a_second(
    workspace: Workspace, start_count: StartCount
):
    from llmops_workbench.core.store.tables import jobs as table

    state = State("done")
    rows = []
    for number in range(10_000):
        name = f"20260101-{number // 100:06d}-count-{number:04x}"
        (jobs_folder(workspace) / name).mkdir(parents=True)
        rows.append(
            {
                "job": name,
                "operation": "count",
                "state": state.state,
                "created": f"2026-01-01T00:00:{number:06d}",
                "updated": "x",
                "detail": asdict(state),
            }
        )
    with workspace.store.write() as connection:
        connection.execute(table.insert(), rows)
    running = start_count()
    until(lambda: step_of(running) > 1)
    invoke("jobs", {}, workspace=workspace)
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        report = invoke("jobs", {}, workspace=workspace)
        took.append(time.perf_counter() - begun)
    assert report.total == 10_001  # type: ignore[attr-defined]
    assert report.items[0].job == running.name  # type: ignore[attr-defined]
    assert report.items[0].state == "running"  # type: ignore[attr-defined]
    assert min(took) < 0.4


def test_a_process_that_was_taken_for_dead_has_the_last_word(start_count: StartCount):
    job = start_count(200, seconds=0.02)
    until(lambda: job.state.state == "running")
    # What a machine does that sees neither the lock nor, for a lease, a heartbeat.
    job.folder.change("interrupted", expect=("running",), attempt=1)
    until(lambda: job.state.state == "running")
    assert job.state.message == "it lives after all"
    job.folder.change("interrupted", expect=("running",), attempt=1, next_attempt=2)
    # It was even resumed elsewhere: the first process leaves the field.
    handle = identity.Identity.from_dict(job.state.handle or {})
    until(lambda: identity.is_alive(handle) is False)
    assert (job.state.state, job.state.attempt) == ("interrupted", 2)


READ_ONLY = """
import json, subprocess, sys
from pathlib import Path
root = sys.argv[1]
subprocess.run(["mount", "--bind", root, root], check=True)
subprocess.run(["mount", "-o", "remount,bind,ro", root], check=True)
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import find_job
from llmops_workbench.execution.reconcile import reconcile_job
workspace = Workspace(Path(root))
state = reconcile_job(find_job(workspace, sys.argv[2]))
log = invoke("logs", {"job": sys.argv[2]}, workspace=workspace)
print(json.dumps([state.state, log.state]))
"""


@pytest.mark.netns
@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed")
def test_who_may_only_read_sees_the_truth(workspace: Workspace, gone: identity.Identity):
    job = made_job(workspace, State(RUNNING, handle=gone.to_dict()))
    mirror.note(job)
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", READ_ONLY, str(workspace.root), job.name],
        capture_output=True,
        text=True,
    )
    if "Operation not permitted" in done.stderr and "unshare" in done.stderr:
        pytest.skip("new mount namespaces are not permitted here")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["interrupted", "interrupted"]
    assert job.state.state == "running"
