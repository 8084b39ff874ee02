"""The endpoint's HTTP application."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from llmops_workbench.core.errors import LLMOpsError, UsageError, outcome
from llmops_workbench.models.engine import Generation
from llmops_workbench.serving.protocol import (
    ChatRequest,
    CompletionRequest,
    chat_body,
    check_model,
    chunk,
    completion_body,
    error_body,
    sentence,
    usage,
)
from llmops_workbench.serving.queue import Answering, QueueFullError, Work

if TYPE_CHECKING:
    from starlette.requests import Request

    from llmops_workbench.models.engine import Prompt
    from llmops_workbench.serving.capture import Capture
    from llmops_workbench.serving.figures import Figures
    from llmops_workbench.serving.filling import Filling

# A longer body is refused before it is read; no prompt that a small model can read is as long.
LARGEST_BODY = 4_000_000
# The longest that a request waits for its whole answer.
PATIENCE_SECONDS = 600.0


@dataclass
class Endpoint:
    """All that the routes need.

    Attributes:
        name: What `/v1/models` calls it.
        names: Every name that a request may use for it.
        key: What a caller must present.
        filling: Turns messages into what the model is asked.
    """

    name: str
    names: set[str]
    key: str
    answering: Answering
    capture: Capture
    figures: Figures
    filling: Filling
    created: int = field(default_factory=lambda: int(time.time()))


def make_app(endpoint: Endpoint) -> Starlette:
    """Make the application of an endpoint."""

    async def models(request: Request) -> Response:
        refused = _refuse(request, endpoint)
        if refused is not None:
            return refused
        entry = {
            "id": endpoint.name,
            "object": "model",
            "created": endpoint.created,
            "owned_by": "llmops-workbench",
        }
        return JSONResponse({"object": "list", "data": [entry]})

    async def health(request: Request) -> Response:
        """Tell whether it can answer; without a key, and without telling anything else."""
        ready = endpoint.answering.alive
        return JSONResponse({"status": "ok" if ready else "down"}, 200 if ready else 503)

    async def metrics(request: Request) -> Response:
        refused = _refuse(request, endpoint)
        if refused is not None:
            return refused
        text = endpoint.figures.text(endpoint.answering.depth, endpoint.capture.lost)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    async def chat(request: Request) -> Response:
        return await _handle(request, endpoint, ChatRequest)

    async def completions(request: Request) -> Response:
        return await _handle(request, endpoint, CompletionRequest)

    async def lost(request: Request, error: Exception) -> Response:
        return JSONResponse(error_body("there is nothing here", "invalid_request_error"), 404)

    async def not_allowed(request: Request, error: Exception) -> Response:
        return JSONResponse(error_body("use another method", "invalid_request_error"), 405)

    return Starlette(
        routes=[
            Route("/v1/models", models),
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/v1/completions", completions, methods=["POST"]),
            Route("/health", health),
            Route("/metrics", metrics),
        ],
        exception_handlers={404: lost, 405: not_allowed},
    )


def _refuse(request: Request, endpoint: Endpoint) -> Response | None:
    """Refuse a caller without the key, and pages of another site that a browser has open."""
    given = request.headers.get("authorization", "")
    wanted = f"Bearer {endpoint.key}"
    if hmac.compare_digest(given.encode(), wanted.encode()):
        return None
    endpoint.figures.status(401)
    message = "give the endpoint's key as 'Authorization: Bearer KEY'"
    body = error_body(message, "authentication_error", "invalid_api_key")
    return JSONResponse(body, 401, {"WWW-Authenticate": "Bearer"})


async def _handle(
    request: Request, endpoint: Endpoint, kind: type[ChatRequest | CompletionRequest]
) -> Response:
    refused = _refuse(request, endpoint)
    if refused is not None:
        return refused
    request_id = f"{'chatcmpl' if kind is ChatRequest else 'cmpl'}-{uuid.uuid4().hex}"
    begun = time.monotonic()
    raw: Any = None
    try:
        raw = await _read(request)
        asked = kind.model_validate(raw)
        check_model(asked.model, endpoint.names)
        prompt, prompt_version = endpoint.filling.fill(asked)
        exchange = Exchange(endpoint, request_id, raw, asked, prompt, prompt_version, begun)
        exchange.send()
    except (ValidationError, LLMOpsError) as error:
        status, message = _status(error)
        kept = raw if isinstance(raw, dict) else {"body": raw}
        await asyncio.to_thread(
            endpoint.capture.keep, request_id, kept, status=status, key=endpoint.key, error=message
        )
        endpoint.figures.status(status)
        headers = {"Retry-After": "1"} if isinstance(error, QueueFullError) else {}
        what = "rate_limit_error" if status == 429 else "invalid_request_error"
        return JSONResponse(error_body(message, what), status, headers)
    if asked.stream:
        return StreamingResponse(
            exchange.stream(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
        )
    return await exchange.whole(request)


def _status(error: ValidationError | LLMOpsError) -> tuple[int, str]:
    if isinstance(error, ValidationError):
        return 400, sentence(error)
    if isinstance(error, QueueFullError):
        return 429, error.message
    return outcome(error).status, error.message


async def _read(request: Request) -> Any:
    length = request.headers.get("content-length", "0")
    body = bytearray()
    if not length.isdigit() or int(length) <= LARGEST_BODY:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                break
    if (length.isdigit() and int(length) > LARGEST_BODY) or len(body) > LARGEST_BODY:
        raise UsageError(f"the body is larger than {LARGEST_BODY:,} bytes: send less text")
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is not JSON: {error}") from error


class Exchange:
    """One request from the queue to its kept event."""

    def __init__(
        self,
        endpoint: Endpoint,
        request_id: str,
        raw: Any,
        asked: ChatRequest | CompletionRequest,
        prompt: Prompt,
        prompt_version: str | None,
        begun: float,
    ) -> None:
        self.endpoint = endpoint
        self.request_id = request_id
        self.raw = raw
        self.asked = asked
        self.prompt_version = prompt_version
        self.begun = begun
        self.first: float | None = None
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[str | Generation] = asyncio.Queue()
        self.work = Work(prompt, asked.sampling(), asked.stream, self._tell)

    def send(self) -> None:
        """Put the request into the queue."""
        self.endpoint.answering.put(self.work)

    def _tell(self, piece: str | Generation) -> None:
        self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    async def whole(self, request: Request) -> Response:
        """Wait for the answer; a caller who hangs up frees the place."""
        waiting = asyncio.ensure_future(self._pieces.get())
        until = time.monotonic() + PATIENCE_SECONDS
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=0.5)
            if waiting.done():
                break
            if await request.is_disconnected() or time.monotonic() > until:
                self.work.gone.set()
                waiting.cancel()
                await self._keep(None, 499, "the caller hung up, or waited for too long")
                return Response(status_code=499)
        answer = waiting.result()
        assert isinstance(answer, Generation)
        if answer.error is not None:
            status = 400 if "longer than" in answer.error or "context" in answer.error else 500
            await self._keep(None, status, answer.error, answer)
            return JSONResponse(error_body(answer.error, "invalid_request_error"), status)
        make = chat_body if isinstance(self.asked, ChatRequest) else completion_body
        body = make(self.request_id, self.endpoint.name, answer)
        await self._keep(answer.text, 200, None, answer)
        return JSONResponse(body)

    async def stream(self) -> AsyncIterator[str]:
        """Give the answer piece by piece as server-sent events."""
        chat = isinstance(self.asked, ChatRequest)
        created = int(time.time())
        text: list[str] = []
        finished = False

        def event(piece: str | None, finish: str | None) -> dict[str, Any]:
            return chunk(self.request_id, self.endpoint.name, created, piece, finish, chat=chat)

        try:
            if chat:
                head = event("", None)
                head["choices"][0]["delta"] = {"role": "assistant", "content": ""}
                yield _sse(head)
            while True:
                piece = await self._pieces.get()
                if isinstance(piece, str):
                    if self.first is None:
                        self.first = time.monotonic() - self.begun
                    text.append(piece)
                    yield _sse(event(piece, None))
                    continue
                finished = True
                if piece.error is not None:
                    await self._keep("".join(text) or None, 500, piece.error, piece)
                    yield _sse(error_body(piece.error, "server_error"))
                    return
                await self._keep("".join(text), 200, None, piece)
                last = event(None, piece.finish_reason)
                last["usage"] = usage(piece)
                yield _sse(last)
                yield "data: [DONE]\n\n"
                return
        finally:
            if not finished:
                self.work.gone.set()
                said = "".join(text) or None
                await asyncio.shield(self._keep(said, 499, "the caller hung up"))

    async def _keep(
        self,
        text: str | None,
        status: int,
        error: str | None,
        answer: Generation | None = None,
    ) -> None:
        seconds = time.monotonic() - self.begun
        self.endpoint.figures.status(status)
        if answer is not None and status == 200:
            self.endpoint.figures.answered(answer, seconds, self.first)
        await asyncio.to_thread(
            self.endpoint.capture.keep,
            self.request_id,
            self.raw,
            status=status,
            key=self.endpoint.key,
            response={"text": text} if text is not None else None,
            latency_ms=round(seconds * 1000, 1),
            prompt_tokens=answer.prompt_tokens if answer is not None else None,
            completion_tokens=answer.new_tokens if answer is not None else None,
            error=error,
            prompt_version=self.prompt_version,
        )


def _sse(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
