"""`lw.panel(…)`: the panel of anything, in a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.results import Result
from llmops_workbench.faces.widgets import homes

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.widgets.panel import Panel


def panel(
    thing: Any = "",
    view: str | None = None,
    *,
    workspace: Workspace | Path | str | None = None,
    state: dict[str, Any] | None = None,
) -> Panel:
    """Show the panel of a thing: the last line of a cell, or a part of a layout of widgets.

    Args:
        thing: A reference such as `dataset:reviews@3`, `run:ID` or `job:NAME`; a result; or a data
            frame of the kernel, which is shown as it is, without being registered.
        view: Which view; found by what the thing is when left out.
        workspace: Where a reference is looked up; found as for every verb when left out.
        state: What its page should begin with.

    Returns:
        The widget.

    Raises:
        NotFoundError: The reference names nothing, or there is no such view.
        WorkspaceError: A reference was given, and no workspace is open.
    """
    from llmops_workbench.faces.magics.frames import is_frame
    from llmops_workbench.faces.server.opening import opening
    from llmops_workbench.faces.server.resources.views import kinds
    from llmops_workbench.faces.widgets.panel import Panel
    from llmops_workbench.faces.widgets.showing import what_shows

    if isinstance(thing, Result):
        home = homes.home_of(thing)
        found, subject = what_shows(thing, home)
        held = None if subject else thing
        return Panel(view or found, subject, workspace=home, held=held, state=state)
    opened = homes.find(workspace)
    if is_frame(thing):
        fitting = [kind.name for kind in kinds() if "dataset" in kind.opens]
        if view is None and not fitting:
            raise UsageError("no view shows a data frame: name one with view=")
        return Panel(view or fitting[0], workspace=opened, held=thing, state=state)
    if not isinstance(thing, str):
        raise UsageError(
            f"a {type(thing).__name__} has no panel: give a reference, a result or a data frame"
        )
    opened = context.needed(opened)
    if not thing and view is not None:
        return Panel(view, workspace=opened, state=state)
    told = opening(opened, thing, kinds())
    return Panel(view or told["view"], told["subject"], workspace=opened, state=state)
