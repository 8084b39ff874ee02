"""What may be chosen for a parameter of a form."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from llmops_workbench.core import operations
from llmops_workbench.core.errors import LLMOpsError, UsageError
from llmops_workbench.faces.choices import choices
from llmops_workbench.faces.server.confine import confined
from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import Asked, route
from llmops_workbench.tracking.catalogue import Catalogue

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Parameter
    from llmops_workbench.core.workspace import Workspace

_MOST = 200
_MOST_HINTS = 1000


class Asking(Asked):
    """For which parameter.

    Attributes:
        prefix: What was typed so far; those that begin so come first, then those that hold it.
        arguments: What the other fields hold, as a JSON object.
    """

    operation: str = Field(max_length=100)
    parameter: str = Field(max_length=100)
    prefix: str = Field("", max_length=500)
    arguments: str = Field("{}", max_length=100_000)


@route("GET", "choices", query=Asking)
def list_choices(request: Request) -> list[dict[str, Any]]:
    """List what fits a parameter, given the other arguments."""
    asking: Asking = request.query
    operation = operations.get(asking.operation)
    parameter = operation.parameter(asking.parameter)
    workspace = None
    with contextlib.suppress(LLMOpsError):
        workspace = request.workspace
    given = confined(operation, _arguments(asking.arguments), request.service, workspace)
    known = choices(operation, parameter, workspace, given)
    typed = asking.prefix.casefold()
    fitting = [name for name in known if typed in name.casefold()]
    fitting.sort(key=lambda name: not name.casefold().startswith(typed))
    shown = fitting[:_MOST]
    hints = _hints(parameter, workspace) if shown else {}
    return [
        {"value": name, "label": name, "hint": hints.get(name.partition("@")[0], "")}
        for name in shown
    ]


def _hints(parameter: Parameter, workspace: Workspace | None) -> dict[str, str]:
    """Say beside a name how new and how large its newest version is."""
    kind = parameter.points.kind if parameter.points is not None else None
    if kind in (None, "run") or workspace is None:
        return {}
    items = Catalogue(workspace).items(kind, limit=_MOST_HINTS, newest=True)[0]
    hints = {}
    for item in items:
        rows = item["meta"].get("rows")
        size = f" · {rows:,} rows" if isinstance(rows, int) else ""
        hints[item["name"]] = f"@{item['version']}{size}"
    return hints


def _arguments(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"arguments are not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError("arguments must be a JSON object")
    return found
