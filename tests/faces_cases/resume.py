"""`resume` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.results import Result
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import job, watch
from tests.preparing import set_aside


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    name = set_aside(workspace, "paused")
    return [{"job": name}, {"job": name, "wait": True}]


def after(workspace: Workspace, result: Result) -> None:
    watch.follow(job.find_job(workspace, result.to_dict()["job"]), timeout=120)
