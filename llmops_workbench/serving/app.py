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
from starlette.requests import ClientDisconnect
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
# How often it is looked whether the caller is still there.
_LOOK_SECONDS = 0.5
_EVENTS = "text/event-stream"


@dataclass
class Endpoint:
    """All that the routes need.

    Attributes:
        name: What `/v1/models` calls it.
        names: Every name that a request may use for it.
        key: What a caller must present.
        filling: Turns messages into what the model is asked.
        remote: Whether another server computes the answers.
        pending: Events that are being kept of callers who are gone.
    """

    name: str
    names: set[str]
    key: str
    answering: Answering
    capture: Capture
    figures: Figures
    filling: Filling
    remote: bool = False
    pending: set[asyncio.Future[None]] = field(default_factory=set)
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
        endpoint.answering.put(exchange.work)
    except ClientDisconnect:
        return Response(status_code=499)  # it hung up before it had asked anything
    except (ValidationError, LLMOpsError) as error:
        status, message = _status(error)
        kept = raw if isinstance(raw, dict) else {"body": raw}
        await asyncio.to_thread(
            endpoint.capture.keep, request_id, kept, status=status, key=endpoint.key, error=message
        )
        endpoint.figures.status(status)
        headers = {"Retry-After": "1"} if isinstance(error, QueueFullError) else {}
        what = "rate_limit_error" if status == 429 else "invalid_request_error"
        code = "model_not_found" if status == 404 else None
        return JSONResponse(error_body(message, what, code), status, headers)
    return await exchange.answer(request)


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
        found = json.loads(bytes(body))
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UsageError("the body holds half of a surrogate pair, which is no text") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is not JSON: {error}") from error
    return found


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
        self._kept = False
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[str | Generation] = asyncio.Queue()
        self.work = Work(prompt, asked.sampling(), asked.stream, self._tell)

    def _tell(self, piece: str | Generation) -> None:
        try:
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)
        except RuntimeError:  # the endpoint has ended, and nobody listens any more
            self.work.gone.set()

    async def answer(self, request: Request) -> Response:
        """Wait for the first piece, or for the whole; a caller who hangs up frees the place."""
        try:
            first = await self._wait(request)
        except asyncio.CancelledError:
            self._give_up(503, "the endpoint was stopped before it could answer")
            raise
        if first is None:
            self._give_up(499, "the caller hung up, or waited for too long")
            return Response(status_code=499)
        if isinstance(first, Generation) and first.error is not None:
            status = self._blame()
            await self._keep(None, status, first.error, first)
            what = "invalid_request_error" if status == 400 else "server_error"
            return JSONResponse(error_body(first.error, what), status)
        if self.asked.stream:
            head = {"Cache-Control": "no-cache"}
            return StreamingResponse(self._stream(first), media_type=_EVENTS, headers=head)
        assert isinstance(first, Generation)
        make = chat_body if isinstance(self.asked, ChatRequest) else completion_body
        body = make(self.request_id, self.endpoint.name, first)
        await self._keep(first.text, 200, None, first)
        return JSONResponse(body)

    async def _wait(self, request: Request) -> str | Generation | None:
        waiting = asyncio.ensure_future(self._pieces.get())
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=_LOOK_SECONDS)
                if not waiting.done() and (
                    await request.is_disconnected() or time.monotonic() > until
                ):
                    return None
            return waiting.result()
        finally:
            waiting.cancel()

    async def _stream(self, piece: str | Generation) -> AsyncIterator[str]:
        """Give the answer piece by piece as server-sent events."""
        chat = isinstance(self.asked, ChatRequest)
        created = int(time.time())
        text: list[str] = []

        def event(piece: str | None, finish: str | None) -> dict[str, Any]:
            return chunk(self.request_id, self.endpoint.name, created, piece, finish, chat=chat)

        try:
            if chat:
                head = event("", None)
                head["choices"][0]["delta"] = {"role": "assistant", "content": ""}
                yield _sse(head)
            while isinstance(piece, str):
                if self.first is None:
                    self.first = time.monotonic() - self.begun
                text.append(piece)
                yield _sse(event(piece, None))
                piece = await self._pieces.get()
            if piece.error is not None:
                await self._keep("".join(text) or None, self._blame(), piece.error, piece)
                yield _sse(error_body(piece.error, "server_error"))
                return
            await self._keep("".join(text), 200, None, piece)
            yield _sse(event(None, piece.finish_reason))
            if self.asked.stream_options.include_usage:
                yield _sse({**event(None, None), "choices": [], "usage": usage(piece)})
            yield "data: [DONE]\n\n"
        finally:
            self._give_up(499, "the caller hung up", "".join(text) or None)

    def _blame(self) -> int:
        """Tell whose fault an error is: the request's, ours, or that of a server behind us."""
        if self.work.broken:
            return 500
        return 502 if self.endpoint.remote else 400

    def _give_up(self, status: int, reason: str, text: str | None = None) -> None:
        """Free the place and keep what was asked, unless it is answered and kept already."""
        self.work.gone.set()
        if not self._kept:
            task = asyncio.ensure_future(self._keep(text, status, reason))
            self.endpoint.pending.add(task)
            task.add_done_callback(self.endpoint.pending.discard)

    async def _keep(
        self,
        text: str | None,
        status: int,
        error: str | None,
        answer: Generation | None = None,
    ) -> None:
        self._kept = True
        seconds = time.monotonic() - self.begun
        self.endpoint.figures.status(status)
        if answer is not None and status == 200:
            self.endpoint.figures.answered(answer, seconds, self.first)
        await asyncio.shield(
            asyncio.to_thread(
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
        )


def _sse(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
