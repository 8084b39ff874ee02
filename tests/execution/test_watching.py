from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from llmops_workbench.core.errors import JobError
from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, watch
from tests.execution.conftest import StartCount
from tests.execution.waiting import step_of, until


def test_any_number_of_viewers_see_every_event_once(start_count: StartCount):
    job = start_count(25, seconds=0.02)
    seen: list[list[Event]] = [[], []]
    viewers = [
        threading.Thread(target=watch.follow, args=(job, told.append), kwargs={"timeout": 30})
        for told in seen
    ]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    written = job.folder.read_events()[0]
    assert seen[0] == seen[1] == written
    assert written[-1].data["state"] == "done"


def test_a_viewer_goes_on_where_another_one_stopped(start_count: StartCount):
    job = start_count(40, seconds=0.02)
    until(lambda: step_of(job) > 6)
    first, offset = job.folder.read_events()
    rest: list[Event] = []
    watch.follow(job, rest.append, offset=offset, timeout=30)
    assert first + rest == job.folder.read_events()[0]


VIEW = """
import sys
from pathlib import Path
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import watch
from llmops_workbench.execution.job import find_job
job = find_job(Workspace(Path(sys.argv[1])), sys.argv[2])
try:
    watch.wait(job, lambda event: print(event.kind, flush=True))
except KeyboardInterrupt:
    print("detached", flush=True)
"""


def test_interrupting_a_viewer_leaves_the_job_alone(workspace: Workspace, start_count: StartCount):
    job = start_count()
    viewer = subprocess.Popen(
        [sys.executable, "-c", VIEW, str(workspace.root), job.name],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert viewer.stdout is not None
    while viewer.stdout.readline() != "progress\n":
        pass
    viewer.send_signal(signal.SIGINT)
    assert viewer.communicate(timeout=30)[0].splitlines()[-1] == "detached"
    reached = step_of(job)
    until(lambda: step_of(job) > reached)
    assert job.state.state == "running"
    control.cancel(job)


def test_a_viewer_of_a_killed_job_does_not_wait_for_ever(start_count: StartCount):
    import os

    job = start_count()
    handle = until(lambda: job.state.handle)
    until(lambda: step_of(job) > 2)
    threading.Timer(0.2, os.kill, args=(handle["pid"], signal.SIGKILL)).start()
    with pytest.raises(JobError, match=r"was interrupted at step \d+ of 1000"):
        watch.wait(job, timeout=20)


def test_what_the_process_prints_is_followed(start_count: StartCount):
    job = start_count(30, seconds=0.02)
    until(lambda: step_of(job) > 2)
    with job.folder.log_file.open("a") as log:
        log.write("before\n")
    told: list[Event] = []

    def listen(event: Event) -> None:
        if not told:
            with job.folder.log_file.open("a") as log:
                log.write("a line\nhalf a l")
        told.append(event)

    watch.follow(job, listen, timeout=30, log=True)
    assert [event.data["message"] for event in told if event.kind == "log"] == ["a line"]
    assert list(watch.tail(job, 2)) == ["a line", "half a l"]
