"""What a server holds for all requests: its root, the open workspace, threads and views."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import TypeVar

from llmops_workbench.core.context import leave_outbox
from llmops_workbench.core.errors import LLMOpsError, UsageError, WorkspaceError
from llmops_workbench.core.workspace import ENVIRONMENT, FILE, Workspace
from llmops_workbench.faces.server.open_views import OpenViews
from llmops_workbench.faces.server.questions import Questions

T = TypeVar("T")

QUICK_THREADS = 8
SLOW_THREADS = 8


class Service:
    """What the routes share.

    Attributes:
        heard: How often a running job was found to have told something.

    Args:
        root: The folder that the server shows; nothing outside it is read by a request.
        folder: The workspace's folder, seen from the root; found when left out.
        python_of: Gives the interpreter of a kernelspec.
    """

    def __init__(
        self,
        root: Path | str,
        folder: str = "",
        python_of: Callable[[str], str] | None = None,
    ) -> None:
        self.root = Path(root).expanduser().resolve()
        self.folder = folder
        self.python_of = python_of
        self.views = OpenViews()
        self.questions = Questions()
        self.heard = 0
        self._opened: tuple[Workspace, int] | None = None
        self._lock = threading.Lock()
        self._quick = ThreadPoolExecutor(QUICK_THREADS, "llmops-quick")
        self._slow = ThreadPoolExecutor(SLOW_THREADS, "llmops-slow")

    def submit(self, work: Callable[[], T], *, slow: bool = False) -> Future[T]:
        """Do work in a thread, in which no run is brought to MLflow."""

        def whole() -> T:
            with leave_outbox():
                return work()

        pool = self._slow if slow else self._quick
        return pool.submit(copy_context().run, whole)

    def workspace(self) -> Workspace:
        """Give the open workspace; it is opened again when its settings have changed.

        Raises:
            WorkspaceError: There is none, or it cannot be opened.
        """
        place = self.place()
        if place is None:
            raise WorkspaceError(
                "no workspace is open here: make one of a folder, or run 'llmops init' in it"
            )
        changed = (place / FILE).stat().st_mtime_ns
        with self._lock:
            if self._opened is not None:
                known, seen = self._opened
                if known.root == place and seen == changed:
                    return known
            opened = Workspace(place)
            self._opened = (opened, changed)
            return opened

    def open_here(self, folder: str) -> Workspace:
        """Make a workspace of a folder below the root, and work in it from now on.

        Raises:
            UsageError: It is not below the root.
            WorkspaceError: It cannot be written.
        """
        place = self.inside(folder)
        made = Workspace.init(place)
        self.folder = place.relative_to(self.root).as_posix()
        return made

    def place(self) -> Path | None:
        """Find the workspace's folder: as set, at the root or above, or the only one in it."""
        if self.folder:
            chosen = self.inside(self.folder)
            return chosen if (chosen / FILE).is_file() else None
        given = os.environ.get(ENVIRONMENT)
        if given and (Path(given) / FILE).is_file():
            return Path(given).resolve()
        for here in (self.root, *self.root.parents):
            if (here / FILE).is_file():
                return here
        below = [path.parent for path in self.root.glob(f"*/{FILE}")]
        return below[0].resolve() if len(below) == 1 else None

    def inside(self, path: str) -> Path:
        """Give the place of a path seen from the root.

        Raises:
            UsageError: It leads out of the root.
        """
        place = (self.root / path).resolve()
        if not place.is_relative_to(self.root):
            raise UsageError(f"'{path}' is outside of the folder that this server shows")
        return place

    def problem(self) -> str:
        """Say why no workspace is open; empty when one is, or when there is none at all."""
        if self.place() is None:
            return ""
        try:
            self.workspace().store.revision()
        except LLMOpsError as error:
            return error.message
        return ""

    def close(self) -> None:
        """Let go of everything; jobs go on."""
        self.questions.cancel_all()
        self.views.close()
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)
        if self._opened is not None:
            self._opened[0].store.close()
