"""The requests that an endpoint kept, as a monitor reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        id: The id that the caller was given.
        text: What was asked: the last message of the user, or the whole prompt.
        answer: What was answered, if anything.
        error: Why there is no answer.
        latency_ms: From the request to the end of the answer, in milliseconds.
        tokens: Of prompt and answer.
    """

    id: str
    text: str
    answer: str | None
    error: str | None
    latency_ms: float | None
    tokens: int


def read(
    endpoint: Reference, *, user: str = "", since: str = "", until: str = "", last: int
) -> list[Request]:
    """Read the newest requests of an endpoint that fit, the oldest first.

    Raises:
        UsageError: A time is none.
    """
    from llmops_workbench.tracking import events

    begin, end = _moment(since), _moment(until)
    found: list[Request] = []
    before = 0
    while len(found) < last:
        page = events.read("traffic", endpoint=endpoint.name, newest=True, after=before)
        if not page:
            break
        before = page[-1]["id"]
        for event in page:
            created = _moment(event["created"])
            assert created is not None
            if begin is not None and created < begin:
                return found[::-1]
            if (end is not None and created > end) or (
                user and event["request"].get("user") != user
            ):
                continue
            found.append(_request(event))
            if len(found) == last:
                break
    return found[::-1]


def asked_text(request: Mapping[str, Any]) -> str:
    """Give what was asked in a request of the OpenAI protocol."""
    if isinstance(request.get("variables"), dict):
        return "\n".join(str(value) for value in request["variables"].values())
    turns = request.get("messages")
    for turn in reversed(turns if isinstance(turns, list) else []):
        if not isinstance(turn, dict) or turn.get("role") != "user":
            continue
        content = turn.get("content")
        if isinstance(content, list):
            return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
        return str(content)
    return str(request.get("prompt", ""))


def _moment(text: str) -> datetime | None:
    """Read a time; one without a zone is in UTC."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is no time: write it as 2026-11-24T10:00:00Z") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _request(event: Mapping[str, Any]) -> Request:
    response = event["response"] or {}
    return Request(
        id=event["request_id"],
        text=asked_text(event["request"]),
        answer=response.get("text"),
        error=event["error"],
        latency_ms=event["latency_ms"],
        tokens=(event["prompt_tokens"] or 0) + (event["completion_tokens"] or 0),
    )


def register(endpoint: Reference, reference: Reference, *, alpha: float, user: str) -> str:
    """Keep the definition of a monitor; the same one again is the same version."""
    from llmops_workbench.tracking.catalogue import catalogue

    definition = {
        "endpoint": endpoint.name,
        "reference": str(reference),
        "alpha": alpha,
        "user": user,
    }
    text = json.dumps(definition, sort_keys=True)
    version = catalogue().register(
        "monitor",
        f"{endpoint.name}-{user}" if user else endpoint.name,
        hash=f"sha256-{hashlib.sha256(text.encode()).hexdigest()}",
        parents=[str(endpoint), str(reference.whole())],
        meta=definition,
        run_id=context.current().run_id,
    )
    return str(version.ref)
