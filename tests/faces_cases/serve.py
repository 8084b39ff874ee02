"""`serve` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.results import Result
from llmops_workbench.core.workspace import Workspace
from tests.preparing import TEMPLATE, do


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    return [{"model": "tiny"}, {"model": "model:tiny@1", "name": "desk", "prompt": TEMPLATE}]


def after(workspace: Workspace, result: Result) -> None:
    do(workspace, "cancel", job=result.to_dict()["job"])
