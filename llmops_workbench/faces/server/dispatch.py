"""From a request's text to its answer: finds the route, checks the form, tells errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import BaseModel, ValidationError

from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.views import Question
from llmops_workbench.faces.server.failure import MethodError, failure, wrong_form
from llmops_workbench.faces.server.requests import Reply, Request, json_reply
from llmops_workbench.faces.server.routes import Route, find

if TYPE_CHECKING:
    from llmops_workbench.faces.server.service import Service

# What clients of Jupyter add to any query.
_CLIENTS_OWN = frozenset({"token", "_xsrf", "no_track_activity"})


def respond(
    service: Service,
    method: str,
    path: str,
    query: Mapping[str, str],
    body: bytes,
    *,
    person: str | None = None,
    asked: Question | None = None,
    served_at: str = "/llmops-workbench/",
) -> Reply:
    """Answer a request that was let in; never raises.

    Args:
        service: What the server holds.
        method: The HTTP method.
        path: Below `llmops-workbench/`, decoded.
        query: The query, decoded.
        body: The body as it came.
        person: Whom the server has authenticated.
        asked: Is cancelled when the asker has gone.
        served_at: The path that the routes stand below.
    """
    try:
        route, parts = _route(method, path)
        _check_text(path)
        request = Request(
            service,
            person,
            query=_read_query(route, query),
            body=_read_body(route, body),
            asked=asked or Question(),
            served_at=served_at,
        )
        given = route.function(request, **parts)
        return given if isinstance(given, Reply) else json_reply(given, route.status)
    except Exception as error:
        return failure(error)


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    route, parts, methods = find(method, path)
    if route is None and methods:
        raise MethodError(f"'{path}' takes {' and '.join(sorted(set(methods)))}, not {method}")
    if route is None:
        raise NotFoundError(f"there is no '{path}' here: see openapi.json")
    return route, parts


def is_slow(method: str, path: str) -> bool:
    """Tell whether an answer may take seconds."""
    route = find(method, path)[0]
    return route is not None and route.slow


def _read_query(route: Route, query: Mapping[str, str]) -> BaseModel | None:
    given = {
        key: value
        for key, value in query.items()
        # A number alone is how browsers are kept from their cache.
        if key not in _CLIENTS_OWN and not (key.isdigit() and not value)
    }
    for text in given.values():
        _check_text(text)
    if route.query is None:
        return None
    try:
        return route.query.model_validate(given)
    except ValidationError as error:
        raise wrong_form("query", error) from error


def _read_body(route: Route, body: bytes) -> BaseModel | None:
    if route.body is None:
        return None
    try:
        return route.body.model_validate(_json(body))
    except ValidationError as error:
        raise wrong_form("body", error) from error


def _json(body: bytes) -> Any:
    if not body.strip():
        return {}
    try:
        text = body.decode("utf-8")
        _check_text(text)
        found = json.loads(text, parse_constant=_no_number)
        # A lone surrogate can be written in JSON, but nowhere else.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise UsageError("body: it is nested too deeply") from error
    except UnicodeError as error:
        raise UsageError("body: it is not UTF-8 text") from error
    except ValueError as error:
        raise UsageError(f"body: it is not valid JSON: {error}") from error
    if "\\u0000" in text:
        _check_values(found)
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number of JSON")


def _check_values(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_values(item)
    elif isinstance(value, list):
        for item in value:
            _check_values(item)


def _check_text(text: str) -> None:
    """Refuse what neither a file system nor a database can hold."""
    if "\0" in text:
        raise UsageError("a text holds the character NUL: leave it out")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UsageError("a text is not valid Unicode")
