"""The shell face, as a process: streams, exit codes, progress, and Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmops_workbench.core.workspace import FORMAT, Workspace
from llmops_workbench.faces.cli import as_json, main
from llmops_workbench.version import __version__
from tests.faces.conftest import Shell


def wait_until(there: Path, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not there.exists():
        assert time.monotonic() < until, f"{there} did not appear in {seconds} s"
        time.sleep(0.05)


def test_the_version_as_text_and_as_json(shell: Shell) -> None:
    assert shell("--version").stdout == f"llmops {__version__}\n"
    record = json.loads(shell("--version", "--json").stdout)
    assert record["version"] == __version__
    assert record["format"] == FORMAT
    assert record["python"] == ".".join(map(str, sys.version_info[:3]))


def test_the_last_line_is_one_json_object_and_the_rest_goes_to_standard_error(
    shell: Shell,
) -> None:
    done = shell("echo", "hi", "--failed", "3", "--json")
    assert done.returncode == 0
    record = json.loads(done.stdout.splitlines()[-1])
    assert record["given"]["text"] == "hi"
    assert record["failed"] == 3
    assert "warning: 3 are lost" in done.stderr
    assert "3 failed" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["ehco", "hi"], 2, "no verb is called 'ehco'; did you mean 'echo'?"),
        (["echo", "hi", "--tonn", "x"], 2, "did you mean --tone?"),
        (["echo"], 2, "echo needs text"),
        (["echo", "hi", "--times", "many"], 2, "times"),
        (["echo", "hi", "--times", "0"], 2, "greater than 0"),
        (["rows_of", "nowhere.csv"], 2, "there is no file 'nowhere.csv'"),
        (["rows-of", "nothing"], 2, "nothing"),
        (["stumble", "1", "--mark", "m"], 1, "ValueError: call 1 of 1 that fail"),
        (["refuse"], 100, "the gate is closed"),
        (["--workspace", "elsewhere", "echo", "hi"], 2, "llmops init elsewhere"),
        (["--versoin"], 2, "llmops has no flag --versoin"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    words: list[str],
    code: int,
    sentence: str,
    inside: Workspace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*words, "--json"]) == code
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert len(shown.err.splitlines()) == 1
    record = json.loads(shown.out)
    assert record["exit_code"] == code
    assert sentence in record["error"]


def test_a_closed_gate_still_prints_its_decision(
    inside: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["refuse", "0.5 is below 0.6", "--json"]) == 100
    record = json.loads(capsys.readouterr().out)
    assert record["given"] == {"reason": "0.5 is below 0.6"}


def test_debug_shows_where(inside: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stumble", "1", "--mark", "m", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_text_output_is_a_short_table(shell: Shell) -> None:
    done = shell("echo", "hi 你好")
    assert 'given: {"text": "hi 你好"' in done.stdout
    assert done.stderr == ""


def test_json_holds_what_json_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(as_json({"a": float("nan"), "b": [float("inf")], "c": "\udc80é"})) == {
        "a": None,
        "b": [None],
        "c": "\udc80é",
    }


def test_an_ascii_terminal_gets_ascii(inside: Workspace) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "llmops_workbench.faces.cli", "echo", "你好", "--json"],
        cwd=inside.root,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("ascii"))["given"]["text"] == "你好"


def test_a_reader_that_leaves_is_no_error(shell: Shell, inside: Workspace) -> None:
    command = f"{sys.executable} -m llmops_workbench.faces.cli echo {'x' * 100_000} --json | true"
    done = subprocess.run(command, shell=True, cwd=inside.root, capture_output=True, text=True)
    assert done.stderr == ""


def test_the_schema_is_that_of_the_form(shell: Shell) -> None:
    schema = json.loads(shell("echo", "--schema").stdout)
    assert schema["properties"]["tone"]["enum"] == ["warm", "cool"]
    assert schema["required"] == ["text"]


def test_a_detached_job_is_named_at_once(shell: Shell, inside: Workspace) -> None:
    started = json.loads(shell("linger", "0.1", "--detach", "--json").stdout)
    assert started["job"]
    assert started["run_id"]
    wait_until(inside.root / "started")
    wait_until(inside.dot / "jobs" / started["job"] / "result.json")


def test_detaching_what_is_done_at_once_is_refused(shell: Shell) -> None:
    done = shell("echo", "hi", "--detach")
    assert done.returncode == 2
    assert "cannot be detached" in done.stderr


def test_ctrl_c_stops_the_job_and_says_how_to_go_on(inside: Workspace) -> None:
    command = [sys.executable, "-m", "llmops_workbench.faces.cli", "linger", "300", "--json"]
    process = subprocess.Popen(
        command, cwd=inside.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(inside.root / "started")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "llmops resume" in errors
    assert json.loads(output.splitlines()[-1])["exit_code"] == 130
    (job,) = (inside.dot / "jobs").glob("*linger*")
    assert json.loads((job / "state.json").read_text())["state"] == "cancelled"


def test_a_terminal_gets_one_moving_line(inside: Workspace) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "llmops_workbench.faces.cli", "linger", "1", "--json"],
        cwd=inside.root,
        stdout=subprocess.PIPE,
        stderr=child,
    )
    os.close(child)
    shown = b""
    while True:
        try:
            block = os.read(parent, 4096)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        shown += block
    os.close(parent)
    assert process.wait(30) == 0
    assert b"\r\x1b[K[" in shown
    assert b"waiting" in shown
