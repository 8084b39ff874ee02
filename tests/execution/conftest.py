"""Jobs as real processes, started with the counting plug-in; all are ended after the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core import plugins
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import identity, launcher
from llmops_workbench.execution.job import Job, job_names
from llmops_workbench.tracking.catalogue import Catalogue

PLUGIN = Path(__file__).with_name("counting_plugin.py")

StartCount = Callable[..., Job]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMOPS_PLUGINS", str(PLUGIN))
    monkeypatch.delenv(identity.TOKEN, raising=False)
    plugins.load_file(PLUGIN)


@pytest.fixture
def start_count(workspace: Workspace) -> Iterator[StartCount]:
    """Start counting as a job of the test's workspace."""

    def start(steps: int = 1000, *, record: bool = False, **arguments: Any) -> Job:
        given = {"steps": steps, **arguments}
        # Recording brings MLflow into the process, which takes seconds: where it is looked at.
        run_id = Catalogue(workspace).start_run("count", given) if record else None
        return launcher.start(workspace, "count", given, run_id)

    yield start
    for name in job_names(workspace):
        job = Job(workspace, name)
        if job.folder.state_file.exists() and job.state.handle is not None:
            identity.kill_family(identity.Identity.from_dict(job.state.handle), name)


@pytest.fixture
def me() -> identity.Identity:
    """Who runs the tests."""
    return identity.identify(os.getpid())
