"""A step that was cut off is gone on with by the next step that would do the same work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, cut_off, identity, runs
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.invoke import STEP, invoke
from llmops_workbench.execution.job import Job, job_names
from llmops_workbench.tracking.catalogue import Catalogue
from tests.execution.waiting import until

STEPS, EVERY = 60, 5
GIVEN: dict[str, Any] = {"steps": STEPS, "every": EVERY, "seconds": 0.03}
TOTAL = STEPS * (STEPS + 1) // 2

# A step's process, as a kernel is one: it does the job itself.
PROCESS = """
import json, sys
from llmops_workbench.core import plugins
from llmops_workbench.execution.invoke import invoke
plugins.load_plugins()
given = json.loads(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(invoke("count", given, workspace=sys.argv[1]).to_dict()))
"""
Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin(workspace: Workspace) -> Iterator[Begin]:
    """Start the process of a step, which waits for a line before it calls; all are ended."""
    begun = []

    def start(parent: str = "", owner: str = "") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(workspace.root), json.dumps(GIVEN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, STEP: "1", runs.PARENT: parent, identity.TOKEN: owner},
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def _step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STEP, "1")


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def running(workspace: Workspace) -> Job:
    """Give the only job, once it has a checkpoint."""
    names = until(lambda: list(job_names(workspace)))
    job = Job(workspace, names[0])
    until(lambda: Checkpoints.open(job.folder.checkpoints).latest())
    return job


@pytest.fixture
def cut(workspace: Workspace, begin: Begin) -> Job:
    """A step that was killed after a checkpoint."""
    parent = Catalogue(workspace).start_run("execute", {"source": "first"})
    process = begin(parent)
    go(process)
    job = running(workspace)
    process.kill()
    process.wait()
    return job


def again(workspace: Workspace, **given: Any) -> dict[str, Any]:
    return invoke("count", {**GIVEN, **given}, workspace=workspace).to_dict()


def all_jobs(workspace: Workspace) -> int:
    return len(list(job_names(workspace)))


def test_it_is_the_same_job_and_run_and_goes_on_at_the_checkpoint(
    workspace: Workspace, cut: Job, monkeypatch: pytest.MonkeyPatch
):
    catalogue = Catalogue(workspace)
    before = catalogue.run(str(cut.run_id))
    latest = Checkpoints.open(cut.folder.checkpoints).latest()
    assert latest is not None
    second = catalogue.start_run("execute", {"source": "second"})
    monkeypatch.setenv(runs.PARENT, second)

    result = again(workspace)

    assert (result["total"], result["resumed_from"]) == (TOTAL, latest.step)
    assert result["run_id"] == cut.run_id
    assert all_jobs(workspace) == 1
    assert (cut.state.state, cut.state.attempt, cut.state.executor) == ("done", 2, "here")
    run = catalogue.run(str(cut.run_id))
    assert (run["state"], run["started"], run["parent"]) == ("done", before["started"], second)
    assert catalogue.items("run", where=f"parent={second}")[1] == 1
    edges = catalogue.lineage(f"run:{cut.run_id}")["edges"]
    parents = [edge["source"] for edge in edges if edge["kind"] == "step"]
    assert parents == [f"run:{before['parent']}", f"run:{second}"], "both did a part of the work"
    assert catalogue.items("run", where="operation=count")[1] == 1

    assert again(workspace)["resumed_from"] == 0, "what is done is not gone on with"


def test_what_is_not_the_same_work_gets_a_job_of_its_own(
    workspace: Workspace, cut: Job, monkeypatch: pytest.MonkeyPatch
):
    assert again(workspace, steps=6)["resumed_from"] == 0
    monkeypatch.setattr(cut_off, "__version__", "0.0.0")
    assert again(workspace)["resumed_from"] == 0
    monkeypatch.undo()
    monkeypatch.setenv(STEP, "1")
    monkeypatch.setenv(cut_off.FRESH, "1")
    assert again(workspace)["resumed_from"] == 0, "another execution began it"
    assert all_jobs(workspace) == 4
    assert control.reconcile_job(cut).state == "interrupted"


def test_what_somebody_stopped_stays_stopped(workspace: Workspace, cut: Job):
    control.cancel(cut)
    assert again(workspace)["resumed_from"] == 0
    assert (cut.state.state, cut.state.attempt, all_jobs(workspace)) == ("cancelled", 1, 2)


def test_what_was_paused_goes_on(workspace: Workspace, begin: Begin):
    process = begin()
    go(process)
    job = running(workspace)
    control.pause(job)
    process.wait()
    result = again(workspace)
    assert result["run_id"] == job.run_id
    assert result["resumed_from"] > 0
    assert (job.state.attempt, job.folder.requested(), all_jobs(workspace)) == (2, None, 1)


def test_without_a_checkpoint_or_a_record_it_begins_anew(workspace: Workspace, cut: Job):
    kept = cut.folder.checkpoints.rename(cut.folder.path / "away")
    assert again(workspace)["resumed_from"] == 0
    kept.rename(cut.folder.checkpoints)
    Catalogue(workspace).remove(f"run:{cut.run_id}")
    assert again(workspace)["resumed_from"] == 0
    assert all_jobs(workspace) == 3


def test_a_job_of_its_own_is_left_to_whoever_started_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv(STEP)
    invoke("count", GIVEN, workspace=workspace, detach=True)
    job = running(workspace)
    os.kill(job.state.handle["pid"], signal.SIGKILL)  # type: ignore[index]
    until(lambda: control.reconcile_job(job).state == "interrupted")
    monkeypatch.setenv(STEP, "1")
    assert again(workspace)["resumed_from"] == 0
    assert job.state.state == "interrupted"


def test_of_two_at_once_one_goes_on(workspace: Workspace, cut: Job, begin: Begin):
    rivals = [begin(), begin()]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        go(rival)
    found = [json.loads(rival.communicate(timeout=60)[0].splitlines()[-1]) for rival in rivals]
    assert [each["total"] for each in found] == [TOTAL, TOTAL]
    assert sorted(each["resumed_from"] > 0 for each in found) == [False, True]
    assert [each["run_id"] == cut.run_id for each in found].count(True) == 1
    assert (cut.state.attempt, all_jobs(workspace)) == (2, 2)


def test_a_step_that_lives_is_left_alone(workspace: Workspace, begin: Begin):
    process = begin()
    go(process)
    job = running(workspace)
    process.send_signal(signal.SIGSTOP)
    moment = time.monotonic()
    assert again(workspace)["resumed_from"] == 0
    assert time.monotonic() - moment < 20, "nobody is waited for whose pipeline may live"
    assert (job.state.state, job.state.attempt) == ("running", 1)


def test_one_that_is_about_to_end_with_its_pipeline_is_waited_for(
    workspace: Workspace, begin: Begin
):
    process = begin(owner="20260101-000000-execute-dead")  # its folder is gone
    go(process)
    job = running(workspace)
    heard = []

    def listen(event: Any) -> None:
        heard.append(str(event.data.get("message")))
        if "whose pipeline is gone" in heard[-1]:
            process.kill()
            process.wait()

    result = invoke("count", GIVEN, workspace=workspace, listener=listen).to_dict()
    assert f"waiting for {job.name} to end, whose pipeline is gone" in heard
    assert result["run_id"] == job.run_id
    assert result["resumed_from"] > 0


def test_the_state_of_an_older_version_is_read_and_is_no_steps(workspace: Workspace, cut: Job):
    data = json.loads(cut.folder.state_file.read_text())
    assert data.pop("step_of") == ""
    cut.folder.state_file.write_text(json.dumps(data))
    assert cut.state.step_of is None
    assert again(workspace)["resumed_from"] == 0
