"""Pipelines as they run: order, cache, failure and going on, retries, stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import GateNotPassedError, JobError, UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.pipelines import templates
from llmops_workbench.pipelines.execute import execute as run
from llmops_workbench.tracking.catalogue import Catalogue

ECHO = "{template: echo, with: {text: "


def execute(workspace: Workspace, text: str, **arguments: Any) -> dict[str, Any]:
    """Run a pipeline in this process, without a record of its own, which takes its time."""
    file = workspace.root / "demo.yaml"
    file.write_text(text, encoding="utf-8")
    with activate(workspace):
        return run(str(file), **arguments).to_dict()


def states(report: dict[str, Any]) -> dict[str, str]:
    return {each["step"]: each["state"] for each in report["steps"]}


def test_results_flow_and_what_is_done_is_skipped(inside: Workspace) -> None:
    (inside.root / "note.txt").write_text("one", encoding="utf-8")
    text = """
        name: flow
        parameters: {who: Ada, note: note.txt}
        steps:
          two:
            template: echo
            with: {text: "${{ steps.one.given.text }}!", words: "${{ steps.one.given.words }}"}
          one:
            template: echo
            with: {text: "${{ parameters.who }}", words: [a, b], note: "${{ parameters.note }}"}
          three: {template: echo, with: {text: always}, cache: false}
    """
    first = execute(inside, text)
    assert states(first) == {"one": "done", "two": "done", "three": "done"}
    two = first["steps"][1]["result"]["given"]
    assert (two["text"], two["words"]) == ("Ada!", ["a", "b"])
    assert first["steps"][0]["result"]["given"]["note"] == "one"

    again = execute(inside, text)
    assert states(again) == {"one": "cached", "two": "cached", "three": "done"}
    assert again["steps"][1]["result"]["given"]["text"] == "Ada!"

    (inside.root / "note.txt").write_text("two", encoding="utf-8")
    changed = execute(inside, text)
    assert states(changed)["one"] == "done", "a file that it reads has changed"
    assert states(changed)["two"] == "done", "so has the result that it waits for"

    other = execute(inside, text, parameters={"who": "Bob"}, until="one")
    assert states(other) == {"one": "done"}
    assert states(execute(inside, text, force=True, until="one")) == {"one": "done"}

    pipelines, total = Catalogue(inside).items("pipeline")
    assert total == 1
    assert pipelines[0]["ref"].startswith("pipeline:flow@")
    notebook = inside.dot / first["steps"][0]["notebook"]
    assert "papermill" in json.loads(notebook.read_text())["metadata"]


def test_each_run_of_a_step_is_a_child_of_the_pipelines_run(inside: Workspace) -> None:
    file = inside.root / "demo.yaml"
    file.write_text("steps: {one: {template: linger, with: {seconds: 0.05}}}")
    report = invoke("execute", {"source": str(file)}, workspace=inside).to_dict()
    child = Catalogue(inside).run(report["steps"][0]["result"]["run_id"])
    assert child["parent"] == report["run_id"]
    assert child["operation"] == "linger"


def test_a_failure_stops_and_the_same_line_goes_on_from_there(inside: Workspace) -> None:
    text = """
        steps:
          one: {template: echo, with: {text: a}}
          two: {template: stumble, with: {times: 1, mark: calls}, after: one}
          three: {template: echo, with: {text: b}, after: two}
    """
    with pytest.raises(JobError, match="step 'two': ValueError: call 1 of 1 that fail"):
        execute(inside, text)
    assert states(execute(inside, text)) == {"one": "cached", "two": "done", "three": "done"}


def test_a_step_is_tried_again_as_often_as_it_says(inside: Workspace) -> None:
    text = "steps: {one: {template: stumble, with: {times: 1, mark: calls}, retries: 1}}"
    assert states(execute(inside, text)) == {"one": "done"}
    assert (inside.root / "calls").read_text() == "xx"


def test_a_closed_gate_keeps_its_meaning_and_is_not_tried_again(inside: Workspace) -> None:
    with pytest.raises(GateNotPassedError, match="step 'one': the gate is closed: low"):
        execute(inside, "steps: {one: {template: refuse, with: {reason: low}, retries: 3}}")


def test_conditions_and_people(inside: Workspace) -> None:
    text = """
        parameters: {go: false, labels: 3}
        steps:
          one: {template: echo, with: {text: a}, when: "${{ parameters.go }}"}
          two: {template: echo, with: {text: b}, after: one}
          labels: {template: echo, with: {text: c, failed: "${{ parameters.labels }}"},
                   until: {failed: 5}}
          last: {template: echo, with: {text: d}, after: labels}
    """
    waiting = execute(inside, text)
    assert states(waiting) == {"one": "skipped", "two": "skipped", "labels": "waiting"}
    assert waiting["waiting"] == "labels"
    done = execute(inside, text, parameters={"labels": 5})
    assert states(done)["last"] == "done"
    with pytest.raises(UsageError, match="gives none"):
        execute(inside, "steps: {a: {template: echo, with: {text: a}, until: {votes: 1}}}")


def test_a_notebook_of_ones_own(inside: Workspace) -> None:
    cells = [
        {
            "cell_type": "code",
            "id": "p",
            "metadata": {"tags": ["parameters"]},
            "outputs": [],
            "execution_count": None,
            "source": ["n = 1"],
        },
        {
            "cell_type": "code",
            "id": "c",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": ["import sys\n", "print(n, sys.executable)"],
        },
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    file = inside.root / "mine.ipynb"
    file.write_text(text)
    with activate(inside):
        report = run(str(file), parameters={"n": 7}).to_dict()
    assert states(report) == {"mine": "done"}
    assert report["steps"][0]["result"] is None
    executed = json.loads((inside.dot / report["steps"][0]["notebook"]).read_text())
    said = "".join(executed["cells"][-1]["outputs"][0]["text"])
    assert said == f"7 {sys.executable}\n", "the kernel is that of this interpreter"
    assert file.read_text() == text
    cells[1]["source"] = ["1 / 0"]
    file.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    with (
        activate(inside),
        pytest.raises(JobError, match="step 'mine' failed: ZeroDivisionError"),
    ):
        run(str(file))


def descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_for(condition: Any, what: str, seconds: float = 60.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"{what}: not within {seconds} s")


def start(workspace: Workspace, seconds: int = 300) -> subprocess.Popen[bytes]:
    """Run a pipeline whose step takes long, in this group of processes, until the step works."""
    file = workspace.root / "long.yaml"
    file.write_text(
        f"steps: {{one: {{template: linger, with: {{seconds: {seconds}, mark: begun}}}}}}"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "llmops_workbench.faces.cli", "execute", str(file), "--json"],
        cwd=workspace.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for((workspace.root / "begun").exists, "the step begins")
    return process


def kernels(workspace: Workspace) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        command = " ".join(process.info["cmdline"] or [])
        place = (process.info["environ"] or {}).get("LLMOPS_WORKSPACE")
        if "ipykernel" in command and place == str(workspace.root):
            found.append(process)
    return found


def test_ctrl_c_reaches_the_kernel_and_the_step_can_go_on(inside: Workspace) -> None:
    process = start(inside)
    assert kernels(inside)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=90)
    assert process.returncode == 130, errors
    assert json.loads(output.splitlines()[-1])["exit_code"] == 130
    wait_for(lambda: not kernels(inside), "the kernel ends", 30)


def test_nothing_goes_on_when_the_pipelines_process_is_killed(inside: Workspace) -> None:
    process = start(inside)
    state = next((inside.dot / "jobs").glob("*-execute-*")) / "state.json"
    pid = json.loads(state.read_text())["handle"]["pid"]
    os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=90)
    assert process.returncode == 1
    wait_for(lambda: not kernels(inside), "the kernel ends", 60)


def test_shipped_pipelines_and_templates_are_found_by_their_name() -> None:
    from llmops_workbench.pipelines.graph import load

    assert (templates.templates_folder() / "execute.ipynb").is_file()
    assert load("templates/execute.ipynb", {"source": "x.yaml"}).steps[0].verb == "execute"
