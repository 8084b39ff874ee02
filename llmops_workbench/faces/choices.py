"""What may be chosen for a parameter, asked of the workspace when somebody wants to know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.references import KINDS
from llmops_workbench.core.shapes import shape

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter
    from llmops_workbench.core.workspace import Workspace

_NEWEST_JOBS = 50


def choices(
    operation: Operation,
    parameter: Parameter,
    workspace: Workspace | None,
    given: dict[str, Any] | None = None,
) -> list[str]:
    """List what fits a parameter.

    Args:
        operation: The verb.
        parameter: One of its parameters.
        workspace: Where names are looked up; without one, only fixed choices are known.
        given: What other parameters hold, for columns of the data set that one names.

    Returns:
        Names, in the order in which they should be offered; empty when anything may stand there.
    """
    options = shape(parameter.annotation).options
    if options:
        return list(options)
    if parameter.points is not None:
        return names(parameter.points.kind, workspace)
    if parameter.choices is None:
        return []
    if parameter.choices.source == "columns":
        return columns(operation, parameter, workspace, given or {})
    if parameter.choices.source in ("references", "aliases", "jobs"):
        return known(parameter.choices.source, workspace)
    return listed(parameter.choices.source)


def known(source: str, workspace: Workspace | None) -> list[str]:
    """List what a workspace holds: references of any kind, models by alias, or the newest jobs."""
    if workspace is None:
        return []
    if source == "references":
        return names(None, workspace)
    if source == "aliases":
        return [name for name in names("model", workspace) if "@" in name]
    from llmops_workbench.tracking.catalogue import Catalogue

    return [str(row["job"]) for row in Catalogue(workspace).jobs(limit=_NEWEST_JOBS)[0]]


def listed(source: str) -> list[str]:
    """List the names of a registry: metrics, and others that a type's mark may name."""
    if source == "metrics":
        from llmops_workbench.scoring.metric import METRICS

        return METRICS.names()
    if source == "verbs":
        from llmops_workbench.core.operations import index

        return sorted(index())
    if source == "kinds":
        return [f"{kind}s" for kind in KINDS]
    if source == "settings":
        from llmops_workbench.core.settings import SETTINGS

        return list(SETTINGS)
    return []


def names(kind: str | None, workspace: Workspace | None) -> list[str]:
    """List the registered names of a kind, each also with its aliases as `name@alias`."""
    if workspace is None:
        return []
    from llmops_workbench.tracking.catalogue import Catalogue

    catalogue = Catalogue(workspace)
    found = []
    for each in [kind] if kind else [known for known in KINDS if known != "run"]:
        prefix = "" if kind else f"{each}:"
        for name in catalogue.names(each):
            if not name:
                continue
            found.append(prefix + name)
            found += [f"{prefix}{name}@{alias}" for alias in catalogue.aliases(each, name)]
    return found


def columns(
    operation: Operation, parameter: Parameter, workspace: Workspace | None, given: dict[str, Any]
) -> list[str]:
    """List the columns of the data set that another parameter names, a file's or a version's."""
    if workspace is None or parameter.choices is None:
        return []
    source = parameter.choices.of or _dataset_parameter(operation)
    value = given.get(source) if source else None
    if not isinstance(value, str) or not value:
        return []
    path = Path(value).expanduser()
    if path.suffix in (".csv", ".tsv") and path.is_file():
        return _header(path)
    from llmops_workbench.core.references import parse
    from llmops_workbench.tracking.catalogue import Catalogue

    try:
        with context.activate(workspace):
            meta = Catalogue(workspace).get(parse(value, "dataset")).meta
    except LLMOpsError:
        return []  # what is being typed need not name anything yet
    return column_names(meta)


def column_names(meta: dict[str, Any]) -> list[str]:
    """Read the column names out of a data set version's facts."""
    found = meta.get("columns") or []
    if isinstance(found, dict):
        return [str(name) for name in found]
    return [str(item["name"] if isinstance(item, dict) else item) for item in found]


def _dataset_parameter(operation: Operation) -> str | None:
    for parameter in operation.parameters:
        if parameter.points is not None and parameter.points.kind == "dataset":
            return parameter.name
    return None


def _header(path: Path) -> list[str]:
    import csv

    delimiter = "\t" if path.suffix == ".tsv" else ","
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        return next(csv.reader(stream, delimiter=delimiter), [])
