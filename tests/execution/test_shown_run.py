"""A run in the panel of its result: from its job's first progress to its result."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from llmops_workbench.core.errors import NotFoundError, UsageError, WorkspaceError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.shown_run import line_of, shown_run
from tests.execution.conftest import StartCount
from tests.execution.waiting import until


def test_a_run_under_way_has_its_jobs_progress_and_then_its_result(
    start_count: StartCount, workspace: Workspace
) -> None:
    job = start_count(40, record=True)

    def under_way(subject: str) -> dict[str, Any] | None:
        told, result = shown_run(workspace, subject, None, "count")
        return told if told["bars"] and result is None else None

    for subject in (f"run:{job.run_id}", f"job:{job.name}"):
        head = until(partial(under_way, subject))
        (bar,) = head["bars"]
        assert (bar["label"], bar["total"]) == ("counting", 40)
        assert (head["run"], head["job"]) == (f"run:{job.run_id}", f"job:{job.name}")
    result = until(lambda: shown_run(workspace, f"run:{job.run_id}", None, "count")[1])
    assert result["run_id"] == job.run_id
    head, _ = shown_run(workspace, f"run:{job.run_id}", None, "count")
    assert (head["state"], head["bars"]) == ("done", [])
    assert head["line"] == "%llmops count --steps 40"


def test_what_cannot_be_shown_is_said(start_count: StartCount, workspace: Workspace) -> None:
    job = start_count(1, record=True)
    with pytest.raises(UsageError, match="is count, and this shows compare"):
        shown_run(workspace, f"run:{job.run_id}", None, "compare")
    with pytest.raises(NotFoundError):
        shown_run(workspace, "run:00000000", None, "count")
    with pytest.raises(NotFoundError, match="has no run"):
        shown_run(workspace, f"job:{start_count(1).name}", None, "count")
    with pytest.raises(WorkspaceError):
        shown_run(None, f"run:{job.run_id}", None, "count")
    assert line_of("no_such_verb", {"x": 1}) == ""
