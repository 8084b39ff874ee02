"""The one place where an error becomes an answer."""

from __future__ import annotations

import logging

from pydantic import ValidationError

from llmops_workbench.core import secrets
from llmops_workbench.core.errors import LLMOpsError, UsageError, outcome
from llmops_workbench.faces.server.requests import Reply, json_reply

_log = logging.getLogger(__name__)


class TooLargeError(UsageError):
    """A body is larger than the server takes."""


class MethodError(UsageError):
    """The path is known, but not with this method."""


_STATUS: dict[type[BaseException], int] = {TooLargeError: 413, MethodError: 405}


def failure(error: BaseException) -> Reply:
    """Turn an error into the answer that tells it: one sentence, its kind and its status."""
    shown = outcome(error)
    if not isinstance(error, LLMOpsError) and shown.status == 500:
        _log.error("a request failed", exc_info=error)
    status = _STATUS.get(type(error), shown.status)
    return told(status, type(error).__name__, shown.message)


def told(status: int, kind: str, message: str, detail: str = "") -> Reply:
    """Tell an error."""
    text = secrets.redact(message)
    # `message` is what Jupyter's own clients look for.
    return json_reply({"error": text, "kind": kind, "detail": detail, "message": text}, status)


def wrong_form(place: str, error: ValidationError) -> UsageError:
    """Say what is wrong with a query or a body.

    Args:
        place: `query` or `body`.
        error: What its model says.
    """
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    text = first["msg"][:1].lower() + first["msg"][1:]
    return UsageError(f"{place}{f': {where}' if where else ''}: {text}")
