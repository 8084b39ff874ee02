"""When a result is shown as a panel, and what a saved notebook keeps of it."""

from __future__ import annotations

import html
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context, views
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.results import Result
from llmops_workbench.faces.kernel import kernel_here, shell_here
from llmops_workbench.faces.widgets import module

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.widgets.panel import Panel

_LOG = logging.getLogger(__name__)

_MIME = "application/vnd.jupyter.widget-view+json"
# A table of the facts is all that such a result needs.
_PLAIN = "record"


def watched() -> bool:
    """Tell whether a front end that can draw panels shows the cell that runs now.

    Front ends name the cell in their request, and those that run a notebook from its first to its
    last cell, such as nbclient and papermill, do not.
    """
    if os.environ.get("LLMOPS_STEP") == "1" or not module.is_built():
        return False
    kernel = kernel_here()
    if kernel is None:
        return False
    request = kernel.get_parent("shell")
    return bool(request.get("metadata", {}).get("cellId")) or "google.colab" in sys.modules


def install() -> None:
    """Let the notebook's display show results as panels; done once, and costs no import."""
    formatter = getattr(shell_here(), "display_formatter", None)
    if formatter is not None:
        formatter.mimebundle_formatter.for_type_by_name(
            Result.__module__, Result.__name__, result_bundle
        )


def result_bundle(result: Result) -> dict[str, Any]:
    """Give what a notebook shows of a result; empty where its plain table is all there is.

    A panel that cannot be shown is said, and never makes a cell fail.
    """
    from llmops_workbench.faces.widgets.homes import home_of

    try:
        if result.view == _PLAIN or result.view not in views.names():
            return {}
        return _result_bundle(result, home_of(result))
    except Exception as error:
        _LOG.debug("no panel of %s", type(result).__name__, exc_info=True)
        if not isinstance(error, LLMOpsError):
            sys.stderr.write(f"warning: the panel '{result.view}' cannot be shown: {error}\n")
        return {}


def _result_bundle(result: Result, workspace: Workspace | None) -> dict[str, Any]:
    from llmops_workbench.faces.widgets import live

    view, subject = what_shows(result, workspace)
    held = None if subject else result
    if not watched():
        still = views.get(view)(workspace, subject or "kernel:result", held)
        with context.activate(workspace):
            return {"text/html": still.static_html()}
    from llmops_workbench.faces.widgets.panel import Panel

    panel = live.taken(view, result.run_id) or Panel(view, subject, workspace=workspace, held=held)
    found = bundle(panel)
    del found["text/plain"]  # the result has a better one
    return found


def what_shows(result: Result, workspace: Workspace | None) -> tuple[str, str]:
    """Give the view of a result, and the subject; that is empty for what the kernel alone holds."""
    from llmops_workbench.faces.server.opening import opening
    from llmops_workbench.faces.server.resources.views import kinds

    ref = getattr(result, "ref", None)
    if result.view == "object" and workspace is not None and ref:
        found = opening(workspace, ref, kinds())
        return found["view"], found["subject"]
    subjects = [f"run:{result.run_id}"] if result.run_id else []
    subjects += [ref] if isinstance(ref, str) and ref else []
    opens = views.get(result.view).opens
    fitting = [subject for subject in subjects if views.kind_of(subject) in opens]
    return result.view, (fitting or subjects or [""])[0]


def bundle(panel: Panel) -> dict[str, Any]:
    """Give the forms of a panel: alive, as HTML without scripts, and as words."""
    words = f"panel '{panel.view}' of '{panel.subject or 'the workspace'}'"
    found: dict[str, Any] = {"text/plain": words, "text/html": f"<p>{html.escape(words)}</p>"}
    try:
        found["text/html"] = panel.static_html()
    except NotImplementedError:
        _LOG.debug("the view '%s' has no static form", panel.view)
    except Exception as error:
        sys.stderr.write(f"warning: the panel '{panel.view}' has no static form: {error}\n")
    if watched():
        found[_MIME] = {
            "version_major": 2,
            "version_minor": 0,
            "model_id": panel.model_id,
        }
    return found
