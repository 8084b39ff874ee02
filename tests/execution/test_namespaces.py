"""Two pid namespaces on one workspace: pids mean nothing across them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache

import pytest

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, watch
from llmops_workbench.execution.identity import Identity, is_alive
from llmops_workbench.execution.job import find_job
from llmops_workbench.execution.reconcile import reconcile_job
from tests.execution.conftest import StartCount
from tests.execution.waiting import step_of, until

UNSHARE = ["unshare", "-p", "--fork", "--mount-proc", "--kill-child"]


@cache
def may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(not may_unshare(), reason="new pid namespaces are not permitted here"),
]


def elsewhere(code: str, *arguments: str) -> list[str]:
    return [*UNSHARE, sys.executable, "-c", code, *arguments]


OPEN = """
import json, os, sys, time
from pathlib import Path
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, identity, launcher, watch
from llmops_workbench.execution.job import find_job
from llmops_workbench.execution.reconcile import reconcile, reconcile_job
workspace = Workspace(Path(sys.argv[1]))
"""

ACT_ON = (
    OPEN
    + """
job = find_job(workspace, sys.argv[2])
known = identity.Identity.from_dict(job.state.handle)
said = {"own_pid": os.getpid(), "alive": identity.is_alive(known)}
said["signalled"] = identity.send(known, 9) or identity.kill_family(known, job.name) > 0
reconcile(workspace)
said["before"] = reconcile_job(job).state
try:
    control.resume(job)
except LLMOpsError as error:
    said["resume"] = error.message
said["after"] = control.cancel(job).state
print(json.dumps(said))
"""
)


def test_from_another_namespace_a_job_is_seen_and_asked_but_never_signalled(
    workspace: Workspace, start_count: StartCount
):
    job = start_count(children=1)
    until(lambda: step_of(job) > 6)
    process = Identity.from_dict(job.state.handle or {})
    done = subprocess.run(
        elsewhere(ACT_ON, str(workspace.root), job.name),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["alive"] is None
    assert said["signalled"] is False
    assert said["before"] == "running"
    assert "is running" in said["resume"]
    assert said["after"] == "cancelled"
    assert is_alive(process) is False
    # It ended by its own decision, at its own step, not by a kill.
    assert "killed" not in job.state.message
    assert job.state.step is not None and job.state.step > 6


START = (
    OPEN
    + """
job = launcher.start(workspace, "count", {"steps": 1000}, None)
print(job.name, flush=True)
time.sleep(600)
"""
)


def test_a_stranger_with_the_same_pid_is_not_taken_for_the_job(workspace: Workspace):
    outer = subprocess.Popen(
        elsewhere(START, str(workspace.root)), stdout=subprocess.PIPE, text=True
    )
    assert outer.stdout is not None
    try:
        job = find_job(workspace, outer.stdout.readline().strip())
        until(lambda: step_of(job) > 3)
        inside = Identity.from_dict(job.state.handle or {})
        # A small number there; here that pid is some process of the system, or none.
        assert inside.pid < 50
        assert is_alive(inside) is None
        assert reconcile_job(job).state == "running"
        assert control.pause(job, timeout=30).state == "paused"
        control.resume(job)
        until(lambda: (job.state.handle or {}).get("namespace") not in (None, inside.namespace))
        until(lambda: job.state.state == "running")
        assert control.cancel(job).state == "cancelled"
    finally:
        outer.kill()
        outer.wait()


def test_when_a_namespace_ends_its_jobs_are_interrupted_after_their_lease(workspace: Workspace):
    (workspace.root / "llmops.toml").open("a").write("\n[execution]\nlease_seconds = 3\n")
    opened = Workspace(workspace.root)
    outer = subprocess.Popen(
        elsewhere(START, str(workspace.root)), stdout=subprocess.PIPE, text=True
    )
    assert outer.stdout is not None
    job = find_job(opened, outer.stdout.readline().strip())
    until(lambda: step_of(job) > 6)
    # `unshare` hands on the death of the namespace's first process to all in it.
    (first,) = children_of(outer.pid)
    os.kill(first, 9)
    outer.wait()
    state = until(lambda: (found := reconcile_job(job)).state == "interrupted" and found)
    assert "resume" in state.message
    control.resume(job)
    until(lambda: job.state.state == "running")
    told = [event for event in job.folder.read_events()[0] if event.kind == "resumed"]
    until(lambda: told or [e for e in job.folder.read_events()[0] if e.kind == "resumed"])
    control.cancel(job)
    assert watch.follow(job).state == "cancelled"


def children_of(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]
