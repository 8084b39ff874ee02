"""What a form asks before it sends: errors by field, the lines that do the same, the plan."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context, replay
from llmops_workbench.core.errors import LLMOpsError, UsageError, did_you_mean
from llmops_workbench.core.operations import to_json
from llmops_workbench.core.references import KINDS, Reference, is_external_model, parse
from llmops_workbench.faces.choices import choices
from llmops_workbench.faces.server.confine import confined
from llmops_workbench.tracking.catalogue import Catalogue

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.server.requests import Request


def check(request: Request, operation: Operation, given: dict[str, Any]) -> dict[str, Any]:
    """Check arguments without any side effect.

    Args:
        request: Who asks, and where.
        operation: Of which operation.
        given: The arguments so far; some may be missing.

    Returns:
        `ok`, `errors` by parameter, the call as `line`, `shell` and `python`, and the `plan`.
    """
    errors = _form_errors(operation, given)
    workspace = _workspace(request)
    for parameter in operation.parameters:
        value = given.get(parameter.name)
        if parameter.name in errors or value in (None, "", []):
            continue
        try:
            _look_up(request, operation, parameter, value, given, workspace)
        except LLMOpsError as error:
            errors[parameter.name] = error.message
    lines = _lines(operation, given)
    plan = _plan(request, operation, given, workspace) if not errors else None
    return {"ok": not errors, "errors": errors, **lines, "plan": plan}


def _workspace(request: Request) -> Workspace | None:
    try:
        return request.workspace
    except LLMOpsError:
        return None


def _form_errors(operation: Operation, given: dict[str, Any]) -> dict[str, str]:
    """Check names, presence and types; a reference is a text here."""
    from pydantic import ValidationError

    known = [parameter.name for parameter in operation.parameters]
    errors = {
        name: f"{operation.name} has no parameter '{name}'; {did_you_mean(name, known)}"
        for name in given
        if name not in known
    }
    for parameter in operation.parameters:
        if parameter.required and given.get(parameter.name) in (None, ""):
            errors[parameter.name] = "this is needed"
    # A dataset may be a path, and a prompt a template: their references are looked up later.
    plain = {
        parameter.name: given[parameter.name]
        for parameter in operation.parameters
        if parameter.name in given and parameter.points is None
    }
    stand_ins = {
        parameter.name: _stand_in(parameter)
        for parameter in operation.parameters
        if parameter.points is not None
    }
    try:
        operation.model.model_validate({**stand_ins, **plain})
    except ValidationError as error:
        for item in error.errors(include_url=False):
            name = str(item["loc"][0]) if item["loc"] else ""
            if name in stand_ins or name not in known or item["type"] == "missing":
                continue
            text = str(item["msg"]).removeprefix("Value error, ")
            errors.setdefault(name, text[:1].lower() + text[1:])
    return errors


def _stand_in(parameter: Parameter) -> Any:
    """Give a reference that passes for any."""
    assert parameter.points is not None
    any_one = Reference(parameter.points.kind or "run", "any")
    return [any_one] if parameter.many else any_one


def _look_up(
    request: Request,
    operation: Operation,
    parameter: Parameter,
    value: Any,
    given: dict[str, Any],
    workspace: Workspace | None,
) -> None:
    confined(operation, {parameter.name: value}, request.service, workspace)
    values = value if isinstance(value, list) else [value]
    if parameter.points is not None and workspace is not None:
        for item in values:
            _check_reference(request, parameter.points.kind, item, workspace)
    elif parameter.choices is not None and parameter.choices.source in ("columns", "kinds"):
        safe = confined(operation, given, request.service, workspace)
        known = choices(operation, parameter, workspace, safe)
        for item in values:
            if known and item not in known and not str(item).startswith("__"):
                raise UsageError(f"there is no '{item}'; {did_you_mean(item, known)}")


def _check_reference(request: Request, kind: str | None, value: Any, workspace: Workspace) -> None:
    """See that a reference names something, or a file that is there."""
    if not isinstance(value, str):
        raise UsageError(f"give the reference of a {kind or 'thing'} as a text")
    text = value.strip()
    explicit = text.partition(":")[0] in KINDS
    if kind == "prompt" and not explicit and ("{{" in text or any(c.isspace() for c in text)):
        return
    if kind == "model" and not explicit and is_external_model(text):
        return
    if kind == "dataset" and not explicit and ("/" in text or "." in text):
        from llmops_workbench.faces.server.confine import whole

        if whole(text, request.service, workspace).is_file():
            return
    reference = parse(text, kind)
    if not reference.external:
        Catalogue(workspace).get(reference)


def _lines(operation: Operation, given: dict[str, Any]) -> dict[str, str]:
    known = {parameter.name for parameter in operation.parameters}
    sound = {name: value for name, value in given.items() if name in known and value is not None}
    lines = {}
    for face, write in (
        ("line", replay.magic),
        ("shell", replay.shell),
        ("python", replay.python_line),
    ):
        try:
            lines[face] = write(operation.name, sound)
        except (LLMOpsError, TypeError, ValueError):  # of a wrong type: said by its field
            lines[face] = ""
    return lines


def _plan(
    request: Request, operation: Operation, given: dict[str, Any], workspace: Workspace | None
) -> dict[str, Any] | None:
    """Ask the operation's module what the call will do; it is a guess, and may be missing."""
    module = importlib.import_module(operation.function.__module__)
    plan = getattr(module, "plan", None)
    if plan is None or workspace is None:
        return None
    whole = {item.name: to_json(item.default) for item in operation.parameters} | given
    try:
        with context.activate(workspace):
            made: dict[str, Any] | None = plan(whole)
    except LLMOpsError as error:
        # What is wrong with the fields together; each alone was looked at before.
        return {"problem": error.message}
    return made
