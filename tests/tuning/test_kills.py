"""Killed while it trains, a tuning goes on from its checkpoint and ends with the same weights."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.errors import JobError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, watch
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import Job, find_job
from llmops_workbench.tracking import models
from tests.execution.test_full_disk import UNSHARE, may_mount
from tests.execution.waiting import until
from tests.stock import Stock
from tests.tuning.test_tune import recorded

STEPS, EVERY = 120, 20
GIVEN: dict[str, Any] = {
    "model": "tiny",
    "data": "reviews",
    "prompt": "short",
    "name": "triage",
    "dropout": 0.1,
    "steps": STEPS,
    "rows_per_step": 8,
    "checkpoints": STEPS // EVERY,
}
# Beyond the two that always run; the first is killed right after its first checkpoint.
MORE = int(os.environ.get("LLMOPS_PROVE_N", "0"))
CASES = [("float32", 0), *(("bfloat16", n) for n in range(1, 2 + MORE))]


def told(job: Job, kind: str) -> list[dict[str, Any]]:
    return [event.data for event in job.folder.read_events()[0] if event.kind == kind]


def start(workspace: Workspace) -> Job:
    handle = invoke("tune", GIVEN, workspace=workspace, detach=True)
    return find_job(workspace, handle.to_dict()["job"])


def weights(workspace: Workspace, ref: str) -> bytes:
    from llmops_workbench.core.context import activate

    with activate(workspace):
        return (models.model_path(ref) / "adapter_model.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "moment"), CASES)
def test_killed_and_resumed_it_gives_the_weights_of_an_unbroken_run(
    stocked: Path, tmp_path: Path, dtype: str, moment: int
):
    roots = [tmp_path / "whole", tmp_path / "parts"]
    for root in roots:
        shutil.copytree(stocked, root)
    whole, parts = (Workspace(root, flags={"models.dtype": dtype}) for root in roots)
    job = start(parts)
    wanted = random.Random(moment).randrange(EVERY + 1, STEPS - EVERY) if moment else EVERY
    until(lambda: any(step["step"] >= wanted for step in told(job, "metric")), 120)
    until(lambda: told(job, "checkpoint"), 60)
    os.kill(job.state.handle["pid"], signal.SIGKILL)  # type: ignore[index]
    with pytest.raises(JobError, match=f"interrupted.*resume {job.name}"):
        watch.wait(job, timeout=60)
    latest = Checkpoints.open(job.folder.checkpoints).latest()
    assert latest is not None
    assert latest.step >= EVERY

    control.resume(job)
    unbroken = Stock(whole)("tune", **GIVEN)
    result = watch.wait(job, timeout=120)

    assert result["run_id"] == job.run_id
    assert result["resumed_from"] == latest.step
    assert [event["step"] for event in told(job, "resumed")] == [latest.step]
    said = [str(event.get("message")) for event in told(job, "log")]
    assert f"resumed from the checkpoint of step {latest.step}" in said
    assert weights(parts, result["ref"]) == weights(whole, unbroken.ref), "not bit by bit the same"
    assert result["validation_before"] == unbroken.validation_before
    assert result["validation_after"] == unbroken.validation_after
    metrics = recorded(Stock(parts), str(job.run_id))
    assert len(metrics) == len(set(metrics)), "a metric is in MLflow twice"
    assert {step for key, step in metrics if key == "learning_rate"} == set(range(1, STEPS + 1))


FULL = """
import json, subprocess, sys
from pathlib import Path
disk, stocked, given = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)], check=True)
subprocess.run(["cp", "-r", stocked, str(disk / "w")], check=True)
from llmops_workbench.core.errors import LLMOpsError, outcome
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, watch
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import find_job
from tests.execution.waiting import until
small = Workspace(disk / "w", flags={"execution.min_free_mb": 1})
job = find_job(small, invoke("tune", given, workspace=small, detach=True).to_dict()["job"])
events = lambda kind: [e.data for e in job.folder.read_events()[0] if e.kind == kind]
until(lambda: events("checkpoint"), 120)
with (disk / "big").open("wb") as big:
    try:
        while True:
            big.write(b"x" * 65536)
            big.flush()
    except OSError:
        pass
said = {}
try:
    watch.wait(job, timeout=120)
except LLMOpsError as error:
    said["kind"], said["error"] = type(error).__name__, error.message
    said["exit_code"] = outcome(error).exit_code
said["state"] = job.state.state
kept = Checkpoints.open(job.folder.checkpoints).latest()
said["kept"] = kept.step if kept else None
(disk / "big").unlink()
control.resume(job)
said["result"] = watch.wait(job, timeout=120)
print(json.dumps(said))
"""


@pytest.mark.slow
@pytest.mark.netns
@pytest.mark.skipif(not may_mount(), reason="a private tmpfs is not permitted here")
def test_a_full_disk_is_a_sentence_and_there_is_a_way_on(stocked: Path, tmp_path: Path):
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-c", FULL, str(tmp_path), str(stocked), json.dumps(GIVEN)],
        capture_output=True,
        text=True,
        timeout=250,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["kind"], said["exit_code"], said["state"]) == ("StorageError", 2, "failed"), said
    assert "the disk is full" in said["error"]
    assert "\n" not in said["error"]
    assert said["kept"] >= EVERY
    assert said["result"]["resumed_from"] == said["kept"]
    assert said["result"]["steps"] == STEPS
