"""The panels: their modules, what each begins with, and their questions."""

from __future__ import annotations

import json
import logging
import struct
from pathlib import Path
from typing import Any

from pydantic import Field

from llmops_workbench.core import views
from llmops_workbench.core.errors import LLMOpsError, not_found
from llmops_workbench.core.store.plain import plain
from llmops_workbench.core.views import Answer, View
from llmops_workbench.faces.server.opening import opening
from llmops_workbench.faces.server.requests import Reply, Request
from llmops_workbench.faces.server.routes import Asked, route

ANSWER = "application/vnd.llmops.answer"
_SCRIPT = "text/javascript; charset=utf-8"
_CHUNKS = Path(__file__).resolve().parents[3] / "static" / "views"

_log = logging.getLogger(__name__)


class Subject(Asked):
    """What a panel shows; empty for the whole workspace."""

    subject: str = Field("", max_length=1000)


class Asking(Subject):
    """A question of a panel.

    Attributes:
        id: What a withdrawal of it is called by.
    """

    method: str = Field(max_length=100)
    payload: dict[str, Any] = {}
    id: str = Field("", max_length=100)


class Opening(Asked):
    """What somebody wants to see."""

    ref: str = Field(max_length=1000)


@route("GET", "views")
def list_views(request: Request) -> list[dict[str, Any]]:
    """List the views, what people call them, and which kinds of reference they open."""
    return [
        {"name": kind.name, "title": kind.title or kind.name, "opens": list(kind.opens)}
        for kind in kinds()
    ]


@route("GET", "views/{file}", content_type=_SCRIPT)
def view_script(request: Request, file: str) -> Reply:
    """Give the page's module of a view, or a part that several share."""
    name = file.removesuffix(".js")
    chunk = _CHUNKS / file
    if name in views.names():
        path = views.script(name)
    elif name.isascii() and name.replace("-", "").replace("_", "").isalnum() and chunk.is_file():
        path = chunk
    else:
        raise not_found("view", name, views.names())
    return Reply(path.read_bytes(), _SCRIPT, headers={"Cache-Control": "no-cache"})


@route("POST", "views/{name}/state", body=Subject, slow=True)
def view_state(request: Request, name: str) -> dict[str, Any]:
    """Give the state that a panel begins with."""
    with request.service.views.use(name, request.body.subject, request.workspace) as opened:
        return opened.state()


@route("POST", "views/{name}/ask", body=Asking, slow=True, content_type=ANSWER)
def ask_view(request: Request, name: str) -> Reply:
    """Answer a question of a panel."""
    asking, service = request.body, request.service
    with (
        service.questions.under_way(asking.id, request.asked),
        service.views.use(name, asking.subject, request.workspace) as opened,
    ):
        request.asked.check()
        answer = opened.ask(asking.method, asking.payload, request.asked)
    return Reply(framed(answer), ANSWER)


@route("DELETE", "views/asked/{name}")
def withdraw(request: Request, name: str) -> dict[str, Any]:
    """Withdraw a question."""
    return {"cancelled": request.service.questions.cancel(name)}


@route("GET", "opening", query=Opening)
def open_reference(request: Request) -> dict[str, Any]:
    """Say which view shows a reference."""
    return opening(request.workspace, request.query.ref, kinds())


def kinds() -> list[type[View]]:
    """Give the classes of all views that can be imported; a broken one is logged."""
    found = []
    for name in views.names():
        try:
            found.append(views.get(name))
        except (ImportError, SyntaxError, LLMOpsError) as error:
            _log.warning("the view '%s' cannot be loaded: %s", name, error)
    return found


def framed(answer: Answer) -> bytes:
    """Write an answer: the length of its head, the head, then the binary parts."""
    told = {"json": plain(answer.json), "buffers": [len(part) for part in answer.buffers]}
    head = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    data = head.encode("utf-8", "replace")
    return b"".join((struct.pack("<I", len(data)), data, *answer.buffers))
