"""The routes as OpenAPI 3.1, made from the same table and models that check each request."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from llmops_workbench.faces.server.routes import Route, table
from llmops_workbench.version import __version__

_SCHEMAS = "#/components/schemas/{model}"
# What each route may say beside its good answer.
_REFUSALS = (400, 403, 404, 405, 409, 413, 422, 499, 501, 503, 507)
_EXAMPLES = {
    "ref": "dataset:reviews@1",
    "file": "object.js",
}


def describe(served_at: str) -> dict[str, Any]:
    """Describe every route.

    Args:
        served_at: The path that they stand below.
    """
    schemas: dict[str, Any] = {
        "Error": {
            "type": "object",
            "description": "One sentence that says what is wrong and what to do.",
            "properties": {
                "error": {"type": "string"},
                "kind": {"type": "string"},
                "detail": {"type": "string"},
                "message": {"type": "string"},
            },
            "required": ["error", "kind", "detail"],
        }
    }
    paths: dict[str, dict[str, Any]] = {}
    for route in table():
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LLMOps Workbench",
            "version": __version__,
            "description": "What JupyterLab's panels ask of the server.",
        },
        "servers": [{"url": served_at.rstrip("/")}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    text = (route.function.__doc__ or "").strip().splitlines()
    parameters = [
        {
            "name": part,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            **({"example": _EXAMPLES[part]} if part in _EXAMPLES else {}),
        }
        for part in route.parts
    ]
    if route.query is not None:
        parameters += _query(route.query)
    described: dict[str, Any] = {
        "operationId": route.function.__name__,
        "summary": text[0] if text else "",
        "parameters": parameters,
        "responses": _responses(route),
    }
    if route.body is not None:
        described["requestBody"] = {
            "required": bool(route.body.model_json_schema().get("required")),
            "content": {"application/json": {"schema": _schema(route.body, schemas)}},
        }
    return described


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": facts,
            # Several values are one text with commas.
            "style": "form",
            "explode": False,
        }
        for name, facts in schema["properties"].items()
    ]


def _schema(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template=_SCHEMAS)
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": _SCHEMAS.format(model=model.__name__)}


def _responses(route: Route) -> dict[str, Any]:
    media: dict[str, Any] = {} if route.content_type == "application/json" else {"schema": {}}
    found: dict[str, Any] = {
        str(route.status): {
            "description": HTTPStatus(route.status).phrase,
            "content": {route.content_type: media},
        }
    }
    error = {"application/json": {"schema": {"$ref": _SCHEMAS.format(model="Error")}}}
    for status in _REFUSALS:
        phrase = "Withdrawn" if status == 499 else HTTPStatus(status).phrase
        found[str(status)] = {"description": phrase, "content": error}
    return found
