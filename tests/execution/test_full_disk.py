"""A disk that fills up while a job runs: the job says so, and goes on once there is room."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

UNSHARE = ["unshare", "-rm"]

RUN = """
import json, subprocess, sys
from pathlib import Path
disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
from llmops_workbench.core.errors import LLMOpsError, outcome
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control, launcher, watch
workspace = Workspace.init(disk / "w")
small = Workspace(disk / "w", flags={"execution.min_free_mb": 1})
job = launcher.start(small, "count", {"steps": 9, "every": 1, "fill": str(disk / "big")}, None)
said = {}
try:
    watch.wait(job, timeout=40)
except LLMOpsError as error:
    said["error"], said["exit_code"] = error.message, outcome(error).exit_code
said["state"] = job.state.state
(disk / "big").unlink()
control.resume(job)
said["result"] = watch.wait(job, timeout=40)
print(json.dumps(said))
"""


@cache
def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    mount = ["sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return subprocess.run([*UNSHARE, *mount], capture_output=True).returncode == 0


@pytest.mark.netns
@pytest.mark.skipif(not may_mount(), reason="a private tmpfs is not permitted here")
def test_a_full_disk_is_said_in_a_sentence_and_the_job_can_go_on(tmp_path: Path):
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-c", RUN, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "the disk is full" in said["error"]
    assert (said["exit_code"], said["state"]) == (2, "failed")
    assert said["result"]["total"] == 45
    assert said["result"]["resumed_from"] >= 1
