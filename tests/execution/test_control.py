from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from llmops_workbench.core.errors import CancelledError, ConflictError, DataError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, watch
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.identity import Identity, family, is_alive
from llmops_workbench.execution.job import Job
from tests.execution.conftest import StartCount
from tests.execution.waiting import step_of, until


def identity_of(job: Job) -> Identity:
    return Identity.from_dict(until(lambda: job.state.handle))


def test_a_cancelled_job_saves_and_ends_and_leaves_no_child(start_count: StartCount):
    job = start_count(children=2)
    until(lambda: step_of(job) > 6)
    process = identity_of(job)
    state = control.cancel(job)
    assert state.state == "cancelled"
    assert list(family(process, job.name)) == []
    assert Checkpoints.open(job.folder.checkpoints).latest() is not None
    with pytest.raises(CancelledError, match=f"resume {job.name}"):
        watch.wait(job)
    assert control.cancel(job).state == "cancelled"


def test_a_job_that_does_not_stop_is_killed_with_its_children(
    workspace: Workspace, start_count: StartCount
):
    job = start_count(children=2, stubborn=True)
    until(lambda: step_of(job) > 2)
    process = identity_of(job)
    begun = time.monotonic()
    state = control.cancel(job, grace=0.5)
    assert time.monotonic() - begun >= 0.5
    assert (state.state, "was killed" in state.message) == ("cancelled", True)
    assert list(family(process, job.name)) == []
    assert is_alive(process) is False


def test_a_request_alone_ends_a_job_that_cannot_be_signalled(workspace: Workspace):
    from llmops_workbench.execution import launcher

    quick = Workspace(workspace.root, flags={"execution.grace_seconds": 1})
    job = launcher.start(quick, "count", {"steps": 1000, "stubborn": True, "children": 1}, None)
    until(lambda: step_of(job) > 2)
    process = identity_of(job)
    # What a process in another namespace does: no signal, the file alone.
    job.folder.request("stop", "ada")
    until(lambda: is_alive(process) is False)
    until(lambda: not list(family(process, job.name)))
    assert job.state.state == "cancelled"
    assert "did not stop within 1 s" in job.state.message


def test_a_signal_that_nobody_asked_for_is_an_interruption(start_count: StartCount):
    import os
    import signal

    job = start_count()
    until(lambda: step_of(job) > 6)
    os.kill(identity_of(job).pid, signal.SIGTERM)
    until(lambda: job.state.state == "interrupted")
    assert job.state.step is not None and job.state.step > 6


def test_a_paused_job_is_gone_and_goes_on(start_count: StartCount):
    job = start_count(60, seconds=0.02)
    until(lambda: step_of(job) > 6)
    process = identity_of(job)
    assert control.pause(job).state == "paused"
    assert is_alive(process) is False
    reached = Checkpoints.open(job.folder.checkpoints).latest()
    assert reached is not None
    control.resume(job)
    assert job.folder.requested() is None
    result = watch.wait(job, timeout=30)
    assert (result["total"], result["resumed_from"]) == (1830, reached.step)
    with pytest.raises(ConflictError, match="is done"):
        control.resume(job)
    with pytest.raises(ConflictError, match="is done"):
        control.cancel(job)
    with pytest.raises(ConflictError, match="only a running job"):
        control.pause(job)


def test_a_job_in_the_queue_can_be_stopped_and_paused(start_count: StartCount):
    first = start_count()
    until(lambda: first.state.state == "running")
    second, third = start_count(3), start_count(3)
    assert control.cancel(second).state == "cancelled"
    assert control.pause(third).state == "paused"
    assert control.cancel(third).state == "cancelled"
    assert first.state.state == "running"
    control.cancel(first)
    control.resume(third)
    assert watch.wait(third, timeout=30)["total"] == 6


def test_a_running_job_cannot_be_resumed(start_count: StartCount):
    job = start_count()
    until(lambda: job.state.state == "running")
    with pytest.raises(ConflictError, match="is running"):
        control.resume(job)
    assert job.state.attempt == 1


def test_a_failed_job_can_be_resumed(start_count: StartCount):
    job = start_count(12, fail_at=8)
    with pytest.raises(DataError, match="step 8"):
        watch.wait(job, timeout=30)
    control.resume(job)
    assert watch.wait(job, timeout=30)["total"] == 78
    assert not job.folder.error_file.exists()


RESUME = """
import json, sys, time
from llmops_workbench.core.errors import ConflictError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control
from llmops_workbench.execution.job import find_job
job = find_job(Workspace.find(sys.argv[1]), sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
try:
    control.resume(job)
    print(json.dumps("resumed"))
except ConflictError as error:
    print(json.dumps(error.message))
"""


def test_of_several_who_resume_at_once_one_does(workspace: Workspace, start_count: StartCount):
    job = start_count(400, seconds=0.02)
    until(lambda: step_of(job) > 6)
    control.pause(job)
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", RESUME, str(workspace.root), job.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for rival in rivals:
        assert rival.stdout is not None and rival.stdout.readline() == "ready\n"
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write("go\n")
        rival.stdin.flush()
    said = [json.loads(rival.communicate(timeout=60)[0]) for rival in rivals]
    assert said.count("resumed") == 1
    assert sum("is running" in text for text in said) == 2
    until(lambda: job.state.state == "running")
    assert job.state.attempt == 2
    starts = [e for e in job.folder.read_events()[0] if e.data.get("state") == "running"]
    assert [event.data["attempt"] for event in starts] == [1, 2]
    control.cancel(job)
