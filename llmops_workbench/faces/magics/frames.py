"""Data frames in the kernel, given to a magic by the names of their variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import AmbiguousError, NotFoundError, not_found

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation
    from llmops_workbench.core.workspace import Workspace

_LIBRARIES = ("pandas", "polars", "pyarrow")
_CLASSES = ("DataFrame", "LazyFrame", "Table")


def is_frame(value: Any) -> bool:
    """Tell whether a value is a pandas, Polars or Arrow table, without importing any of them."""
    kind = type(value)
    return kind.__module__.partition(".")[0] in _LIBRARIES and kind.__name__ in _CLASSES


def frames(namespace: dict[str, Any]) -> list[str]:
    """Name the variables that hold a table; those with a leading underscore are IPython's."""
    return sorted(
        name for name, value in namespace.items() if not name.startswith("_") and is_frame(value)
    )


def with_frames(
    operation: Operation,
    arguments: dict[str, Any],
    namespace: dict[str, Any],
    workspace: Workspace | None,
) -> dict[str, Any]:
    """Put the table in the place of its variable's name, where a data set is asked for.

    The order is that of every face: an explicit `kind:`, an existing path with a suffix or a
    slash, a registered name, then a variable of the kernel.

    Raises:
        AmbiguousError: The name is a registered data set and a variable; both are named.
        NotFoundError: It is neither; the nearest of both is named.
    """
    found = dict(arguments)
    for parameter in operation.parameters:
        value = arguments.get(parameter.name)
        if parameter.points is None or parameter.points.kind != "dataset":
            continue
        if isinstance(value, list):
            found[parameter.name] = [_table(item, namespace, workspace) for item in value]
        elif value is not None:
            found[parameter.name] = _table(value, namespace, workspace)
    return found


def _table(text: Any, namespace: dict[str, Any], workspace: Workspace | None) -> Any:
    # A kind, a path, a suffix, a version: none of them is a variable's name.
    if not isinstance(text, str) or not text.isidentifier():
        return text
    held = is_frame(namespace.get(text))
    known = _registered(workspace)
    if held and text in known:
        raise AmbiguousError(
            f"'{text}' is a data set of the workspace and a variable of the kernel: write "
            f"'dataset:{text}' for the first, or rename the second"
        )
    if held:
        return namespace[text]
    if text not in known and workspace is not None and text in namespace:
        kind = type(namespace[text]).__name__
        raise NotFoundError(
            f"no dataset is called '{text}', and the variable of that name is a {kind}, not a table"
        )
    if text not in known and workspace is not None:
        raise not_found("dataset or table in the kernel", text, [*known, *frames(namespace)])
    return text


def _registered(workspace: Workspace | None) -> list[str]:
    if workspace is None:
        return []
    from llmops_workbench.tracking.catalogue import Catalogue

    return Catalogue(workspace).names("dataset")
