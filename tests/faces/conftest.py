"""The plug-in of these tests, here and in every process that they start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from llmops_workbench.core.plugins import load_file
from llmops_workbench.core.workspace import Workspace

PLUGIN = Path(__file__).with_name("plugin.py")
Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the plug-in."""
    monkeypatch.setenv("LLMOPS_PLUGINS", str(PLUGIN))
    load_file(PLUGIN)


@pytest.fixture
def inside(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace that the process stands in."""
    monkeypatch.chdir(workspace.root)
    return workspace


@pytest.fixture
def shell(inside: Workspace) -> Shell:
    """The real command in a process of its own, standing in the workspace."""

    def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "llmops_workbench.faces.cli", *words],
            cwd=inside.root,
            capture_output=True,
            text=True,
            env={**os.environ},
            **options,  # type: ignore[call-overload]
        )

    return run
