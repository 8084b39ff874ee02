"""Answers what the page of a widget asks, beside whatever the kernel is doing.

Each question has a thread of its own, so that a slow one keeps no other waiting and can be
withdrawn meanwhile.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError, outcome
from llmops_workbench.core.secrets import redact
from llmops_workbench.core.store.plain import plain
from llmops_workbench.core.views import FAILED, Answer, Question
from llmops_workbench.faces.server.open_views import OpenViews
from llmops_workbench.faces.widgets import module
from llmops_workbench.faces.widgets.changes import follow

if TYPE_CHECKING:
    from llmops_workbench.core.views import View
    from llmops_workbench.core.workspace import Workspace

Send = Callable[[dict[str, Any], list[bytes]], None]
Warn = Callable[[str], None]

# More than a page asks at once; the rest waits.
_AT_ONCE = 8


class Desk:
    """Hears the questions of one widget and sends the answers.

    Args:
        send: Sends a message and its binary parts to the page.
        warn: Tells the person at the notebook something.
        workspace: Where the subjects are; None for objects of the kernel alone.
        held: The object that a subject `kernel:…` stands for.
    """

    def __init__(
        self, send: Send, warn: Warn, workspace: Workspace | None, held: object | None = None
    ) -> None:
        self._send, self._warn = send, warn
        self._workspace, self._held = workspace, held
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(_AT_ONCE)
        self._questions: dict[str, Question] = {}
        self._views = OpenViews()
        self.seen = 0 if workspace is None else workspace.store.revision()

    def hear(self, content: Any) -> None:
        """Take a message of the page; the answer comes from another thread."""
        if not isinstance(content, dict):
            return
        name = str(content.get("id", ""))
        if content.get("kind") == "withdraw":
            self.withdraw(name)
        elif content.get("kind") == "ask":
            asked = Question()
            with self._lock:
                self._questions[name] = asked
            given = (name, content, asked)
            threading.Thread(
                target=self._work, args=given, name="llmops-panel", daemon=True
            ).start()

    def withdraw(self, name: str) -> None:
        """Stop the work on a question whose asker has lost interest."""
        with self._lock:
            asked = self._questions.pop(name, None)
        if asked is not None:
            asked.cancel()

    def changed(self) -> None:
        """Tell the page that something in the workspace changed."""
        self._send({"kind": "changed"}, [])

    def close(self) -> None:
        """Stop all work, and let go of the views."""
        with self._lock:
            asked, self._questions = list(self._questions.values()), {}
        for question in asked:
            question.cancel()
        self._views.close()

    def _work(self, name: str, content: dict[str, Any], asked: Question) -> None:
        with self._slots:
            try:
                asked.check()
                answer = self._answer(content, asked)
                told = {"kind": "answer", "id": name, "json": plain(answer.json)}
                parts = list(answer.buffers)
            except Exception as error:
                told, parts = {**_told(error), "kind": "error", "id": name}, []
        with self._lock:
            waiting = self._questions.pop(name, None) is not None
        if waiting:
            self._send(told, parts)

    def _answer(self, content: dict[str, Any], asked: Question) -> Answer:
        method, payload = str(content.get("method", "")), content.get("payload") or {}
        own = _OWN.get(method)
        if own is not None:
            return own(self, payload)
        view, subject = str(content.get("view", "")), str(content.get("subject", ""))
        if method == "host.initial":
            with self._use(view, subject) as opened, context.activate(self._workspace):
                return Answer(opened.state())
        if method == FAILED:
            self._warn(f"the panel '{view}' of '{subject}' failed: {payload.get('message', '')}")
        with self._use(view, subject) as opened:
            return opened.ask(method, payload, asked)

    def _use(self, name: str, subject: str) -> AbstractContextManager[View]:
        held = self._held if subject.startswith("kernel:") else None
        return self._views.use(name, subject, self._workspace, held)

    def _module(self, payload: dict[str, Any]) -> Answer:
        source = module.in_one_piece(str(payload.get("name", "")))
        about = {"digest": module.digest(source)}
        return Answer(about) if payload.get("only") == "digest" else Answer(about, (source,))

    def _run(self, payload: dict[str, Any]) -> Answer:
        from llmops_workbench.core import operations
        from llmops_workbench.execution.invoke import invoke

        workspace = context.needed(self._workspace)
        operation = operations.get(str(payload.get("operation", "")))
        result = invoke(
            operation.name,
            dict(payload.get("arguments") or {}),
            workspace=workspace,
            detach=operation.runs == "job",
        )
        return Answer({"job": getattr(result, "job", None), "run_id": result.run_id})

    def _follow(self, payload: dict[str, Any]) -> Answer:
        if self._workspace is not None:
            follow(self._workspace, self)
        return Answer()


_OWN: dict[str, Callable[[Desk, dict[str, Any]], Answer]] = {
    "host.module": Desk._module,
    "host.run": Desk._run,
    "host.follow": Desk._follow,
}


def _told(error: Exception) -> dict[str, Any]:
    shown = outcome(error)
    detail = "" if isinstance(error, LLMOpsError) else traceback.format_exc()
    return {
        "error": redact(shown.message),
        "kind_of_error": type(error).__name__,
        "status": shown.status,
        "detail": redact(detail),
    }
