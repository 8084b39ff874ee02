from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from llmops_workbench.core import secrets
from llmops_workbench.core.errors import JobError, UsageError
from llmops_workbench.execution.folder import JobFolder
from llmops_workbench.execution.spec import Spec, make_folder, new_job_id, read_spec, write_spec


def order(folder: JobFolder, **arguments: object) -> Spec:
    return Spec(job=folder.job, operation="count", arguments=dict(arguments), run_id="ab12")


def test_an_id_sorts_by_time_and_says_what_runs():
    assert re.fullmatch(r"\d{8}-\d{6}-tune-[0-9a-f]{4}", new_job_id("tune"))


def test_a_spec_comes_back_as_it_was_written(tmp_path: Path):
    folder = make_folder(tmp_path, "count")
    spec = order(folder, steps=3, text="Ünï 字", nested={"a": [1, None, 2.5]})
    write_spec(folder, spec)
    assert read_spec(folder) == spec


def test_a_changed_spec_is_refused(tmp_path: Path):
    folder = make_folder(tmp_path, "count")
    write_spec(folder, order(folder, steps=3))
    data = json.loads(folder.spec_file.read_text())
    data["arguments"]["steps"] = 4
    folder.spec_file.write_text(json.dumps(data))
    with pytest.raises(JobError, match="was changed"):
        read_spec(folder)


def test_a_spec_of_a_newer_version_is_refused(tmp_path: Path):
    folder = make_folder(tmp_path, "count")
    write_spec(folder, order(folder))
    data = json.loads(folder.spec_file.read_text())
    folder.spec_file.write_text(json.dumps({**data, "format": 99, "new": True}))
    with pytest.raises(JobError, match="newer version"):
        read_spec(folder)


@pytest.mark.parametrize("place", ["key", "nested", "listed"])
def test_a_secrets_value_is_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
):
    monkeypatch.setenv("CANARY", "canary-5f1d")
    value = secrets.resolve("env:CANARY")
    arguments = {"key": value, "nested": {"a": {"b": value}}, "listed": [f"x{value}y"]}
    folder = make_folder(tmp_path, "count")
    with pytest.raises(UsageError, match="env:NAME"):
        write_spec(folder, order(folder, **{place: arguments[place]}))
    assert not folder.spec_file.exists()
    write_spec(folder, order(folder, key="env:CANARY"))
    assert "canary-5f1d" not in folder.spec_file.read_text()
