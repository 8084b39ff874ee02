"""View objects that are kept open between questions: a few, and not for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_workbench.core import views

if TYPE_CHECKING:
    from llmops_workbench.core.views import View
    from llmops_workbench.core.workspace import Workspace

KEPT = 32
KEPT_SECONDS = 600.0

Key = tuple[str, str, str, str]


@dataclass
class _Kept:
    view: View
    used: float = field(default_factory=time.monotonic)


class OpenViews:
    """Views by name, subject, workspace and person; a page in a notebook has its own.

    One object answers one question at a time, because a cancelled question interrupts the
    connection that it works with; who asks meanwhile gets another object.
    """

    def __init__(self, kept: int = KEPT, seconds: float = KEPT_SECONDS) -> None:
        self._free: dict[Key, list[_Kept]] = {}
        self._limit, self._seconds = kept, seconds
        self._lock = threading.Lock()

    @contextmanager
    def use(
        self, name: str, subject: str, workspace: Workspace | None, held: object | None = None
    ) -> Iterator[View]:
        """Take an open view, or open one; it is kept for the next question afterwards.

        Args:
            name: The view's name.
            subject: What it shows.
            workspace: Where that is; None for an object of the kernel alone.
            held: Such an object, which is the same for the same subject.

        Raises:
            NotFoundError: There is no such view.
        """
        place = ("", "") if workspace is None else (str(workspace.root), workspace.user())
        key = (name, subject, *place)
        with self._lock:
            waiting = self._free.get(key)
            kept = waiting.pop() if waiting else None
        if kept is None or _stale(kept, workspace):
            kept = _Kept(views.get(name)(workspace, subject, held))
        try:
            yield kept.view
        finally:
            kept.used = time.monotonic()
            with self._lock:
                self._free.setdefault(key, []).append(kept)
            self.tidy()

    def tidy(self) -> None:
        """Close those that nobody has asked for a while, and the oldest of too many."""
        moment = time.monotonic()
        with self._lock:
            every = sorted(
                ((one.used, key, one) for key, free in self._free.items() for one in free),
                key=lambda entry: entry[0],
            )
            surplus = len(every) - self._limit
            gone = [
                (key, one)
                for place, (used, key, one) in enumerate(every)
                if place < surplus or moment - used > self._seconds
            ]
            for key, one in gone:
                self._free[key].remove(one)
                if not self._free[key]:
                    del self._free[key]
        for _, one in gone:
            one.view.close()

    def close(self) -> None:
        """Close all that nobody is using."""
        with self._lock:
            every = [one for free in self._free.values() for one in free]
            self._free.clear()
        for one in every:
            one.view.close()


def _stale(kept: _Kept, workspace: Workspace | None) -> bool:
    """Tell whether the workspace was opened anew since, with other settings."""
    known = kept.view.workspace
    if known is None or workspace is None or known.store is workspace.store:
        return False
    kept.view.close()
    return True
