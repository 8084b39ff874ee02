"""The description of all routes."""

from __future__ import annotations

from typing import Any

from llmops_workbench.faces.server.description import describe
from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import route


@route("GET", "openapi.json")
def openapi(request: Request) -> dict[str, Any]:
    """Describe every route as OpenAPI 3.1."""
    return describe(request.served_at)
