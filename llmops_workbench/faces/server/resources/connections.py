"""Connections to providers of models; a secret is a name here, in both directions."""

from __future__ import annotations

import time
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from llmops_workbench.core import context, secrets
from llmops_workbench.core.errors import LLMOpsError, UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.server.confine import whole
from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import Asked, route
from llmops_workbench.tracking import connections

_TEST_SECONDS = 15.0
# A provider may list hundreds; a form shows as many.
_MOST_MODELS = 500


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"this is not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("give an address that begins with https:// or http://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("give the plain address, and the key as the name of a secret")
    return url.rstrip("/")


def _secret_name(name: str) -> str:
    if name and not secrets.is_name(name):
        raise ValueError("give the name of a secret, as in env:NAME; its value is kept nowhere")
    return name


ModelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Connection(Asked):
    """Where a provider is.

    Attributes:
        url: Its base, up to and with `/v1`.
        secret: The name of the secret that holds its key; empty for none.
        cap_usd: What may be spent through it.
        models: The models to offer.
    """

    url: Annotated[str, Field(max_length=2000), AfterValidator(_address)]
    secret: Annotated[str, Field(max_length=1000), AfterValidator(_secret_name)] = ""
    cap_usd: float | None = Field(None, ge=0, le=1e9)
    models: list[ModelName] = Field([], max_length=_MOST_MODELS)


@route("GET", "connections")
def list_connections(request: Request) -> list[dict[str, Any]]:
    """List the connections, each with the references of its models."""
    return [_shown(found) for found in connections.every(request.workspace)]


@route("PUT", "connections/{name}", body=Connection)
def put_connection(request: Request, name: str) -> dict[str, Any]:
    """Keep a connection, in place of the one that had its name."""
    workspace, given = request.workspace, request.body
    _check_file(request, given.secret, workspace)
    connections.put(workspace, name, given.model_dump(mode="json"))
    return _shown(connections.get(workspace, name))


@route("DELETE", "connections/{name}")
def remove_connection(request: Request, name: str) -> dict[str, Any]:
    """Take a connection away."""
    connections.remove(request.workspace, name)
    return {"name": name}


@route("POST", "connections/{name}/test", slow=True)
def test_connection(request: Request, name: str) -> dict[str, Any]:
    """Ask the provider for its models, with the key."""
    workspace = request.workspace
    found = connections.get(workspace, name)
    _check_file(request, found["secret"], workspace)
    begun = time.monotonic()
    told: dict[str, Any] = {"ok": False, "error": "", "models": []}
    try:
        with context.activate(workspace, cancelled=lambda: request.asked.cancelled):
            told |= {"ok": True, "models": _models(found)}
    except LLMOpsError as error:
        told["error"] = secrets.redact(error.message)
    return {**told, "seconds": round(time.monotonic() - begun, 3)}


def _models(found: dict[str, Any]) -> list[str]:
    from llmops_workbench.models.transport import Transport

    line = Transport(found["url"], key=found["secret"] or None, tries=1, read_seconds=_TEST_SECONDS)
    try:
        answer = line.get("models")
    finally:
        line.close()
    listed = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(listed, list):
        raise UsageError(f"{found['url']} answers, but lists no models: check the address")
    names = [item.get("id") if isinstance(item, dict) else item for item in listed]
    return sorted({str(name) for name in names if name})[:_MOST_MODELS]


def _check_file(request: Request, secret: str, workspace: Workspace) -> None:
    """See that a secret's file lies where the server may look."""
    if secret.startswith("file:"):
        whole(secret.removeprefix("file:"), request.service, workspace)


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    key = f"?key={found['secret']}" if found.get("secret") else ""
    references = [f"openai:{found['url']}{key}#{model}" for model in found.get("models", [])]
    return {**found, "references": references}
