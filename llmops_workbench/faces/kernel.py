"""What Python and the magic share: progress in a notebook, and a wait that can be left."""

from __future__ import annotations

import html
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.events import Event, Listener
from llmops_workbench.core.secrets import redact
from llmops_workbench.faces.listeners import ShellListener, duration, progress_text, shell_listener

if TYPE_CHECKING:
    from llmops_workbench.core.results import Result
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.widgets.live import LiveJob
    from llmops_workbench.faces.widgets.panel import Panel

# A browser redraws a display for each update, and a saved notebook keeps the last one alone.
UPDATE_SECONDS = 0.3
# Work that is done sooner leaves no line behind.
_SHORT_SECONDS = 1.0


class NotebookListener:
    """Shows progress in one display that is updated in place; warnings stay.

    Where a front end draws panels, a job that runs for a moment is shown as its panel.

    Args:
        workspace: Where the call works; None when nobody knows.

    Attributes:
        job: The job that was started, once it was.
    """

    def __init__(self, workspace: Workspace | None = None) -> None:
        self.job: str | None = None
        self._workspace = workspace
        self._live: LiveJob | None = None
        self._handle: Any = None
        self._told = 0.0
        self._begun = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Show one event, if it is for a person."""
        if event.kind == "job":
            self.job = str(event.data["job"])
            self._follow(event.data.get("run_id"))
        elif event.kind == "progress":
            self._progress(event)
        elif event.kind in ("warning", "log"):
            text = str(event.data.get("message", ""))
            line = f"warning: {text}" if event.kind == "warning" else text
            sys.stderr.write(redact(line) + "\n")

    def close(self, *, failed: bool = False) -> None:
        """Leave one quiet line behind, or nothing after short work.

        Args:
            failed: The call has no result: then the panel of its job stays, which says why.
        """
        if self._live is not None:
            shown = self._live.panel is not None
            self._live.close(stays=failed)
            self._live = None
            if failed and shown:
                return
        if self._handle is None:
            return
        elapsed = time.monotonic() - self._begun
        text = f"done in {duration(elapsed)}" if elapsed >= _SHORT_SECONDS else ""
        self._show(text, text)
        self._handle = None

    def _follow(self, run_id: str | None) -> None:
        from llmops_workbench.faces.widgets import live

        if self.job is not None and self._workspace is not None and live.follows(self._workspace):
            self._live = live.LiveJob(self._workspace, self.job, run_id, self._show_panel)

    def _show_panel(self, panel: Panel) -> None:
        from llmops_workbench.faces.widgets.showing import bundle

        self._put(bundle(panel))

    def _progress(self, event: Event) -> None:
        if self._live is not None and self._live.panel is not None:
            return  # it shows more
        done, total = event.data.get("done"), event.data.get("total")
        moment = time.monotonic()
        if moment - self._told < UPDATE_SECONDS and done != total:
            return
        self._told = moment
        text = redact(progress_text(event))
        bar = f"<progress value='{done}' max='{total}'></progress> " if total else ""
        self._show(text, f"{bar}<span>{html.escape(text)}</span>")

    def _show(self, text: str, markup: str) -> None:
        self._put({"text/plain": text, "text/html": markup})

    def _put(self, data: dict[str, Any]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(data, raw=True)


def call(
    name: str,
    arguments: dict[str, Any],
    *,
    workspace: Workspace | Path | str | None,
    detach: bool = False,
    flags: dict[str, Any] | None = None,
    quiet: bool = False,
) -> Result:
    """Call an operation from a kernel or a script.

    An interrupt while it waits for a job leaves the job running, and prints the line that comes
    back to it.

    Raises:
        LLMOpsError: Something is wrong with the call, or the work failed.
        KeyboardInterrupt: It was interrupted.
    """
    from llmops_workbench.execution.invoke import invoke

    if context.current().operation:
        # An operation that calls another is heard by the listener of its own call.
        return invoke(name, arguments, workspace=workspace, detach=detach, flags=flags)
    listener = listener_here(quiet, workspace)
    failed = True
    try:
        result = invoke(
            name, arguments, workspace=workspace, listener=listener, detach=detach, flags=flags
        )
        _let_show(result, workspace)
        failed = False
        return result
    except KeyboardInterrupt:
        job = getattr(listener, "job", None)
        if job is not None:
            sys.stderr.write(f"job {job} goes on by itself; come back to it: {reattach(job)}\n")
        raise
    finally:
        if isinstance(listener, NotebookListener):
            listener.close(failed=failed)
        elif isinstance(listener, ShellListener):
            listener.close()


def reattach(job: str) -> str:
    """Write the line that shows a job that goes on by itself."""
    return f"{'%' if in_notebook() else ''}llmops logs {job} --follow"


def _let_show(result: Result, workspace: Workspace | Path | str | None) -> None:
    """Let a notebook show the result as its panel, also where no extension was loaded."""
    if in_notebook():
        from llmops_workbench.faces.widgets import homes, showing

        showing.install()
        homes.remember(result, workspace)


def listener_here(quiet: bool, workspace: Workspace | Path | str | None = None) -> Listener:
    """Give the listener that fits where this process writes to."""
    if quiet or os.environ.get("LLMOPS_STEP") == "1":
        return shell_listener(quiet)
    if in_notebook():
        from llmops_workbench.faces.widgets import homes

        return NotebookListener(homes.find(workspace))
    return shell_listener(not sys.stderr.isatty())


def in_notebook() -> bool:
    """Tell whether this is a kernel whose front end updates displays."""
    return hasattr(shell_here(), "kernel")


def shell_here() -> Any:
    """Give the IPython shell that this process is; None elsewhere, and nothing is imported."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def kernel_here() -> Any:
    """Give the kernel that this process is; None elsewhere."""
    return getattr(shell_here(), "kernel", None)
