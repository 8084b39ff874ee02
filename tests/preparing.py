"""What a test prepares in a workspace before it looks at something else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import STEP, invoke
from tests.models.conftest import make_tiny

TEMPLATE = "Review: {{text}}\nIs it pos or neg?"


@contextmanager
def as_the_job() -> Iterator[None]:
    """Let a job be done in this process instead of one of its own."""
    os.environ[STEP] = "1"
    try:
        yield
    finally:
        del os.environ[STEP]


def do(workspace: Workspace, verb: str, **arguments: Any) -> dict[str, Any]:
    """Call an operation, a job in this process, and give its result."""
    with as_the_job():
        return invoke(verb, arguments, workspace=workspace).to_dict()


def register_tiny(workspace: Workspace, folder: Path) -> None:
    """Register two versions of a random model of 64 dimensions as `tiny`."""
    from llmops_workbench.models.registration import register_folder

    with activate(workspace):
        for seed in (0, 1):
            register_folder("tiny", make_tiny(folder / str(seed), seed=seed))


def evaluated(workspace: Workspace) -> str:
    """Evaluate `tiny@2` against `tiny@1`, and give the run."""
    report = do(
        workspace,
        "evaluate",
        model="model:tiny@2",
        baseline="model:tiny@1",
        data="dataset:reviews@1",
        prompt=TEMPLATE,
        target="label",
        choices=["pos", "neg"],
        metrics=["accuracy"],
    )
    return str(report["run_id"])


def set_aside(workspace: Workspace, state: str) -> str:
    """Make a job that is in a state, without a process, and give its name."""
    from llmops_workbench.execution import launcher
    from llmops_workbench.execution.folder import State

    (workspace.root / "small.yaml").write_text(
        # Left out when it is done, so that no kernel has to start.
        "parameters: {go: false}\n"
        "steps: {look: {template: ls, with: {kind: datasets}, when: '${{ parameters.go }}'}}",
        encoding="utf-8",
    )
    job = launcher._prepare(workspace, "execute", {"source": "small.yaml"}, None, slot=False)
    job.folder.put(State(state))
    return job.name
