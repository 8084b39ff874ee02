"""One server for the tests of a process, and a workspace with a little of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from tests.faces.server.running import Server


def stock(root: Path) -> Workspace:
    """Make a workspace with data, prompts, a model without weights, and runs."""
    from llmops_workbench.tracking import datasets, prompts
    from llmops_workbench.tracking.catalogue import Catalogue

    workspace = Workspace.init(root)
    book = Catalogue(workspace)
    with activate(workspace):
        for number in range(3):
            rows = [{"text": f"a text {row}", "label": "xy"[row % 2]} for row in range(4 + number)]
            datasets.register("reviews", rows)
        datasets.register("评论", [{"文本": "好"}])
        prompts.register("short", "{{text}}\nGood or bad?")
        book.register("model", "triage", hash=f"sha256-{1:064x}", parents=["dataset:reviews@1"])
        for number in range(12):
            run = book.start_run("tune", {"lr": number}, inputs=["dataset:reviews@1"])
            state = "failed" if number % 4 == 0 else "done"
            outputs = ["model:triage@1"] if number == 1 else []
            book.finish_run(run, state, metrics={"acc": number / 12}, outputs=outputs)
    (root / "rows.csv").write_text("text,label\nabc,x\ndef,y\n", encoding="utf-8")
    return workspace


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a stocked workspace, under a base URL, as JupyterHub has it."""
    place = tmp_path_factory.mktemp("server")
    stock(place / "root").store.close()
    running = Server(place / "root", place / "home")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    """A client that the server lets in."""
    with server.client() as opened:
        yield opened
