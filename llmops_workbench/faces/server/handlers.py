"""The routes bound to a Jupyter server: who may ask, and how bytes come and go."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.iostream import StreamClosedError

from llmops_workbench.core.views import Question
from llmops_workbench.faces.server.dispatch import is_slow, respond
from llmops_workbench.faces.server.failure import TooLargeError, failure, told
from llmops_workbench.faces.server.people import person_of
from llmops_workbench.faces.server.requests import Reply

if TYPE_CHECKING:
    from llmops_workbench.faces.server.service import Service

ROOT = "llmops-workbench"


@tornado.web.stream_request_body
class ResourceHandler(APIHandler):
    """Every path below `llmops-workbench/`.

    The body is taken piece by piece, so that one that is too large is never held in memory.
    """

    auth_resource = "llmops_workbench"

    def initialize(self, service: Service, max_body_bytes: int) -> None:
        """Remember what the application gives."""
        self._service, self._most = service, max_body_bytes
        self._pieces: list[bytes] = []
        self._size = 0
        self._question: Question | None = None

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body, up to the limit."""
        self._size += len(chunk)
        if self._size <= self._most:
            self._pieces.append(chunk)
        else:
            self._pieces.clear()

    @tornado.web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Read."""
        await self._answer(path)

    @tornado.web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Begin or change."""
        await self._answer(path)

    @tornado.web.authenticated
    @authorized
    async def put(self, path: str) -> None:
        """Replace."""
        await self._answer(path)

    @tornado.web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Take away."""
        await self._answer(path)

    async def _answer(self, path: str) -> None:
        if self._size > self._most:
            text = f"the body has {self._size:,} bytes, {self._most:,} are taken at most"
            self._send(failure(TooLargeError(text)))
            return
        method = str(self.request.method)
        query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        body = b"".join(self._pieces)
        person = person_of(self.identity_provider, self.current_user)
        asked = self._question = Question()
        reply = await asyncio.wrap_future(
            self._service.submit(
                lambda: respond(
                    self._service,
                    method,
                    path,
                    query,
                    body,
                    person=person,
                    asked=asked,
                    served_at=f"{self.base_url}{ROOT}/",
                ),
                slow=is_slow(method, path),
            )
        )
        self._question = None
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.set_status(reply.status, _reason(reply.status))
        self.set_header("Cache-Control", "no-store")
        for name, value in reply.headers.items():
            self.set_header(name, value)
        self.finish(reply.content, set_content_type=reply.content_type)

    def on_connection_close(self) -> None:
        """Withdraw the question of somebody who has gone."""
        if self._question is not None:
            self._question.cancel()
        super().on_connection_close()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell what Jupyter refused in the form of all errors here."""
        error = kwargs.get("exc_info", (None, None))[1]
        message = getattr(error, "log_message", None) or _reason(status_code)
        if isinstance(error, StreamClosedError):
            return
        reply = told(status_code, type(error).__name__ if error else "HTTPError", str(message))
        # Who is refused has not been read to the end, and tornado hangs up: so it is said.
        self.set_header("Connection", "close")
        self.finish(reply.content, set_content_type=reply.content_type)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Closed Request" if status == 499 else "Unknown"
