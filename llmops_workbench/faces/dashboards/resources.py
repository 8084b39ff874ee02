"""The routes of the server extension, bound a second time: to the dashboard's own server."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

import tornado.web

from llmops_workbench.core.views import Question
from llmops_workbench.faces.server.dispatch import is_slow, respond

if TYPE_CHECKING:
    from llmops_workbench.faces.server.service import Service

ROOT = "llmops-workbench"


class ResourceHandler(tornado.web.RequestHandler):
    """Every path below `llmops-workbench/`; who comes here has shown the key."""

    def initialize(self, service: Service) -> None:
        """Remember what the application gives."""
        self._service = service
        self._question: Question | None = None

    async def get(self, path: str) -> None:
        """Read."""
        await self._answer(path)

    async def post(self, path: str) -> None:
        """Begin or change."""
        await self._answer(path)

    async def put(self, path: str) -> None:
        """Replace."""
        await self._answer(path)

    async def delete(self, path: str) -> None:
        """Take away."""
        await self._answer(path)

    async def _answer(self, path: str) -> None:
        method, body = str(self.request.method), self.request.body
        query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        asked = self._question = Question()
        reply = await asyncio.wrap_future(
            self._service.submit(
                lambda: respond(self._service, method, path, query, body, asked=asked),
                slow=is_slow(method, path),
            )
        )
        self._question = None
        self.set_status(reply.status, _reason(reply.status))
        self.set_header("Content-Type", reply.content_type)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        for name, value in reply.headers.items():
            self.set_header(name, value)
        await self.finish(reply.content)

    def on_connection_close(self) -> None:
        """Withdraw the question of somebody who has gone."""
        if self._question is not None:
            self._question.cancel()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Closed Request"
