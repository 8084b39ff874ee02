"""What browsers are told when something has changed, over the server's own websocket."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest
import websocket

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.server.changes import Watch
from llmops_workbench.faces.server.service import Service
from llmops_workbench.tracking.catalogue import Catalogue
from tests.faces.server.running import TOKEN, Server, eventually

SCHEMA = "https://llmops-workbench/changed/v1"


@pytest.fixture
def told(server: Server) -> Iterator[websocket.WebSocket]:
    address = f"ws://127.0.0.1:{server.port}{server.base_url}api/events/subscribe"
    line = websocket.create_connection(address, header=[f"Authorization: token {TOKEN}"], timeout=5)
    yield line
    line.close()


def next_change(line: websocket.WebSocket) -> dict[str, int]:
    while True:
        found = json.loads(line.recv())
        if found["schema_id"] == SCHEMA:
            return {name: found[name] for name in ("revision", "jobs_revision")}


def test_a_write_of_another_process_is_told_within_two_seconds(
    server: Server, client: httpx.Client, told: websocket.WebSocket
) -> None:
    before = client.get("status").json()["revision"]
    begun = time.monotonic()
    book = Catalogue(Workspace(server.root))
    book.tag("dataset:reviews@1", "seen", "yes")
    while next_change(told)["revision"] <= before:
        pass
    assert time.monotonic() - begun < 2
    book.store.close()


def test_what_a_job_tells_is_told_apart_from_the_rest(
    client: httpx.Client, told: websocket.WebSocket
) -> None:
    body = {"arguments": {"steps": 400, "every": 0}}
    job = client.post("operations/count", json=body).json()["job"]
    eventually(lambda: client.get(f"jobs/{job}").json()["state"] == "running")
    before = client.get("status").json()
    seen = []
    while len({one["jobs_revision"] for one in seen}) < 5:
        seen.append(next_change(told))
        if client.get(f"jobs/{job}").json()["state"] != "running":
            break
    assert len({one["jobs_revision"] for one in seen}) >= 4
    # While it only gets on, nothing else is news.
    assert before["revision"] in {one["revision"] for one in seen}
    client.post(f"jobs/{job}", json={"action": "cancel"})
    eventually(lambda: not client.get(f"jobs/{job}").json()["active"])


def test_a_store_that_is_away_does_not_end_the_watch(workspace: Workspace) -> None:
    service = Service(workspace.root)
    watch = Watch(service, lambda data: None, 0.1)
    assert watch.look() is not None
    assert watch.look() is None
    file = workspace.dot / "store.db"
    aside = file.with_suffix(".aside")
    workspace.store.close()
    service.workspace().store.close()
    file.rename(aside)
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(Exception, match=r"database|store"):
        watch.look()
    file.unlink()
    aside.rename(file)
    service.workspace().store.close()
    Catalogue(workspace).tag(_some(workspace), "seen", "yes")
    assert watch.look() is not None
    service.close()


def _some(workspace: Workspace) -> str:
    return str(Catalogue(workspace).register("recipe", "r", hash=f"sha256-{1:064x}").ref)


def test_nothing_is_told_while_nothing_changes(workspace: Workspace) -> None:
    service = Service(workspace.root)
    watch = Watch(service, lambda data: None, 0.1)
    assert watch.look() is not None
    assert [watch.look() for _ in range(20)] == [None] * 20
    service.close()


def test_a_workspace_that_comes_later_is_found(tmp_path) -> None:
    service = Service(tmp_path)
    watch = Watch(service, lambda data: None, 0.1)
    assert watch.look() is None
    service.open_here("project")
    found = watch.look()
    assert found is not None
    assert service.workspace().root == tmp_path / "project"
    service.close()
    assert Service(tmp_path).place() == tmp_path / "project"
