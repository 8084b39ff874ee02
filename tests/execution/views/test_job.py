"""The view of a job tells what its folder holds, and acts on the job without waiting for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from llmops_workbench.core import views
from llmops_workbench.core.errors import ConflictError, NotFoundError, UsageError
from llmops_workbench.core.events import Event
from llmops_workbench.core.views import View
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import launcher
from llmops_workbench.execution.job import Job
from llmops_workbench.tracking.catalogue import Catalogue
from tests.execution.conftest import StartCount
from tests.execution.waiting import until
from tests.panels import Tags


def view_of(job: Job, subject: str = "") -> View:
    # A new view each time, as after a restart of the server: what is shown is on disk.
    return views.get("job")(job.workspace, subject or f"job:{job.name}")


def look(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = view_of(job).ask("look", {}).json
    json.dumps(found, allow_nan=False)
    return found


def act(job: Job, name: str) -> dict[str, Any]:
    answered: dict[str, Any] = view_of(job).ask("action", {"name": name}).json
    return answered


def told(job: Job) -> list[dict[str, Any]]:
    return [json.loads(line) for line in job.folder.events_file.read_text().splitlines()]


def names(found: dict[str, Any]) -> list[str]:
    return [each["name"] for each in found["actions"]]


def test_a_job_is_shown_from_its_queue_to_its_result(start_count: StartCount):
    job = start_count(60, record=True)
    found = until(lambda: (now := look(job))["step"] and now)
    assert (found["state"], found["active"], found["steps"]) == ("running", True, 60)
    assert found["bars"][0]["label"] == "counting"
    assert names(found) == ["pause", "cancel"]
    before = found["step"]
    assert until(lambda: look(job)["step"] > before)
    found = until(lambda: (now := look(job))["state"] == "done" and now)
    assert (found["step"], found["actions"], found["error"]) == (60, [], None)
    assert found["ran"] > 0
    states = [each for each in told(job) if each["kind"] == "state"]
    told_events = view_of(job).ask("told", {}).json["events"]
    assert [e["state"] for e in told_events if e["kind"] == "state"] == [
        each["state"] for each in states
    ][::-1]


def test_a_run_leads_to_its_job(start_count: StartCount, workspace: Workspace):
    job = start_count(1000, record=True)
    state = view_of(job, f"run:{job.run_id}").state()
    assert (state["job"], state["run"]) == (job.name, f"run:{job.run_id}")
    assert state["title"] == "count"
    assert "steps" in state["line"] and state["line"].startswith("%llmops count")
    inline = Catalogue(workspace).start_run("gate", {})
    with pytest.raises(NotFoundError, match="in its caller's process"):
        view_of(job, f"run:{inline}").state()
    with pytest.raises(NotFoundError, match="job"):
        view_of(job, "job:20990101-000000-count-ffff").state()


def test_pausing_and_resuming_keep_what_was_done(start_count: StartCount):
    job = start_count(400, record=True)
    until(lambda: (look(job)["step"] or 0) > 6)
    act(job, "pause")
    found = until(lambda: (now := look(job))["state"] == "paused" and now)
    assert names(found) == ["resume"]
    assert "from step" in found["actions"][0]["title"]
    at = found["step"]
    act(job, "resume")
    found = until(lambda: (now := look(job))["state"] == "running" and now["step"] and now)
    assert found["attempt"] == 2
    assert until(lambda: (look(job)["step"] or 0) > at)
    act(job, "cancel")
    assert until(lambda: look(job)["state"] == "cancelled")
    assert Catalogue(job.workspace).run(str(job.run_id))["state"] == "cancelled"


def test_stopping_a_stubborn_job_does_not_hold_up_the_asker(
    start_count: StartCount, workspace: Workspace
):
    patient = Workspace(workspace.root, flags={"execution.grace_seconds": 6})
    job = launcher.start(patient, "count", {"steps": 2000, "stubborn": True, "every": 0}, None)
    found = until(lambda: (now := look(job))["step"] and now)
    assert found["actions"][-1]["confirm"].startswith("It has written no checkpoint")
    begun = time.monotonic()
    answered = act(job, "cancel")
    assert time.monotonic() - begun < 3
    assert answered["done"] is False
    assert answered["now"]["asked"] == "stop"
    assert answered["now"]["state"] == "running"
    assert names(answered["now"]) == []
    assert until(lambda: look(job)["state"] == "cancelled")
    assert time.monotonic() - begun > 5, "it was not given its grace"


def test_what_would_be_lost_is_said_by_the_newest_checkpoint(start_count: StartCount):
    job = start_count(2000, every=5)
    until(lambda: job.folder.checkpoints.exists() and any(job.folder.checkpoints.glob("step-*")))
    found = until(lambda: (now := look(job))["actions"][-1]["confirm"] and now)
    assert "since its checkpoint at step" in found["actions"][-1]["confirm"]


def test_what_its_state_forbids_is_refused_in_one_sentence(start_count: StartCount):
    job = start_count(2)
    until(lambda: look(job)["state"] == "done")
    for name in ("cancel", "pause", "resume"):
        with pytest.raises(ConflictError, match=f"job '{job.name}' is done"):
            act(job, name)
    with pytest.raises(UsageError, match="asked wrongly"):
        act(job, "delete")


def test_a_failure_is_one_sentence_and_can_be_tried_again(start_count: StartCount):
    job = start_count(40, fail_at=12, record=True)
    found = until(lambda: (now := look(job))["state"] == "failed" and now)
    assert found["error"]["message"] == "step 12 has no row"
    assert found["error"]["kind"] == "DataError"
    assert found["actions"][0]["label"] == "Try again"
    act(job, "resume")
    found = until(lambda: (now := look(job))["state"] == "done" and now)
    assert found["error"] is None


def test_a_killed_job_is_not_shown_as_running(start_count: StartCount):
    job = start_count(5000)
    until(lambda: look(job)["step"])
    os.kill(job.state.handle["pid"], signal.SIGKILL)  # type: ignore[index]
    found = until(lambda: (now := look(job))["state"] == "interrupted" and now)
    assert found["actions"][0]["name"] == "resume"
    assert found["eta"] is None


def test_charts_are_the_numbers_of_the_event_file(start_count: StartCount):
    job = start_count(1)
    until(lambda: look(job)["state"] == "done")
    for step in range(1, 2001):
        numbers: dict[str, float] = {"loss": 2 / step, "tokens_per_second": 100.0 + step}
        if step % 500 == 0:
            numbers["eval_loss"] = 3 / step
        job.folder.append(Event("metric", {"step": step, "steps": 2000, **numbers}))
    found = look(job)
    assert [(f["label"], f["value"]) for f in found["figures"]] == [("tokens/s", 2100.0)]
    answered = view_of(job).ask("charts", {"points": 120}).json
    assert [chart["name"] for chart in answered] == ["loss", "tokens_per_second"]
    train, held_out = answered[0]["series"]
    oracle = {e["step"]: e["loss"] for e in told(job) if e["kind"] == "metric"}
    assert len(train["x"]) <= 120
    assert train["count"] == 2000
    for step, value in zip(train["x"], train["y"], strict=True):
        assert value == pytest.approx(oracle[step], rel=1e-5)
    assert held_out["held_out"] is True
    assert held_out["x"] == [500, 1000, 1500, 2000]
    zoomed = view_of(job).ask("charts", {"points": 500, "start": 100, "stop": 199}).json
    assert zoomed[0]["series"][0]["x"] == [float(step) for step in range(100, 200)]
    assert len(json.dumps(answered)) < 20_000


def test_samples_stand_side_by_side_by_step(start_count: StartCount):
    job = start_count(1)
    until(lambda: look(job)["state"] == "done")
    for step in (0, 100):
        for prompt in ("一?", "two?"):
            job.folder.append(
                Event("sample", {"step": step, "prompt": prompt, "answer": f"{prompt}{step}"})
            )
    found = view_of(job).ask("samples", {}).json
    assert found["steps"] == [0, 100]
    assert [line["prompt"] for line in found["lines"]] == ["一?", "two?"]
    assert found["lines"][0]["answers"] == {"0": "一?0", "100": "一?100"}
    assert look(job)["sampled"] == 4


def test_a_look_is_cheap_however_much_was_told(start_count: StartCount):
    job = start_count(1)
    until(lambda: look(job)["state"] == "done")
    line = b'{"time":"2026-11-24T10:00:00.000Z","kind":"metric","step":%d,"loss":0.5,"lr":0.1}\n'
    with job.folder.events_file.open("ab") as stream:
        stream.write(b"".join(line % step for step in range(100_000)))
    view_of(job).ask("look", {})
    begun = time.process_time()
    for _ in range(20):
        view_of(job).ask("look", {})
    assert (time.process_time() - begun) / 20 < 0.05
    begun = time.process_time()
    answered = view_of(job).ask("charts", {}).json
    assert time.process_time() - begun < 0.5
    assert answered[0]["series"][0]["count"] == 100_000


NEITHER = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "trl", "mlflow"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
sys.meta_path.insert(0, Block())
from pathlib import Path
from llmops_workbench.core import views
from llmops_workbench.core.workspace import Workspace
view = views.get("job")(Workspace(Path(sys.argv[1])), "job:" + sys.argv[2])
view.state()
view.ask("look", {})
view.ask("charts", {})
view.ask("printed", {})
print(view.ask("action", {"name": "cancel"}).json["done"])
view.static_html()
"""


def test_it_works_where_no_library_of_models_is(start_count: StartCount):
    job = start_count(5000, record=True)
    until(lambda: look(job)["step"])
    done = subprocess.run(
        [sys.executable, "-c", NEITHER, str(job.workspace.root), job.name],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert until(lambda: look(job)["state"] == "cancelled")


def test_a_saved_notebook_shows_the_job_without_scripts(start_count: StartCount):
    job = start_count(3, fill="")
    until(lambda: look(job)["state"] == "done")
    hostile = "<img src=x onerror=alert(1)>"
    for step in range(5):
        job.folder.append(Event("metric", {"step": step, "loss": 1.0 / (step + 1), hostile: 1.0}))
    page = Tags(view_of(job).static_html())
    assert "svg" in page.tags and "polyline" in page.tags
    assert not page.tags & {"script", "img", "iframe", "style", "link"}
    assert not any(name.startswith("on") for name in page.attributes)
    assert any("3/3" in text for text in page.texts)
    assert any("done" in text for text in page.texts)
    assert any(hostile in text for text in page.texts)
