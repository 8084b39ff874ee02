"""The operations: what there is, what a form needs to know of one, and starting one."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from llmops_workbench.core import operations
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.operations import Operation, Parameter, to_json
from llmops_workbench.execution import detached
from llmops_workbench.faces.server import asking
from llmops_workbench.faces.server.confine import confined
from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import Asked, route


class Arguments(Asked):
    """Arguments of an operation, by parameter name."""

    arguments: dict[str, Any] = Field(default={}, max_length=200)


class Start(Arguments):
    """What to start.

    Attributes:
        kernelspec: In whose environment; the server's own when left out.
    """

    kernelspec: str | None = Field(None, max_length=200)


@route("GET", "operations")
def list_operations(request: Request) -> list[dict[str, Any]]:
    """List the operations in the order in which help does."""
    found = []
    for name, entry in operations.index().items():
        try:
            records = operations.get(name).records
        except LLMOpsError:
            continue
        found.append(
            {
                "name": name,
                "stage": entry.stage,
                "runs": entry.runs,
                "summary": entry.summary,
                "records": records,
            }
        )
    return found


@route("GET", "operations/{name}")
def describe_operation(request: Request, name: str) -> dict[str, Any]:
    """Describe an operation as a form is drawn from it."""
    operation = operations.get(name)
    return {
        "name": operation.name,
        "stage": operation.stage,
        "runs": operation.runs,
        "records": operation.records,
        "endless": operation.endless,
        "summary": operation.summary,
        "description": operation.description,
        "example": operation.example,
        "errors": [{"kind": kind, "when": when} for kind, when in operation.errors],
        "result_view": getattr(operation.result_type, "view", "record"),
        "schema": operation.schema(),
        "parameters": [described(parameter) for parameter in operation.parameters],
    }


def described(parameter: Parameter) -> dict[str, Any]:
    """Describe a parameter."""
    points, choices = parameter.points, parameter.choices
    return {
        "name": parameter.name,
        "help": parameter.help,
        "required": parameter.required,
        "default": to_json(parameter.default),
        "points": None if points is None else points.kind or "any",
        "choices": None if choices is None else {"source": choices.source, "of": choices.of},
        "literal": list(parameter.literal),
        "many": parameter.many,
        "flag": parameter.flag,
        "mapping": parameter.mapping,
        "positional": parameter.positional,
    }


@route("POST", "operations/{name}/check", body=Arguments)
def check_operation(request: Request, name: str) -> dict[str, Any]:
    """Check arguments without doing anything: errors by parameter, the lines, and the plan."""
    return asking.check(request, operations.get(name), request.body.arguments)


@route("POST", "operations/{name}", body=Start, status=202, slow=True)
def start_operation(request: Request, name: str) -> dict[str, Any]:
    """Start an operation as a process of its own."""
    operation: Operation = operations.get(name)
    service, workspace = request.service, request.workspace
    arguments = confined(operation, request.body.arguments, service, workspace)
    python = None
    if request.body.kernelspec and service.python_of is not None:
        python = service.python_of(request.body.kernelspec)
    started = detached.start(operation.name, arguments, workspace=workspace, python=python)
    return {"job": started.job, "run_id": started.run_id}
