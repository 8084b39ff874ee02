from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_workbench.core.errors import (
    DataError,
    JobError,
    NotFoundError,
    StorageError,
    UsageError,
)
from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import identity, launcher, watch
from llmops_workbench.execution.folder import read_json
from llmops_workbench.execution.invoke import JobHandle, invoke
from llmops_workbench.execution.job import Job, find_job, job_names
from llmops_workbench.tracking.catalogue import Catalogue
from tests.execution.conftest import StartCount
from tests.execution.waiting import step_of, until


def test_a_job_gives_what_the_operation_returns(workspace: Workspace):
    told: list[Event] = []
    result = invoke("count", {"steps": 12}, workspace=workspace, listener=told.append)
    assert (result.total, result.failed) == (78, 0)  # type: ignore[attr-defined]
    states = [event.data["state"] for event in told if event.kind == "state"]
    assert states == ["queued", "running", "done"]
    assert [event.data["step"] for event in told if event.kind == "checkpoint"] == [5, 10]
    run = Catalogue(workspace).run(str(result.run_id))
    assert (run["state"], run["result"]["total"]) == ("done", 78)
    (name,) = job_names(workspace)
    state = Job(workspace, name).state
    assert (state.state, state.step, state.steps) == ("done", 12, 12)


def test_what_the_operation_raises_comes_out_of_the_wait(start_count: StartCount):
    job = start_count(5, fail_at=3)
    with pytest.raises(DataError, match="step 3 has no row"):
        watch.wait(job, timeout=30)
    assert job.state.state == "failed"
    error = read_json(job.folder.error_file)
    assert error is not None and error["exit_code"] == 2


def test_a_job_survives_the_kill_of_its_launcher(workspace: Workspace):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from llmops_workbench.execution import launcher\n"
        "from llmops_workbench.core.workspace import Workspace\n"
        "job = launcher.start(Workspace(Path(sys.argv[1])), 'count', {'steps': 40}, None)\n"
        "print(job.name, flush=True)\n"
        "time.sleep(600)\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.root)], stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    job = find_job(workspace, started.stdout.readline().strip())
    until(lambda: step_of(job) > 2)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert watch.wait(job, timeout=30)["total"] == 820


def test_a_detached_call_comes_back_at_once(workspace: Workspace, start_count: StartCount):
    handle = invoke("count", {"steps": 1000}, workspace=workspace, detach=True)
    assert isinstance(handle, JobHandle)
    job = find_job(workspace, handle.job)
    assert job.run_id == handle.run_id
    assert job.state.state in ("queued", "running")
    known = until(lambda: job.state.handle)
    assert os.getsid(known["pid"]) == known["pid"] != os.getsid(0)


def test_what_the_process_prints_is_in_its_log_and_no_secret_in_its_folder(
    workspace: Workspace, start_count: StartCount, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CANARY_KEY", "canary-77aa01")
    job = start_count(3, children=1)
    assert watch.wait(job, timeout=30)["total"] == 6
    assert job.folder.log_file.exists()
    assert "CANARY_KEY" in job.spec.environment
    for file in job.folder.path.rglob("*"):
        assert not file.is_file() or b"canary-77aa01" not in file.read_bytes()


def test_threads_come_from_the_settings(
    workspace: Workspace, start_count: StartCount, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("OMP_NUM_THREADS")
    (workspace.root / "llmops.toml").open("a").write("\n[models]\nthreads = 3\n")
    job = launcher.start(Workspace(workspace.root), "count", {"steps": 1}, None)
    assert watch.wait(job, timeout=30)["threads"] == "3"


def test_nothing_starts_on_a_full_disk(workspace: Workspace):
    small = Workspace(workspace.root, flags={"execution.min_free_mb": 10**9})
    with pytest.raises(StorageError, match="gc --dry-run"):
        launcher.start(small, "count", {"steps": 1}, None)
    assert list(job_names(workspace)) == []


def test_an_unknown_executor_and_a_strange_python_are_refused(workspace: Workspace, tmp_path: Path):
    with pytest.raises(NotFoundError, match="did you mean 'local'"):
        launcher.start(workspace, "count", {"steps": 1}, None, on="locale")
    with pytest.raises(UsageError, match="does not run"):
        launcher.start(workspace, "count", {}, None, python=str(tmp_path / "python"))
    with pytest.raises(UsageError, match="has no llmops-workbench"):
        launcher.start(workspace, "count", {}, None, python=shutil.which("true"))
    assert list(job_names(workspace)) == []


def test_a_process_that_cannot_begin_is_an_interrupted_or_failed_job(workspace: Workspace):
    job = launcher.start(workspace, "no_such_verb", {}, None)
    with pytest.raises(NotFoundError, match="no verb is called 'no_such_verb'"):
        watch.wait(job, timeout=30)
    assert job.state.state == "failed"


def test_flags_of_the_call_reach_the_process(workspace: Workspace):
    flagged = Workspace(workspace.root, flags={"models.threads": 2})
    job = launcher.start(flagged, "count", {"steps": 1}, None)
    assert job.spec.settings == {"models.threads": 2}
    assert watch.wait(job, timeout=30)["total"] == 1


def test_a_step_is_its_own_job(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMOPS_STEP", "1")
    result = invoke("count", {"steps": 6}, workspace=workspace)
    (name,) = job_names(workspace)
    state = Job(workspace, name).state
    assert result.total == 21  # type: ignore[attr-defined]
    assert (state.state, state.executor) == ("done", "here")
    assert state.handle is not None and state.handle["pid"] == os.getpid()
    with pytest.raises(DataError, match="step 2"):
        invoke("count", {"steps": 6, "fail_at": 2}, workspace=workspace)
    newest, total = Catalogue(workspace).runs(limit=1)
    assert (newest[0]["state"], newest[0]["error"], total) == ("failed", "step 2 has no row", 2)


def test_a_moved_workspace_keeps_its_jobs(workspace: Workspace, start_count: StartCount):
    job = start_count(8, fail_at=7)
    with pytest.raises(DataError):
        watch.wait(job, timeout=30)
    workspace.store.engine.dispose()
    moved = workspace.root.with_name("moved")
    workspace.root.rename(moved)
    from llmops_workbench.execution.control import resume

    again = resume(find_job(Workspace(moved), job.name))
    assert watch.wait(again, timeout=30)["total"] == 36
    assert not workspace.root.exists()


def test_a_job_is_found_by_a_part_of_its_name_and_by_its_run(
    workspace: Workspace, start_count: StartCount
):
    job = start_count(1, record=True)
    assert find_job(workspace, job.name[-4:]) == job
    assert find_job(workspace, str(job.run_id)) == job
    with pytest.raises(NotFoundError, match="no job is called 'nothing'"):
        find_job(workspace, "nothing")


def test_a_watch_that_times_out_leaves_the_job_alone(start_count: StartCount):
    job = start_count(1000)
    with pytest.raises(JobError, match="it goes on"):
        watch.wait(job, timeout=0.2)
    until(lambda: step_of(job) > 1)
    state = until(lambda: job.state.handle and job.state)
    assert identity.is_alive(identity.Identity.from_dict(state.handle)) is True
