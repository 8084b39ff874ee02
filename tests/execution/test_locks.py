from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_workbench.core.errors import ConflictError
from llmops_workbench.execution import locks
from tests.execution.waiting import until

HOLD = """
import sys, time
from pathlib import Path
from llmops_workbench.execution import locks
locks.acquire(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_a_lock_falls_when_its_holder_is_killed(tmp_path: Path):
    file = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert locks.is_held(file) is True
    assert locks.acquire(file) is None
    with (
        pytest.raises(ConflictError, match="the thing is being changed"),
        locks.locked(file, "the thing", wait=0.1),
    ):
        pass
    holder.send_signal(signal.SIGKILL)
    until(lambda: locks.is_held(file) is False)
    handle = locks.acquire(file)
    assert handle is not None
    locks.release(handle)
    holder.wait()


def test_two_who_only_look_do_not_see_each_other(tmp_path: Path):
    file = tmp_path / "lock"
    looking = locks.acquire(file, shared=True)
    assert looking is not None
    assert locks.is_held(file) is False
    locks.release(looking)


def test_a_forked_worker_does_not_keep_the_lock_of_its_dead_parent(tmp_path: Path):
    file = tmp_path / "lock"
    handle = locks.acquire(file)
    assert handle is not None
    ready, say = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.write(say, b"x")
        signal.pause()
        os._exit(0)
    try:
        os.read(ready, 1)
        locks.release(handle)
        assert locks.is_held(file) is False
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        os.close(ready)
        os.close(say)


def test_a_lock_handed_to_a_child_outlives_the_launcher(tmp_path: Path):
    file = tmp_path / "lock"
    code = (
        "import subprocess, sys\n"
        "from pathlib import Path\n"
        "from llmops_workbench.execution import locks\n"
        "handle = locks.acquire(Path(sys.argv[1]))\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],\n"
        "                         pass_fds=(handle,), stdout=subprocess.DEVNULL,\n"
        "                         stderr=subprocess.DEVNULL)\n"
        "print(child.pid)\n"
    )
    launched = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    child = int(launched.stdout)
    assert locks.is_held(file) is True
    os.kill(child, signal.SIGKILL)
    until(lambda: locks.is_held(file) is False)
