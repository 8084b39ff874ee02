"""A workspace that was moved, or copied beside its original, answers from itself alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.chain import LLMOPS, ask
from tests.acceptance.conftest import ROOT, Life, Said, permits, shell, until

# The whole life is led once, in whichever test comes first.
pytestmark = pytest.mark.timeout(1800)

FILES = ("strace", "-f", "-qq", "--seccomp-bpf", "-s", "4096", "-e", "trace=%file", "-o")

DOWNLOAD = """
import mlflow, sys
from pathlib import Path
folder = Path(mlflow.artifacts.download_artifacts("models:/tuned@champion", dst_path=sys.argv[1]))
version = mlflow.MlflowClient().get_model_version_by_alias("tuned", "champion").version
print(version, *sorted(path.name for path in folder.rglob("*") if path.is_file()))
"""


@contextmanager
def serving(folder: Path, trace: Path | None) -> Iterator[dict[str, Any]]:
    """Serve the champion; strace ends with the endpoint, so it is not waited for before."""
    prefix = (*FILES, str(trace.with_suffix(".serve"))) if trace else ()
    said, asked = folder.with_suffix(".said"), ("--model", "tuned@champion", "--name", "desk")
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*prefix, *LLMOPS, "serve", *asked, "--json"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
        )
    until(lambda: said.read_text(encoding="utf-8").endswith("\n") or process.poll() is not None)
    served = json.loads(said.read_text(encoding="utf-8").splitlines()[-1])
    try:
        assert Path(served["key_file"]).is_relative_to(folder)
        yield served
    finally:
        assert shell(folder, "cancel", served["job"]).code == 0
        process.wait(120)


def answers(folder: Path, trace: Path | None = None) -> str:
    """Look, evaluate and serve in a workspace; give what was opened meanwhile."""
    seen = []

    def run(*words: str) -> Said:
        file = trace.with_suffix(f".{len(seen)}") if trace else None
        said = shell(folder, *words, "--json", prefix=(*FILES, str(file)) if file else ())
        seen.append(file)
        assert said.code == 0, (words, said.err)
        return said

    assert run("ls", "models").json["total"] == 3
    shown = run("show", "model:tuned@champion").json
    assert shown["ref"] == "model:tuned@1"
    assert len(run("show", "dataset:reviews@1").json["rows"]) > 5
    nodes = {node["ref"] for node in run("lineage", "model:tuned@champion").json["nodes"]}
    assert {"model:tiny@1", "dataset:reviews@1", "prompt:polarity@1"} <= nodes
    assert run("jobs").json["total"] >= 9
    evaluated = run(
        *("evaluate", "--model", "tuned@champion", "--data", "reviews#test"),
        *("--metrics", "accuracy", "--limit", "4", "--fresh"),
    )
    assert evaluated.json["n"] == 4
    with serving(folder, trace) as served:
        seen.append(trace.with_suffix(".serve") if trace else None)
        key = Path(served["key_file"]).read_text(encoding="utf-8").strip()
        assert ask(served["url"], key)[0] == 200
    return "".join(file.read_text(encoding="utf-8") for file in seen if file is not None)


def test_no_file_of_the_workspace_knows_where_it_stands(life: Life) -> None:
    place = str(life.folder).encode()
    holding = [
        str(path.relative_to(life.folder))
        for path in life.folder.rglob("*")
        if path.is_file() and place in path.read_bytes()
    ]
    assert holding == []


def test_moved_it_answers(life: Life, tmp_path: Path) -> None:
    shutil.copytree(life.folder, tmp_path / "first")
    (tmp_path / "first").rename(tmp_path / "second")
    answers(tmp_path / "second")
    assert not (tmp_path / "first").exists()


@pytest.mark.skipif(not permits(*FILES, "/dev/null"), reason="strace is missing or may not trace")
def test_copied_it_opens_nothing_of_the_original(life: Life, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(life.folder, copy)
    opened = answers(copy, tmp_path / "trace")
    assert str(copy) in opened
    touched = {line for line in opened.splitlines() if f'"{life.folder}' in line}
    assert touched == set()


def test_mlflow_itself_finds_an_alias_in_the_copy(life: Life, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(life.folder, copy)
    watched = permits(*FILES, "/dev/null")
    done = subprocess.run(
        [
            *((*FILES, str(tmp_path / "trace")) if watched else ()),
            *(sys.executable, "-c", DOWNLOAD, str(tmp_path)),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "MLFLOW_TRACKING_URI": f"sqlite:///{copy}/.llmops/mlflow.db",
            "LLMOPS_WORKSPACE": str(copy),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    version, *files = done.stdout.split()
    assert version == "1"
    assert "adapter_model.safetensors" in files
    if watched:
        trace = (tmp_path / "trace").read_text(encoding="utf-8")
        assert [line for line in trace.splitlines() if f'"{life.folder}' in line] == []
