"""The Python face: each verb as a function with the operation's own signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.errors import UsageError, nearest
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.pipelines.files import with_files

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation
    from llmops_workbench.core.results import Result

_opened: Workspace | None = None


def open_workspace(folder: Path | str | None = None) -> Workspace:
    """Open a workspace, which the verbs of this process use from then on.

    Args:
        folder: Where it is; found upward from the current folder when left out.

    Returns:
        The open workspace.

    Raises:
        WorkspaceError: There is none.
    """
    global _opened  # noqa: PLW0603 - one process works in one workspace at a time
    if folder is None and _opened is not None:
        return _opened
    _opened = Workspace.find(folder)
    return _opened


def opened() -> Workspace | None:
    """Give the workspace that `open_workspace` opened, or None."""
    return _opened


def verb(name: str) -> Callable[..., Result]:
    """Give a verb as a function.

    Raises:
        AttributeError: There is no such verb; the nearest is named.
    """
    known = operations.index()
    if name not in known:
        near = nearest(name, known)
        hint = f"; did you mean '{near}'?" if near else ""
        raise AttributeError(f"llmops_workbench has no verb '{name}'{hint}")
    return _function(operations.get(name))


def _function(operation: Operation) -> Callable[..., Result]:
    signature = inspect.signature(operation.function)

    def call(
        *args: Any, detach: bool = False, workspace: Workspace | Path | str | None = None, **kw: Any
    ) -> Result:
        from llmops_workbench.faces.kernel import call as call_operation

        for given in kw:
            operation.parameter(given)
        try:
            bound = signature.bind_partial(*args, **kw)
        except TypeError as error:
            raise UsageError(f"{operation.name}: {error}") from error
        return call_operation(
            operation.name,
            with_files(operation, bound.arguments),
            workspace=workspace or _opened,
            detach=detach,
        )

    call.__name__ = call.__qualname__ = operation.name
    call.__doc__ = operation.function.__doc__
    call.__module__ = "llmops_workbench"
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call
