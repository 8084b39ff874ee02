"""Keeps what a request names as a file inside the folder that the server shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.references import KINDS, is_external_model
from llmops_workbench.core.shapes import is_file_text
from llmops_workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter
    from llmops_workbench.faces.server.service import Service

_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather")


def confined(
    operation: Operation, arguments: dict[str, Any], service: Service, workspace: Workspace | None
) -> dict[str, Any]:
    """Give arguments in which each file is named by its whole path, inside the server's root.

    Args:
        operation: Whose arguments they are.
        arguments: As the request gave them.
        service: Knows the root, from which a browser sees its paths.
        workspace: Files may lie in there, too.

    Raises:
        UsageError: A path leads out.
    """
    found = dict(arguments)
    for parameter in operation.parameters:
        value = arguments.get(parameter.name)
        if isinstance(value, list):
            found[parameter.name] = [
                _one(operation, parameter, item, service, workspace) for item in value
            ]
        elif value is not None:
            found[parameter.name] = _one(operation, parameter, value, service, workspace)
    return found


def _one(
    operation: Operation,
    parameter: Parameter,
    value: Any,
    service: Service,
    workspace: Workspace | None,
) -> Any:
    if not isinstance(value, str) or not value or not _names_file(operation, parameter, value):
        return value
    scheme, text = ("file:", value[5:]) if value.startswith("file:") else ("", value)
    return scheme + str(whole(text, service, workspace))


def whole(text: str, service: Service, workspace: Workspace | None) -> Path:
    """Give the whole path of a file that is named from the server's root or the workspace.

    Raises:
        UsageError: It leads out of both.
    """
    roots = [service.root, *([workspace.root] if workspace is not None else [])]
    try:
        places = [(root / Path(text).expanduser()).resolve() for root in roots]
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"'{text[:80]}' cannot be a path") from error
    allowed = [place for place in places if any(place.is_relative_to(root) for root in roots)]
    if not allowed:
        raise UsageError(f"'{text[:200]}' is outside of the folder that this server shows")
    return next((place for place in allowed if _exists(place)), allowed[0])


def _names_file(operation: Operation, parameter: Parameter, value: str) -> bool:
    """Tell whether a text would be taken for the name of a file."""
    if parameter.points is not None:
        return _points_at_file(parameter.points.kind, value)
    source = parameter.choices.source if parameter.choices is not None else ""
    if source == "paths":
        return True
    if source == "secrets":
        return value.startswith("file:")
    # Without a workspace, an operation works on the folder that it is given.
    return not operation.workspace and not is_file_text(parameter)


def _points_at_file(kind: str | None, value: str) -> bool:
    head = value.partition(":")[0]
    if head in KINDS:
        # `model:/path` is a path, too.
        rest = value.partition(":")[2]
        return head == "model" and rest.startswith(("/", ".", "~"))
    if kind == "dataset":
        return "/" in value or value.lower().endswith(_TABLES) or value.startswith(("~", "."))
    return kind == "model" and is_external_model(value) and _exists(Path(value).expanduser())


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # longer than a path may be
        return False
