"""The panel of a job that a cell waits for: shown while it runs, and handed on to its result."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import views

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.widgets.panel import Panel

_LOG = logging.getLogger(__name__)

# What ends sooner needs no panel, which would come and go.
SHORT_SECONDS = 1.5
# A page that cannot ask while the cell runs is told anew this often.
RENEW_SECONDS = 1.0

_VIEW = "job"
# The panel of the last job, until its result or another job takes its place.
_kept: list[tuple[Panel, str | None]] = []


class LiveJob:
    """Shows a job's panel once the job has run for a moment.

    Args:
        workspace: Where the job is.
        job: Its name.
        run_id: Its run.
        show: Puts a panel into the cell's display.
    """

    def __init__(
        self, workspace: Workspace, job: str, run_id: str | None, show: Callable[[Panel], None]
    ) -> None:
        self.panel: Panel | None = None
        self._workspace, self._job, self._run_id, self._show = workspace, job, run_id, show
        self._ended = threading.Event()
        _forget()
        # The display belongs to the cell that runs now, which this context knows.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._work,), daemon=True)
        self._thread.start()

    def close(self, *, stays: bool = False) -> None:
        """End.

        Args:
            stays: The panel stays where it is; else it waits for the job's result to be shown.
        """
        self._ended.set()
        self._thread.join()
        if self.panel is not None:
            self._try(self.panel.renew)
            if not stays:
                _kept.append((self.panel, self._run_id))

    def _work(self) -> None:
        if self._ended.wait(SHORT_SECONDS):
            return
        self._try(self._open)
        while self.panel is not None and not self._ended.wait(RENEW_SECONDS):
            self._try(self.panel.renew)

    def _open(self) -> None:
        from llmops_workbench.faces.widgets.panel import Panel

        self.panel = Panel(_VIEW, f"job:{self._job}", workspace=self._workspace)
        self._show(self.panel)

    def _try(self, work: Callable[[], Any]) -> None:
        """Do what must never disturb the job that the cell waits for."""
        try:
            work()
        except Exception:
            _LOG.warning("the panel of job '%s' cannot be shown", self._job, exc_info=True)


def follows(workspace: Workspace | None) -> bool:
    """Tell whether a job that starts now is to be shown as a panel."""
    from llmops_workbench.faces.widgets.showing import watched

    return workspace is not None and watched() and _VIEW in views.names()


def taken(view: str, run_id: str | None) -> Panel | None:
    """Hand over the panel that was shown while the job ran, if it is the one of this result."""
    if _kept and run_id is not None and view == _VIEW and _kept[0][1] == run_id:
        return _kept.pop()[0]
    return None


def _forget() -> None:
    """Close the panel of an earlier job that no result has taken."""
    while _kept:
        _kept.pop()[0].close()
