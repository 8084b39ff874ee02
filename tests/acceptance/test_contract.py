"""The names and shapes that others rely on, as the command line and the Python face give them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.chain import LLMOPS
from tests.acceptance.conftest import ROOT, Life, Llmops, refused, shell, until

# The whole life is led once, in whichever test comes first.
pytestmark = pytest.mark.timeout(1800)

STATES = {"queued", "running", "paused", "interrupted", "done", "failed", "cancelled"}
KINDS = "datasets prompts models pipelines runs queues endpoints monitors".split()  # noqa: SIM905
METRICS = (
    "bleu chrf ter rouge1 rouge2 rougeL rougeLsum exact_match token_f1 accuracy edit_similarity"
)
# What each step's object has at least; nested names are those of each item of a list or mapping.
SHAPES: dict[str, dict[str, Any]] = {
    "version": {"version": str},
    "explore": {"rows": int, "columns": list, "duplicates": dict},
    "prepare": {"ref": str, "hash": str, "rows_in": int, "rows_out": int, "steps": list},
    "tune": {"run_id": str, "ref": str, "hash": str},
    "tune_detached": {"job": str, "run_id": str},
    "jobs": {"items": list, "total": int},
    "evaluate": {"run_id": str, "n": int, "failed": int, "metrics": dict, "paired": dict},
    "gate": {"passed": bool, "rules": list, "run_id": str},
    "gate_refused": {"passed": bool, "rules": list, "error": str, "exit_code": int},
    "promote": {"ref": str, "alias": str, "run_id": str},
    "rollback": {"ref": str, "alias": str, "run_id": str},
    "serve_generate": {"url": str, "key_file": str, "job": str},
    "execute": {"run_id": str, "pipeline": str, "steps": list},
    "show": {"ref": str, "hash": str, "parents": list, "created": str},
    "lineage": {"nodes": list, "edges": list},
    "lineage_forward": {"nodes": list, "edges": list},
    **{f"ls_{kind}": {"items": list, "total": int} for kind in KINDS},
}


@pytest.mark.parametrize("step", SHAPES)
def test_the_last_line_is_an_object_of_the_agreed_shape(life: Life, step: str) -> None:
    given = life.json(step)
    for name, kind in SHAPES[step].items():
        assert isinstance(given[name], kind), (name, given.get(name))


@pytest.mark.parametrize(
    ("step", "code"),
    [("evaluate", 0), ("evaluate_gaps", 0), ("evaluate_max_failed", 1), ("gate_refused", 100)],
)
def test_the_exit_code_says_how_it_ended(life: Life, step: str, code: int) -> None:
    assert life.steps[step]["code"] == code


def test_progress_goes_to_standard_error_alone(life: Life) -> None:
    for name, step in life.steps.items():
        if step["words"]:
            assert len(step["stdout"].splitlines()) == 1, name
    assert "training 4/4 steps" in life.steps["tune"]["stderr"]


def test_explore(life: Life) -> None:
    report = life.json("explore")
    assert report["rows"] == 61
    assert [column["name"] for column in report["columns"]] == ["text", "label"]
    for column in report["columns"]:
        assert {"name", "type", "missing", "unique"} <= set(column)
    assert set(report["duplicates"]) >= {"exact", "near"}
    assert report["duplicates"]["exact"] == 1


def test_prepare(life: Life) -> None:
    report = life.json("prepare")
    assert report["ref"] == "dataset:reviews@1"
    assert report["hash"].startswith("sha256-")
    assert (report["rows_in"], report["rows_out"]) == (61, 60)
    names = [step["step"] for step in report["steps"]]
    assert names == ["dedup_exact", "dedup_near", "split", "roles"]
    for step in report["steps"]:
        assert {"step", "rows_in", "rows_out", "changed"} <= set(step)


def test_jobs(life: Life) -> None:
    for item in life.json("jobs")["items"]:
        assert {"job", "state", "step", "steps", "run_id", "pid"} <= set(item)
        assert item["state"] in STATES
    (first,) = life.json("jobs")["items"]
    assert (first["state"], first["step"], first["steps"]) == ("done", 2, 2)
    assert first["job"] == life.json("tune_detached")["job"]


def test_evaluate(life: Life) -> None:
    report = life.json("evaluate")
    assert (report["n"], report["failed"]) == (24, 0)
    assert set(report["metrics"]) == set(report["paired"]) == {"accuracy", "exact_match"}
    for metric in report["metrics"].values():
        assert 0 <= metric["lower"] <= metric["value"] <= metric["upper"] <= 1
    for paired in report["paired"].values():
        assert paired["lower"] <= paired["difference"] <= paired["upper"]
        assert 0 <= paired["p"] <= 1


def test_failed_rows_are_counted_and_said(life: Life) -> None:
    assert life.json("evaluate_gaps")["failed"] == 1
    assert life.steps["evaluate_gaps"]["stderr"].splitlines()[-1].startswith("1 failed")
    said = life.steps["evaluate_max_failed"]["stderr"].splitlines()[-1]
    assert "1 of 3 rows failed" in said


def test_a_gate_and_the_alias_that_follows_it(life: Life) -> None:
    assert life.json("gate")["passed"] is True
    refusal = life.json("gate_refused")
    assert refusal["passed"] is False
    assert "accuracy.lower" in refusal["error"]
    assert life.json("promote_ungated")["ref"] == "model:tuned@1"
    assert life.json("promote")["ref"] == "model:tuned@2"
    assert life.json("rollback")["ref"] == "model:tuned@1"
    assert life.json("show")["aliases"] == ["champion"]


@pytest.mark.parametrize("kind", KINDS)
def test_ls_lists_each_kind(life: Life, kind: str) -> None:
    listed = life.json(f"ls_{kind}")
    assert listed["items"]
    assert listed["total"] == len(listed["items"])
    for item in listed["items"]:
        assert {"ref", "hash", "parents", "created"} <= set(item)
        assert item["ref"].startswith(kind[:-1] + ":")
        assert item["hash"].startswith("sha256-")


def test_lineage_leads_back_to_the_file_and_forward_to_the_endpoint(life: Life) -> None:
    back = life.json("lineage")
    refs = {node["ref"] for node in back["nodes"]}
    source = life.json("explore")["ref"]
    assert {"model:tiny@1", "dataset:reviews@1", "prompt:polarity@1", source} <= refs
    assert {"source", "target", "kind"} <= set(back["edges"][0])
    assert all({edge["source"], edge["target"]} <= refs for edge in back["edges"])
    forward = {node["ref"] for node in life.json("lineage_forward")["nodes"]}
    assert {"model:tuned@2", "endpoint:desk@1"} <= forward


def test_one_call_is_one_run(life: Life) -> None:
    runs = {run["run_id"] for run in life.json("ls_runs")["items"]}
    steps = ["explore", "prepare", "tune", "evaluate", "gate", "promote", "serve_env", "label"]
    named = [life.json(step)["run_id"] for step in [*steps, "monitor", "execute", "rollback"]]
    assert len(set(named)) == len(named)
    assert set(named) <= runs


def test_a_dataset_is_a_frame_in_python(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    import llmops_workbench as lw

    monkeypatch.chdir(life.folder)
    frame = lw.show("dataset:reviews@1").to_frame()
    assert len(frame) == 60
    assert set(frame["label"]) == {"pos", "neg"}
    assert {"__row__", "__id__"} <= set(frame.columns)
    assert sorted(frame["__row__"]) == list(range(60))


@pytest.mark.parametrize("metric", METRICS.split())
def test_a_score_has_value_rows_and_interval(metric: str) -> None:
    import llmops_workbench as lw

    same = lw.score(metric, ["the cat sat on the mat", "a b c d e"], ["the cat sat on the mat"] * 2)
    assert len(same.rows) == 2
    assert same.interval.lower <= same.value <= same.interval.upper


def test_the_whole_failing_is_a_failure(inside: Path, llmops: Llmops) -> None:
    (inside / "empty.csv").write_text("text,label\na film,\nb film,\n", encoding="utf-8")
    asked = ("evaluate", "--model", "tiny", "--prompt", "Good? {{text}}", "--target", "label")
    refused(llmops(*asked, "--data", "empty.csv"), "2 of 2 rows failed", code=1)


def test_a_literal_help_and_a_bare_call(inside: Path) -> None:
    assert shell(inside, "--help").code == 0
    bare = shell(inside)
    assert bare.code == 2
    assert "llmops VERB" in bare.out + bare.err


def test_ctrl_c_saves_and_stops_a_waiting_tune_which_goes_on_wherever_it_then_is(
    inside: Path, tmp_path: Path
) -> None:
    def jobs(folder: Path) -> list[dict[str, Any]]:
        return shell(folder, "jobs", "--json").json["items"]

    tune = ("tune", "--model", "tiny", "--data", "reviews", "--name", "x", "--steps", "60")
    process = subprocess.Popen(
        [*LLMOPS, *tune, "--prompt", "Good? {{text}}", "--json"],
        cwd=inside,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    (events,) = until(lambda: list((inside / ".llmops" / "jobs").glob("*/events.jsonl")))
    until(lambda: '"training"' in events.read_text(encoding="utf-8") or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 130, err
    assert json.loads(out.splitlines()[-1])["exit_code"] == 130
    assert "llmops resume" in err
    (stopped,) = jobs(inside)
    assert stopped["state"] == "cancelled"
    assert stopped["pid"] is None
    assert stopped["step"] < 60
    assert list((events.parent / "checkpoints").iterdir())

    moved = tmp_path / "moved"
    inside.rename(moved)
    resumed = shell(moved, "resume", stopped["job"], "--json")
    assert resumed.code == 0, resumed.err
    until(lambda: jobs(moved)[0]["state"] not in ("queued", "running"))
    assert (
        "resumed from the checkpoint of step" in shell(moved, "logs", stopped["job"], "--json").out
    )
    (done,) = jobs(moved)
    assert (done["state"], done["step"], done["run_id"]) == ("done", 60, stopped["run_id"])
