"""The current call: events, progress and stopping."""

import pytest

from llmops_workbench.core import context
from llmops_workbench.core.errors import CancelledError, WorkspaceError
from llmops_workbench.core.events import Event


def test_events_reach_the_listener_of_the_innermost_call():
    outer, inner = [], []
    with context.activate(None, listener=outer.append):
        context.emit("log", text="a")
        with context.activate(None, listener=inner.append):
            context.emit("log", text="b")
        context.warn("c")
    assert [event.data for event in outer] == [{"text": "a"}, {"message": "c"}]
    assert [event.data for event in inner] == [{"text": "b"}]


def test_an_event_survives_its_json():
    event = Event("metric", {"loss": 0.5, "名": "x"})
    assert Event.from_dict(event.to_dict()) == event


def test_progress_ends_with_the_whole_count():
    heard = []
    with (
        context.activate(None, listener=heard.append),
        context.progress("rows", total=10, unit="rows") as bar,
    ):
        for _ in range(10):
            bar.advance()
    assert heard[0].data["done"] == 0
    assert heard[-1].data["done"] == heard[-1].data["total"] == 10
    assert heard[-1].data["eta_seconds"] == 0


def test_a_stop_is_seen_while_progressing():
    done = 0
    with (
        context.activate(None, cancelled=lambda: done >= 3),
        context.progress("rows") as bar,
        pytest.raises(CancelledError),
    ):
        for _ in range(100):
            done += 1
            bar.advance()
    assert done == 3


def test_outside_a_workspace_the_sentence_says_what_to_do():
    with context.activate(None), pytest.raises(WorkspaceError, match="llmops init"):
        context.workspace()
