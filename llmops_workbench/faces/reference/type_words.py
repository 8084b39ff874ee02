"""What a parameter takes and what a field holds, in a reader's words."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from llmops_workbench.core.operations import Operation, Parameter, to_json
from llmops_workbench.core.results import Varies

_CHOICES = {
    "metrics": "name of a [metric](metrics.md)",
    "files": "text of a file, or its path",
    "paths": "path of a file",
    "secrets": "name of a secret",
    "kinds": "kind of thing, such as `models`",
    "jobs": "id of a job, or a part of it",
    "references": "reference or a model's alias",
    "aliases": "model and its alias, as `NAME@ALIAS`",
}
_PLAIN = {"string": "text", "boolean": "true or false", "object": "names with values"}
_BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "above"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "below"),
)


def takes(operation: Operation, parameter: Parameter) -> str:
    """Say what a parameter takes, with its choices and bounds."""
    schema = operation.schema()
    words = _words(schema["properties"][parameter.name], schema.get("$defs", {}), operation)
    return " or ".join(dict.fromkeys(part for part in words if part != "none"))


def default(parameter: Parameter) -> str:
    """Say what stands for a parameter that is left out."""
    if parameter.required:
        return "required"
    value = to_json(parameter.default)
    return "none" if value is None else f"`{value!r}`"


def _words(schema: dict[str, Any], defs: dict[str, Any], operation: Operation) -> list[str]:
    if "$ref" in schema:
        return _words(defs[schema["$ref"].rpartition("/")[2]], defs, operation)
    if "anyOf" in schema:
        return [word for option in schema["anyOf"] for word in _words(option, defs, operation)]
    if "const" in schema or "enum" in schema:
        return [f"`{option}`" for option in schema.get("enum", [schema.get("const")])]
    if schema.get("type") == "null":
        return ["none"]
    if "x-llmops-kind" in schema:
        kind = schema["x-llmops-kind"]
        return ["reference" if kind == "any" else f"reference of a {kind}"]
    if schema.get("type") == "array":
        inner = " or ".join(_words(schema.get("items") or {}, defs, operation))
        if " " in inner and not inner.startswith("`"):
            return [f"list, each a {inner}"]
        return [f"list of {inner}" if inner else "list"]
    if "x-llmops-choices" in schema:
        return [_choice(schema, operation)]
    kind = str(schema.get("type", "any JSON value"))
    bounds = [f"{text} {schema[key]:g}" for key, text in _BOUNDS if key in schema]
    return [", ".join([_PLAIN.get(kind, kind), *bounds])]


def _choice(schema: dict[str, Any], operation: Operation) -> str:
    source = schema["x-llmops-choices"]
    if source != "columns":
        return _CHOICES.get(source, f"one of the {source}")
    of = schema.get("x-llmops-of") or next(
        (p.name for p in operation.parameters if p.points and p.points.kind == "dataset"), None
    )
    return f"column of `{of}`" if of else "name of a column"


def holds(annotation: Any) -> str:
    """Say what a field of a result holds."""
    plain = _without_marks(annotation)
    origin, inner = typing.get_origin(plain), typing.get_args(plain)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(holds(option) for option in inner)
    if origin is typing.Literal:
        return " or ".join(f"`{option}`" for option in inner)
    if origin in (list, tuple):
        return f"list of {holds(inner[0])}" if inner else "list"
    if origin is dict:
        return f"{holds(inner[1])} by name" if inner else "names with values"
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return f"[{plain.__name__}](#{plain.__name__.lower()})"
    names = {str: "text", int: "integer", float: "number", bool: "true or false"}
    if plain is type(None):
        return "none"
    return names.get(plain, "any JSON value" if plain is Any else getattr(plain, "__name__", "?"))


def varies(info: Any) -> bool:
    """Tell whether two equal calls may differ in this field of a result."""
    return any(isinstance(mark, Varies) for mark in info.metadata)


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the records that a field holds, not those inside of them."""
    plain = _without_marks(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        yield plain
    for inner in typing.get_args(plain):
        yield from models(inner)


def _without_marks(annotation: Any) -> Any:
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    return annotation
