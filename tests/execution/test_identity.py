from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

from llmops_workbench.execution import identity
from tests.execution.waiting import until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_a_process_is_alive_until_it_is_killed_even_as_a_zombie():
    process = subprocess.Popen(SLEEP)
    found = identity.identify(process.pid)
    assert identity.is_alive(found) is True
    process.send_signal(signal.SIGKILL)
    # Not reaped: the pid is still there, and means nothing any more.
    until(lambda: identity.is_alive(found) is False)
    assert process.returncode is None
    os.kill(process.pid, 0)
    process.wait()
    assert identity.is_alive(found) is False


def test_a_reused_pid_is_another_process_and_gets_no_signal():
    process = subprocess.Popen(SLEEP)
    try:
        gone = replace(identity.identify(process.pid), started=12345.0)
        assert identity.is_alive(gone) is False
        assert identity.send(gone, signal.SIGKILL) is False
        assert identity.kill_family(gone, "some-job") == 0
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_of_a_process_of_another_namespace_host_or_boot_nothing_is_known():
    process = subprocess.Popen(SLEEP)
    try:
        near = identity.identify(process.pid)
        for far in (
            replace(near, namespace=near.namespace + 1),
            replace(near, host="elsewhere:"),
            replace(near, boot="another"),
            replace(near, namespace=-1),
        ):
            assert identity.is_alive(far) is None
            assert identity.send(far, signal.SIGKILL) is False
            assert identity.kill_family(far, "some-job") == 0
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_the_family_of_a_dead_leader_is_known_by_its_token_alone():
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    leader = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, identity.TOKEN: "job-a"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert leader.stdout is not None
    orphan = int(leader.stdout.readline())
    known = identity.identify(leader.pid)
    assert {found.pid for found in identity.family(known, "job-a")} == {leader.pid, orphan}
    leader.kill()
    leader.wait()
    assert [found.pid for found in identity.family(known, "job-b")] == []
    assert [found.pid for found in identity.family(known, "job-a")] == [orphan]
    assert identity.kill_family(known, "job-a") >= 1
    until(lambda: identity.start_time(orphan) is None)
