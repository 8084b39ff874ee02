"""Endpoints as real processes, and a model of a function that answers when the test says so."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution import control
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.job import Job, find_job

SLOW = '''
"""Answers with two words; the second comes once the test has made the file `go`."""
import time
from pathlib import Path

HERE = Path(__file__).parent


def answer(prompt):
    text = prompt if isinstance(prompt, str) else prompt[-1]["content"]
    with (HERE / "begun").open("a") as begun:
        begun.write(text + "\\n")
    if text == "fail":
        raise ValueError("no answer to that")
    yield "one "
    until = time.monotonic() + 60
    while not (HERE / "go").exists() and time.monotonic() < until:
        time.sleep(0.01)
    yield "two"
'''


@dataclass
class Served:
    """An endpoint that answers."""

    workspace: Workspace
    report: Any
    events: list[Event]

    @property
    def url(self) -> str:
        return str(self.report.url)

    @property
    def key(self) -> str:
        return Path(self.report.key_file).read_text().strip()

    @property
    def job(self) -> Job:
        return find_job(self.workspace, self.report.job)

    @property
    def pid(self) -> int:
        return int(self.job.state.handle["pid"])  # type: ignore[index]

    def client(self, **more: Any) -> httpx.Client:
        head = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url, headers=head, timeout=60, **more)

    def traffic(self, **equal: Any) -> list[dict[str, Any]]:
        from llmops_workbench.tracking import events

        equal.setdefault("endpoint", self.report.name)
        return list(events.read_all("traffic", workspace=self.workspace, **equal))

    def of_user(self, user: str) -> list[dict[str, Any]]:
        return [e for e in self.traffic() if e["request"].get("user") == user]


def serve(workspace: Workspace, **arguments: Any) -> Served:
    events: list[Event] = []
    report = invoke("serve", arguments, workspace=workspace, listener=events.append)
    return Served(workspace, report, events)


def end(served: Served) -> None:
    with contextlib.suppress(LLMOpsError):  # it may have ended already
        control.cancel(served.job, grace=5)


def until(condition: Any, seconds: float = 30.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"nothing came within {seconds} s"
        time.sleep(0.02)
    return found


def own_copy(stocked: Path, root: Path, tiny: Path) -> Workspace:
    """A workspace with the model `asked`, which remembers the prompt `short`."""
    from llmops_workbench.models.registration import register_folder

    shutil.copytree(stocked, root)
    workspace = Workspace(root, flags={"models.dtype": "float32"})
    with activate(workspace):
        register_folder("asked", tiny, meta={"prompt": "prompt:short@1"}, parents=["model:tiny@1"])
    (root / "slow.py").write_text(SLOW, encoding="utf-8")
    return workspace


@pytest.fixture(scope="session")
def served(stocked: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The tiny model, tuned with a prompt as it were, at a generated key."""
    workspace = own_copy(stocked, tmp_path_factory.mktemp("served") / "w", tiny)
    found = serve(workspace, model="asked")
    yield found
    end(found)


@pytest.fixture
def slow(stocked: Path, tiny: Path, tmp_path: Path) -> Iterator[Served]:
    """A function that waits for the file `go`; two more requests may wait."""
    workspace = own_copy(stocked, tmp_path / "w", tiny)
    found = serve(workspace, model="callable:slow:answer", name="slow", waiting=2)
    yield found
    (workspace.root / "go").touch()
    end(found)
