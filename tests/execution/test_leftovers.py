from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pyarrow as pa

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import leftovers
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.folder import State
from llmops_workbench.execution.identity import Identity
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import Job, jobs_folder
from llmops_workbench.execution.spec import Spec, make_folder, write_spec
from llmops_workbench.tracking import datasets


def write(size: int, place: Path) -> None:
    (place / "weights").write_bytes(b"x" * size)


def age(path: Path) -> None:
    os.utime(path, (time.time() - 7200,) * 2)


def made_job(workspace: Workspace, state: State) -> Job:
    folder = make_folder(jobs_folder(workspace), "count")
    write_spec(folder, Spec(folder.job, "count", {}, None))
    folder.put(state)
    return Job(workspace, folder.job)


def test_old_checkpoints_go_and_the_last_and_the_best_stay(workspace: Workspace, me: Identity):
    kept: dict[str, Checkpoints] = {}
    for name, state in (("done", State("done")), ("live", State("running", handle=me.to_dict()))):
        job = made_job(workspace, state)
        kept[name] = Checkpoints(job.folder.checkpoints)
        for step, loss in ((1, 0.1), (2, 0.5), (3, 0.4)):
            # As a killed process leaves them: saved, and not yet tidied.
            Checkpoints.prune, prune = lambda self: None, Checkpoints.prune  # type: ignore[method-assign]
            kept[name].save(step, partial(write, 1000), metric=loss)
            Checkpoints.prune = prune  # type: ignore[method-assign]
    found = leftovers.plan(workspace)
    assert [item.path for item in found] == [kept["done"].folder / "step-0000000002"]
    assert 1000 < found[0].bytes < 2000
    assert leftovers.collect(found) == found[0].bytes
    assert [checkpoint.step for checkpoint in kept["done"].all()] == [1, 3]
    assert [checkpoint.step for checkpoint in kept["live"].all()] == [1, 2, 3]
    assert leftovers.plan(workspace) == []


def test_contents_that_no_version_names_go_when_they_are_old(workspace: Workspace):
    with activate(workspace):
        version = datasets.register("kept", pa.table({"a": [1, 2, 3]}))
    named = {file for file in (workspace.dot / "datasets").iterdir()}
    assert any(version.hash in file.name for file in named)
    young = workspace.path("datasets", f"sha256-{'a' * 64}.parquet")
    old = workspace.path("datasets", f"sha256-{'b' * 64}.parquet")
    model = workspace.path("models", f"sha256-{'c' * 64}", "weights")
    cut_off = workspace.path("datasets", ".x.part")
    for file in (young, old, model, cut_off):
        file.write_bytes(b"x" * 10)
    for file in (*named, old, model.parent, cut_off):
        age(file)
    found = {item.path: item.why for item in leftovers.plan(workspace)}
    assert found == {
        old: "the content of no dataset",
        model.parent: "the content of no model",
        cut_off: "a file whose writing was cut off",
    }


def test_a_job_whose_start_was_cut_off_goes(workspace: Workspace):
    folder = make_folder(jobs_folder(workspace), "count")
    assert leftovers.plan(workspace) == []
    age(folder.path)
    assert [item.path for item in leftovers.plan(workspace)] == [folder.path]


def test_a_dry_run_removes_nothing(workspace: Workspace):
    folder = make_folder(jobs_folder(workspace), "count")
    folder.log_file.write_text("x" * 100)
    age(folder.path)
    planned = invoke("gc", {"dry_run": True}, workspace=workspace).to_dict()
    assert planned["removed"] is False and planned["bytes"] == 100
    assert [item["path"] for item in planned["items"]] == [f"jobs/{folder.job}"]
    assert folder.path.exists()
    done = invoke("gc", {}, workspace=workspace).to_dict()
    assert done["removed"] is True and done["items"] == planned["items"]
    assert not folder.path.exists()
    assert invoke("gc", {}, workspace=workspace).to_dict()["items"] == []
