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

# A browser redraws a display for each update, and a saved notebook keeps the last one alone.
UPDATE_SECONDS = 0.3
# Work that is done sooner leaves no line behind.
_SHORT_SECONDS = 1.0


class NotebookListener:
    """Shows progress in one display that is updated in place; warnings stay.

    Attributes:
        job: The job that was started, once it was.
    """

    def __init__(self) -> None:
        self.job: str | None = None
        self._handle: Any = None
        self._told = 0.0
        self._begun = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Show one event, if it is for a person."""
        if event.kind == "job":
            self.job = str(event.data["job"])
        elif event.kind == "progress":
            self._progress(event)
        elif event.kind in ("warning", "log"):
            text = str(event.data.get("message", ""))
            line = f"warning: {text}" if event.kind == "warning" else text
            sys.stderr.write(redact(line) + "\n")

    def close(self) -> None:
        """Leave one quiet line behind, or nothing after short work."""
        if self._handle is None:
            return
        elapsed = time.monotonic() - self._begun
        text = f"done in {duration(elapsed)}" if elapsed >= _SHORT_SECONDS else ""
        self._show(text, text)
        self._handle = None

    def _progress(self, event: Event) -> None:
        done, total = event.data.get("done"), event.data.get("total")
        moment = time.monotonic()
        if moment - self._told < UPDATE_SECONDS and done != total:
            return
        self._told = moment
        text = redact(progress_text(event))
        bar = f"<progress value='{done}' max='{total}'></progress> " if total else ""
        self._show(text, f"{bar}<span>{html.escape(text)}</span>")

    def _show(self, text: str, markup: str) -> None:
        from IPython.display import display

        data = {"text/plain": text, "text/html": markup}
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
    listener = listener_here(quiet)
    try:
        return invoke(
            name, arguments, workspace=workspace, listener=listener, detach=detach, flags=flags
        )
    except KeyboardInterrupt:
        job = getattr(listener, "job", None)
        if job is not None:
            sys.stderr.write(f"job {job} goes on by itself; come back to it: {reattach(job)}\n")
        raise
    finally:
        if isinstance(listener, ShellListener | NotebookListener):
            listener.close()


def reattach(job: str) -> str:
    """Write the line that shows a job that goes on by itself."""
    return f"{'%' if in_notebook() else ''}llmops logs {job} --follow"


def listener_here(quiet: bool) -> Listener:
    """Give the listener that fits where this process writes to."""
    if quiet or os.environ.get("LLMOPS_STEP") == "1":
        return shell_listener(quiet)
    if in_notebook():
        return NotebookListener()
    return shell_listener(not sys.stderr.isatty())


def in_notebook() -> bool:
    """Tell whether this is a kernel whose front end updates displays."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return shell is not None and hasattr(shell, "kernel")
