"""Keeps what a request names as a file inside the folder that the server shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.references import EXTERNAL_PREFIXES, KINDS, is_external_model
from llmops_workbench.core.shapes import is_file_text
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.pipelines.files import LONGEST_PATH, read_text_file

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter
    from llmops_workbench.faces.server.service import Service

_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather")
# A text that begins so, and holds no space, may be meant as a place outside.
_OUTWARD = ("/", "~", "..", "./")


def confined(
    operation: Operation, arguments: dict[str, Any], service: Service, workspace: Workspace | None
) -> dict[str, Any]:
    """Give arguments in which each file is named by its whole path, inside the server's root.

    The text of a file stands for its path where an operation takes either.

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


def whole(text: str, service: Service, workspace: Workspace | None) -> Path:
    """Give the whole path of a file that is named from the server's root or the workspace.

    Raises:
        UsageError: It leads out of both.
    """
    roots = _roots(service, workspace)
    try:
        places = [(root / Path(text).expanduser()).resolve() for root in roots]
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"'{text[:80]}' cannot be a path") from error
    return _allowed(next(filter(_exists, places), places[0]), text, roots)


def _allowed(place: Path, text: str, roots: list[Path]) -> Path:
    if any(place.is_relative_to(root) for root in roots):
        return place
    raise UsageError(f"'{text[:200]}' is outside of the folder that this server shows")


def _one(
    operation: Operation,
    parameter: Parameter,
    value: Any,
    service: Service,
    workspace: Workspace | None,
) -> Any:
    if not isinstance(value, str) or not value:
        return value
    source = parameter.choices.source if parameter.choices is not None else ""
    if source == "secrets":
        if not value.startswith("file:"):
            return value
        return f"file:{whole(value.removeprefix('file:'), service, workspace)}"
    if is_file_text(parameter):
        return _text(value, service, workspace)
    if parameter.points is not None and parameter.points.kind == "model":
        return _model(value, service, workspace)
    names_file = (
        source == "paths"
        # Without a workspace, an operation works on the folder that it is given.
        or not operation.workspace
        or (parameter.points is not None and _is_table(parameter.points.kind, value))
    )
    if names_file:
        return str(whole(value, service, workspace))
    _check_outward(value, service, workspace)
    return value


def _text(value: str, service: Service, workspace: Workspace | None) -> str:
    if "\n" in value or len(value) > LONGEST_PATH:
        return value
    _check_outward(value, service, workspace)
    for root in _roots(service, workspace):
        place = root / value
        if _is_file(place):
            return read_text_file(str(whole(value, service, workspace)))
    return value


def _model(value: str, service: Service, workspace: Workspace | None) -> str:
    head, colon, rest = value.partition(":")
    text = rest if colon and head in KINDS else value
    if text.startswith(EXTERNAL_PREFIXES) or not is_external_model(text):
        return value
    _check_outward(text, service, workspace)
    if any(_exists(root / text) for root in _roots(service, workspace)):
        return str(whole(text, service, workspace))
    return value  # what a hub knows


def _is_table(kind: str | None, value: str) -> bool:
    if kind != "dataset" or value.partition(":")[0] in KINDS:
        return False
    return "/" in value or value.lower().endswith(_TABLES) or value.startswith(("~", "."))


def _check_outward(value: str, service: Service, workspace: Workspace | None) -> None:
    """Refuse a text that is the name of a place outside, whatever it is given for."""
    if not value.startswith(_OUTWARD) or len(value) > LONGEST_PATH or value.split() != [value]:
        return
    roots = _roots(service, workspace)
    try:
        # It is handed on as it stands, to a job that stands in the workspace.
        place = (roots[-1] / Path(value).expanduser()).resolve()
    except (OSError, RuntimeError):  # of nobody's home, or no path at all
        return
    if _exists(place) or _exists(place.parent):
        _allowed(place, value, roots)


def _roots(service: Service, workspace: Workspace | None) -> list[Path]:
    return [service.root, *([workspace.root] if workspace is not None else [])]


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except (OSError, ValueError):  # longer than a path may be
        return False


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except (OSError, ValueError):
        return False
