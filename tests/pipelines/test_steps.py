"""One step: what it takes from the notebook, and what it leaves beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

import llmops_workbench as lw
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.job import job_names
from llmops_workbench.pipelines import templates


def test_a_missing_parameter_stops_with_a_sentence(inside: Workspace) -> None:
    with pytest.raises(UsageError, match=r"^echo needs text \(What to say\): set it in the cell"):
        lw.step("echo", {"tone": "cool"})


@pytest.mark.parametrize("value", [pd.DataFrame({"a": [1]}), {1: "a"}, [object()], {"a"}])
def test_what_is_not_json_is_refused(inside: Workspace, value: Any) -> None:
    with pytest.raises(UsageError, match="a step takes JSON values alone"):
        lw.step("echo", {"text": "hi", "extra": value})


def test_the_result_lies_beside_the_notebook(inside: Workspace, tmp_path: Path) -> None:
    names = {"text": "hi", "loud": True, "other": object()}
    result = lw.step("echo", {**names, "PAPERMILL_OUTPUT_PATH": str(tmp_path / "out.ipynb")})
    assert json.loads((tmp_path / "result.json").read_text()) == result.to_dict()
    lw.step("echo", names)
    assert (inside.root / "result.json").exists()


def test_the_step_is_the_job(inside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lw.step("linger", {"seconds": 0.05}).to_dict()["seconds"] == 0.05
    assert "LLMOPS_STEP" not in os.environ
    assert len(list(job_names(inside))) == 1


def test_plain_papermill_runs_a_template(inside: Workspace, tmp_path: Path) -> None:
    source = tmp_path / "echo.ipynb"
    source.write_text(templates.source("echo"), encoding="utf-8")
    before = source.read_bytes()
    papermill.execute_notebook(
        source,
        tmp_path / "out.ipynb",
        {"text": "hi", "times": 2},
        cwd=inside.root,
        progress_bar=False,
    )
    assert json.loads((inside.root / "result.json").read_text())["given"]["times"] == 2
    assert source.read_bytes() == before
    with pytest.raises(PapermillExecutionError) as caught:
        papermill.execute_notebook(
            source, tmp_path / "out.ipynb", cwd=inside.root, progress_bar=False
        )
    assert caught.value.ename == "UsageError"
    assert caught.value.traceback[0].startswith("echo needs text")
