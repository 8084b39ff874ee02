"""What the Python side of a widget hears and says, without a page."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.widgets import module
from llmops_workbench.faces.widgets.changes import follow
from llmops_workbench.faces.widgets.desk import Desk

WAIT_SECONDS = 20


class Page:
    """Stands for the page: asks, and keeps what comes."""

    def __init__(self, workspace: Workspace | None, held: object | None = None) -> None:
        self.told: list[tuple[dict[str, Any], list[bytes]]] = []
        self.warned: list[str] = []
        self.came = threading.Condition()
        self.desk = Desk(self._hear, self.warned.append, workspace, held)
        self.count = 0

    def _hear(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        json.dumps(content, allow_nan=False)
        with self.came:
            self.told.append((content, buffers))
            self.came.notify_all()

    def send(self, method: str, **given: Any) -> str:
        self.count += 1
        name = f"q{self.count}"
        subject = given.pop("subject", "")
        about = {"kind": "ask", "id": name, "view": "probe", "subject": subject}
        self.desk.hear({**about, "method": method, "payload": given})
        return name

    def answer(self, name: str) -> tuple[dict[str, Any], list[bytes]]:
        def found() -> Any:
            return next((each for each in self.told if each[0].get("id") == name), None)

        with self.came:
            assert self.came.wait_for(found, WAIT_SECONDS), f"no answer to {name}"
            return found()  # type: ignore[no-any-return]

    def ask(self, method: str, **given: Any) -> tuple[dict[str, Any], list[bytes]]:
        return self.answer(self.send(method, **given))


@pytest.fixture
def page(workspace: Workspace) -> Iterator[Page]:
    found = Page(workspace)
    yield found
    found.desk.close()


def until(look: Any, seconds: float = WAIT_SECONDS) -> Any:
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def test_an_answer_is_json_and_its_parts(page: Page) -> None:
    told, parts = page.ask("parts", sizes=[2, 0, 3])
    assert told == {"kind": "answer", "id": "q1", "json": 3}
    assert parts == [b"\0\0", b"", b"\2\2\2"]


def test_a_number_that_json_cannot_write_is_null(page: Page) -> None:
    value = {"a": [float("nan"), float("inf"), 1.5]}
    assert page.ask("echo", value=value)[0]["json"] == {"a": [None, None, 1.5]}


def test_an_error_is_its_sentence_its_kind_and_its_status(page: Page) -> None:
    told, _ = page.ask("fail", kind="ConflictError")
    assert told["kind"] == "error"
    assert (told["status"], told["kind_of_error"], told["detail"]) == (409, "ConflictError", "")
    told, _ = page.ask("stumble")
    assert told["status"] == 500
    assert "ZeroDivisionError" in told["detail"]


def test_what_is_no_question_is_left_alone(page: Page) -> None:
    for content in (None, "ask", [], {"kind": "other"}, {"kind": "withdraw", "id": "never"}):
        page.desk.hear(content)
    assert page.ask("echo", value=1)[0]["json"] == 1


def test_a_withdrawn_question_is_stopped_and_not_answered(page: Page, probe: ModuleType) -> None:
    name = page.send("wait", seconds=60, mark="desk")
    until(lambda: probe.SEEN.get("desk") == "begun")
    page.desk.hear({"kind": "withdraw", "id": name})
    until(lambda: probe.SEEN.get("desk") == "withdrawn")
    assert page.ask("echo", value=1)[0]["json"] == 1
    assert name not in [told.get("id") for told, _ in page.told]


def test_questions_beyond_what_is_worked_on_at_once_wait_and_are_answered(page: Page) -> None:
    names = [page.send("wait", seconds=0.05, mark=f"many-{n}") for n in range(30)]
    assert [page.answer(name)[0]["json"] for name in names] == [f"many-{n}" for n in range(30)]


def test_a_slow_question_keeps_no_other_waiting(page: Page) -> None:
    slow = page.send("wait", seconds=60, mark="slow")
    assert page.ask("echo", value="quick")[0]["json"] == "quick"
    page.desk.withdraw(slow)


def test_one_view_answers_one_question_at_a_time(
    page: Page, probe: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy: list[object] = []
    twice: list[object] = []
    wait = probe.ProbeView._answers["wait"]

    def watched(self: Any, **given: Any) -> Any:
        if any(each is self for each in busy):
            twice.append(self)
        busy.append(self)
        try:
            return wait(self, **given)
        finally:
            busy.remove(self)

    watched.__annotations__ = {**wait.__annotations__, "self": Any}
    watched.__signature__ = __import__("inspect").signature(wait)  # type: ignore[attr-defined]
    monkeypatch.setitem(probe.ProbeView._answers, "wait", watched)
    page.ask("echo")  # leaves a view behind, which only the next question may have
    names = [page.send("wait", seconds=0.1, mark=f"one-{n}") for n in range(6)]
    assert [page.answer(name)[0]["kind"] for name in names] == ["answer"] * 6
    assert not twice


def test_an_object_of_the_kernel_is_held_for_its_subject_alone(workspace: Workspace) -> None:
    page = Page(workspace, held={"x": 1})
    told, _ = page.ask("host.initial", subject="kernel:abc")
    assert told["json"]["held"] == "{'x': 1}"
    assert page.ask("host.initial", subject="")[0]["json"]["held"] == ""
    page.desk.close()


def test_a_module_comes_whole_or_as_its_digest(page: Page, probe: ModuleType) -> None:
    source = probe.ProbeView.script.read_bytes()
    told, parts = page.ask("host.module", name="probe")
    assert parts == [source]
    about, none = page.ask("host.module", name="probe", only="digest")
    assert about["json"] == told["json"] == {"digest": module.digest(source)}
    assert none == []
    told, _ = page.ask("host.module", name="prob")
    assert (told["status"], told["error"]) == (
        404,
        "no view is called 'prob'; did you mean 'probe'?",
    )
    assert page.ask("host.module", name="../../pyproject")[0]["status"] == 404


def test_a_page_that_failed_is_told_to_the_person(page: Page) -> None:
    page.ask("host.failed", message="it broke", stack="at x")
    assert page.warned == ["the panel 'probe' of '' failed: it broke"]


def test_an_operation_is_started_from_the_page(page: Page, workspace: Workspace) -> None:
    told, _ = page.ask("host.run", operation="ls", arguments={"kind": "datasets"})
    assert told["json"] == {"job": None, "run_id": None}
    told, _ = page.ask("host.run", operation="lss", arguments={})
    assert told["status"] == 404
    nowhere = Page(None)
    assert nowhere.ask("host.run", operation="ls")[0]["status"] == 503


def test_a_closed_desk_stops_its_work(page: Page, probe: ModuleType) -> None:
    page.send("wait", seconds=60, mark="closed")
    until(lambda: probe.SEEN.get("closed") == "begun")
    page.desk.close()
    until(lambda: probe.SEEN.get("closed") == "withdrawn")


class Follower:
    def __init__(self, seen: int) -> None:
        self.seen = seen
        self.count = 0

    def changed(self) -> None:
        self.count += 1


def test_a_change_is_told_once_to_each(workspace: Workspace) -> None:
    here = workspace.store.revision()
    early, late = Follower(here), Follower(here)
    follow(workspace, early)
    with workspace.store.write():
        pass
    until(lambda: early.count == 1)
    follow(workspace, late)  # has not heard of it
    until(lambda: late.count == 1)
    with workspace.store.write():
        pass
    until(lambda: (early.count, late.count) == (2, 2))


def test_the_looking_ends_with_the_last_follower(workspace: Workspace) -> None:
    def watching() -> bool:
        return any(thread.name == "llmops-changes" for thread in threading.enumerate())

    follower = Follower(workspace.store.revision())
    follow(workspace, follower)
    assert watching()
    del follower
    until(lambda: not watching())
