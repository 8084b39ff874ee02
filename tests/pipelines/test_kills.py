"""Killed in the middle of a step, a pipeline that is started again goes on inside of that step."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.plugins import load_file
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, watch
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import Job, find_job, job_names
from llmops_workbench.tracking import models
from llmops_workbench.tracking.catalogue import Catalogue
from tests.execution.conftest import PLUGIN
from tests.execution.waiting import until
from tests.stock import Stock
from tests.tuning.test_kills import GIVEN, told

WITH = json.dumps({**GIVEN, "data": "reviews@1"})
PIPELINE = f"""
name: kills
steps:
  tune: {{template: tune, with: {WITH}}}
  show: {{template: show, with: {{ref: "${{{{ steps.tune.ref }}}}"}}}}
"""
COUNTING = """
name: counting
steps:
  count: {template: count, with: {steps: 150, every: 5, seconds: 0.02}}
"""

pytestmark = pytest.mark.slow


def start(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "llmops_workbench.faces.cli", "execute", "p.yaml", "--json"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def the_jobs(workspace: Workspace, verb: str) -> list[Job]:
    return [Job(workspace, name) for name in job_names(workspace) if f"-{verb}-" in name]


def with_checkpoint(workspace: Workspace, verb: str) -> tuple[Job, Job]:
    """Give the job of the pipeline and that of its step, once the step has a checkpoint."""
    step = until(lambda: the_jobs(workspace, verb), 90)[0]
    until(lambda: Checkpoints.open(step.folder.checkpoints).latest(), 90)
    return the_jobs(workspace, "execute")[0], step


def kill_kernel(pipeline: Job, step: Job) -> None:
    os.kill(step.state.handle["pid"], signal.SIGKILL)  # type: ignore[index]


def kill_all(pipeline: Job, step: Job) -> None:
    """Kill the group of the pipeline, papermill's process in it, and the kernel, which has one."""
    os.killpg(pipeline.state.handle["pid"], signal.SIGKILL)  # type: ignore[index]
    kill_kernel(pipeline, step)


def kill_pipeline(pipeline: Job, step: Job) -> None:
    """Kill the process of the pipeline alone: what it started ends a moment later."""
    os.kill(pipeline.state.handle["pid"], signal.SIGKILL)  # type: ignore[index]


def kill_papermill(pipeline: Job, step: Job) -> None:
    kernel = psutil.Process(step.state.handle["pid"])  # type: ignore[index]
    kernel.parent().kill()


@pytest.fixture(scope="module")
def unbroken(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Any]:
    root = tmp_path_factory.mktemp("unbroken") / "w"
    shutil.copytree(stocked, root)
    whole = Workspace(root)
    return whole, Stock(whole)("tune", **GIVEN)


def weights(workspace: Workspace, ref: str) -> bytes:
    with activate(workspace):
        return (models.model_path(ref) / "adapter_model.safetensors").read_bytes()


@pytest.mark.parametrize("kill", [kill_kernel, kill_all])
def test_a_tuning_goes_on_at_its_checkpoint_and_gives_the_weights_of_an_unbroken_one(
    stock: Stock, unbroken: tuple[Workspace, Any], kill: Callable[[Job, Job], None]
):
    workspace = stock.workspace
    (workspace.root / "p.yaml").write_text(PIPELINE, encoding="utf-8")
    process = start(workspace.root)
    pipeline, job = with_checkpoint(workspace, "tune")
    kill(pipeline, job)
    assert process.wait(timeout=90) == 1
    latest = Checkpoints.open(job.folder.checkpoints).latest()
    assert latest is not None

    again = start(workspace.root)
    output, errors = again.communicate(timeout=200)

    assert again.returncode == 0, errors.decode()
    report = json.loads(output.splitlines()[-1])
    tuned, shown = (each["result"] for each in report["steps"])
    assert tuned["resumed_from"] == latest.step
    assert [event["step"] for event in told(job, "resumed")] == [latest.step]
    assert min(step["step"] for step in told(job, "training")[1:]) == latest.step
    assert the_jobs(workspace, "tune") == [job]
    assert (job.state.state, job.state.attempt) == ("done", 2)
    catalogue = Catalogue(workspace)
    (run,), _ = catalogue.items("run", where="operation=tune")
    assert tuned["run_id"] == run["run_id"] == job.run_id
    assert (run["state"], run["parent"]) == ("done", report["run_id"])
    assert report["run_id"] != pipeline.run_id
    assert catalogue.run(str(pipeline.run_id))["state"] in ("failed", "interrupted")
    whole, straight = unbroken
    assert weights(workspace, tuned["ref"]) == weights(whole, straight.ref), "not bit by bit"
    assert report["steps"][0]["digest"] == straight.digest()
    assert shown["ref"] == tuned["ref"], "later steps refer to its result"

    cached = invoke("execute", {"source": "p.yaml"}, workspace=workspace).to_dict()
    assert [each["state"] for each in cached["steps"]] == ["cached", "cached"]
    assert cached["steps"][0]["result"]["run_id"] == job.run_id


@pytest.fixture
def counting(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a pipeline whose step counts."""
    monkeypatch.setenv("LLMOPS_PLUGINS", str(PLUGIN))
    monkeypatch.chdir(workspace.root)
    load_file(PLUGIN)
    (workspace.root / "p.yaml").write_text(COUNTING, encoding="utf-8")
    return workspace


@pytest.mark.parametrize("kill", [kill_pipeline, kill_papermill])
def test_resuming_the_pipeline_goes_on_inside_its_step_even_when_all_shall_be_done_anew(
    counting: Workspace, kill: Callable[[Job, Job], None]
):
    given = {"source": "p.yaml", "force": True}
    handle = invoke("execute", given, workspace=counting, detach=True).to_dict()
    pipeline, job = with_checkpoint(counting, "count")
    kill(pipeline, job)
    until(lambda: control.reconcile_job(pipeline).state in ("interrupted", "failed"), 60)

    control.resume(pipeline)  # at once: the step of the attempt before is still about to end
    report = watch.wait(find_job(counting, handle["job"]), timeout=120)

    result = report["steps"][0]["result"]
    assert (result["total"], result["run_id"]) == (150 * 151 // 2, job.run_id)
    assert result["resumed_from"] > 0
    assert (the_jobs(counting, "count"), job.state.attempt) == ([job], 2)
    assert Catalogue(counting).run(str(job.run_id))["parent"] == handle["run_id"]


def test_a_step_that_may_be_tried_again_goes_on_in_the_same_execution(counting: Workspace):
    text = COUNTING.replace("0.02}", "0.02}, retries: 1")
    (counting.root / "p.yaml").write_text(text, encoding="utf-8")
    process = start(counting.root)
    pipeline, job = with_checkpoint(counting, "count")
    kill_kernel(pipeline, job)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    result = json.loads(output.splitlines()[-1])["steps"][0]["result"]
    assert result["resumed_from"] > 0
    assert (the_jobs(counting, "count"), job.state.attempt) == ([job], 2)
