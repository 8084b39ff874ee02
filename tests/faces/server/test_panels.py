"""The panels' side of the server: modules, states, questions and their withdrawal."""

from __future__ import annotations

import json
import struct
import threading
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from llmops_workbench.core.views import View, view
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.server.open_views import OpenViews
from llmops_workbench.faces.server.questions import Question, Questions
from tests.faces.server.running import TOKEN, Server, eventually

DATA = "dataset:reviews@1"


def ask(
    client: httpx.Client, method: str, payload: dict[str, Any] | None = None, id: str = ""
) -> tuple[Any, list[bytes]]:
    """Ask the probe, and take its answer apart as a page does."""
    body = {"subject": DATA, "method": method, "payload": payload or {}, "id": id}
    answer = client.post("views/probe/ask", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.llmops.answer"
    (length,) = struct.unpack("<I", answer.content[:4])
    head = json.loads(answer.content[4 : 4 + length])
    rest, parts = answer.content[4 + length :], []
    for size in head["buffers"]:
        parts.append(rest[:size])
        rest = rest[size:]
    assert rest == b""
    return head["json"], parts


def test_views_are_listed_with_what_they_open(client: httpx.Client) -> None:
    listed = {item["name"]: item for item in client.get("views").json()}
    assert listed["probe"] == {"name": "probe", "title": "Probe", "opens": ["dataset"]}


def test_a_module_is_a_script_that_browsers_keep_until_it_changes(client: httpx.Client) -> None:
    answer = client.get("views/probe.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text == Path(__file__).with_name("probe.js").read_text()
    again = client.get("views/probe.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["absent.js", "..%2Fpanel.js", "%2e%2e%2f%2e%2e%2fpyproject.js", "%00.js", "a%5cb.js"]
)
def test_no_other_file_is_given_as_a_module(client: httpx.Client, name: str) -> None:
    assert client.get(f"views/{name}").status_code in (400, 404)


def test_a_panel_begins_with_its_state(client: httpx.Client) -> None:
    told = client.post("views/probe/state", json={"subject": DATA}).json()
    assert told == {"subject": DATA, "not_a_number": None}


def test_an_arrow_table_comes_as_a_stream(client: httpx.Client) -> None:
    told, parts = ask(client, "rows", {"start": 2, "stop": 5})
    assert told == {"rows": 3}
    assert pa.ipc.open_stream(parts[0]).read_all().to_pydict() == {"n": [2, 3, 4]}


def test_binary_parts_come_as_they_are(client: httpx.Client) -> None:
    assert ask(client, "parts") == ({"two": "parts"}, [b"\x00\x01", b"second"])


@pytest.mark.parametrize(
    ("method", "payload", "status", "words"),
    [
        ("rwos", {}, 400, "did you mean 'rows'?"),
        ("rows", {"start": 1}, 400, "stop"),
        ("rows", {"start": 1, "stop": 10**6}, 400, "stop"),
        ("rows", {"start": 1, "stop": 2, "odd": 1}, 400, "odd"),
        ("state", {}, 400, "no method"),
        ("fail", {}, 422, "row 3 has no text"),
        ("stumble", {}, 500, "ZeroDivisionError"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    client: httpx.Client, method: str, payload: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post("views/probe/ask", json={"method": method, "payload": payload})
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_question_is_withdrawn_by_its_id(server: Server, client: httpx.Client) -> None:
    mark = server.root / "by-id"
    answers: list[httpx.Response] = []
    body = {"method": "wait", "payload": {"seconds": 60, "mark": mark.name}, "id": "q1"}

    def wait() -> None:
        with server.client() as own:
            answers.append(own.post("views/probe/ask", json=body))

    thread = threading.Thread(target=wait)
    thread.start()
    eventually(mark.exists)
    assert client.delete("views/asked/q1").json() == {"cancelled": True}
    thread.join(20)
    assert answers[0].status_code == 499
    assert answers[0].json()["kind"] == "CancelledError"
    assert mark.read_text() == "cancelled"
    assert client.delete("views/asked/q1").json() == {"cancelled": False}


def test_a_question_whose_asker_has_gone_is_withdrawn(server: Server, client: httpx.Client) -> None:
    mark = server.root / "by-leaving"
    body = {"method": "wait", "payload": {"seconds": 60, "mark": mark.name}}
    with server.client() as leaving, pytest.raises(httpx.ReadTimeout):
        leaving.post("views/probe/ask", json=body, timeout=httpx.Timeout(20, read=1))
    eventually(lambda: mark.read_text() == "cancelled", 20)


def test_a_withdrawal_may_overtake_its_question() -> None:
    questions, asked = Questions(), Question()
    assert not questions.cancel("early")
    with questions.under_way("early", asked):
        assert asked.cancelled
    with questions.under_way("early", later := Question()):
        assert not later.cancelled


def test_slow_questions_do_not_keep_the_quick_ones_waiting(
    server: Server, client: httpx.Client
) -> None:
    names = [f"slow-{number}" for number in range(12)]

    def wait(name: str) -> None:
        body = {"method": "wait", "payload": {"seconds": 30, "mark": name}, "id": name}
        with server.client() as own:
            own.post("views/probe/ask", json=body)

    threads = [threading.Thread(target=wait, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    eventually(lambda: sum((server.root / name).exists() for name in names) >= 8)
    assert client.get("status", timeout=5).status_code == 200
    while any(thread.is_alive() for thread in threads):
        for name in names:
            client.delete(f"views/asked/{name}")
        threads[0].join(0.1)


def test_what_closes_a_run_in_the_server_brings_nothing_to_mlflow(
    server: Server, client: httpx.Client
) -> None:
    run_id, _ = ask(client, "write", {"name": "from a panel"})
    assert client.get(f"items/run:{run_id}").json()["details"]["state"] == "done"
    with Workspace(server.root).store.read() as connection:
        from llmops_workbench.core.store.tables import outbox

        waiting = connection.execute(outbox.select().where(outbox.c.done.is_(None))).all()
    assert run_id in {row.payload.get("run_id") for row in waiting}
    assert "mlflow" not in server.log.read_text().lower()


@pytest.mark.parametrize(
    ("ref", "view_name", "subject"),
    [
        ("dataset:reviews", "probe", "dataset:reviews@3"),
        ("dataset:reviews@1", "probe", "dataset:reviews@1"),
        ("model:triage", "object", "model:triage@1"),
    ],
)
def test_a_reference_opens_in_the_view_of_its_kind(
    client: httpx.Client, ref: str, view_name: str, subject: str
) -> None:
    told = client.get("opening", params={"ref": ref}).json()
    assert told["subject"] == subject
    known = {item["name"]: item["opens"] for item in client.get("views").json()}
    kind = ref.partition(":")[0]
    fitting = [name for name, opens in known.items() if kind in opens]
    assert told["view"] == (fitting[0] if fitting else view_name)
    assert told["title"] == subject.partition(":")[2]


class Kept(View):
    name = "kept-by-the-tests"

    def __init__(self, workspace: Any, subject: str = "", held: object | None = None) -> None:
        super().__init__(workspace, subject, held)
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_views_are_kept_between_questions_and_closed_when_nobody_asks(
    workspace: Workspace,
) -> None:
    view(Kept)
    opened = OpenViews(kept=2, seconds=60)
    with (
        opened.use(Kept.name, "a", workspace) as first,
        opened.use(Kept.name, "a", workspace) as beside,
    ):
        assert beside is not first  # who asks meanwhile does not share it
    with opened.use(Kept.name, "a", workspace) as again:
        assert again in (first, beside)
    with opened.use(Kept.name, "a", workspace.acting_for("ada")) as of_ada:
        assert of_ada not in (first, beside)
        assert of_ada.workspace is not None
        assert of_ada.workspace.user() == "ada"
    assert sum(one.is_closed for one in (first, beside, of_ada)) == 1
    opened.close()
    assert all(one.is_closed for one in (first, beside, of_ada))


def test_a_view_that_nobody_asks_is_closed_in_time(workspace: Workspace) -> None:
    view(Kept)
    opened = OpenViews(seconds=-1)
    with opened.use(Kept.name, "a", workspace) as only:
        assert not only.is_closed
    assert only.is_closed


def test_the_token_may_stand_in_the_address_of_a_module(server: Server) -> None:
    plain = httpx.get(f"{server.url}views/probe.js", params={"token": TOKEN})
    assert plain.status_code == 200
