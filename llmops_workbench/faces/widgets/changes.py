"""Looks whether a workspace has changed, for the panels that have no server to tell them."""

from __future__ import annotations

import logging
import threading
import weakref
from typing import TYPE_CHECKING, Protocol

from llmops_workbench.core.context import leave_outbox

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

_LOG = logging.getLogger(__name__)

# Two people should see each other's changes within two seconds.
LOOK_SECONDS = 1.0


class Follows(Protocol):
    """Wants to know when something in a workspace has changed."""

    def changed(self) -> None:
        """Something has."""


_followers: dict[str, weakref.WeakSet[Follows]] = {}
_lock = threading.Lock()


def follow(workspace: Workspace, who: Follows) -> None:
    """Call `who.changed()` after each change, while it lives; one thread looks for all."""
    key = str(workspace.root)
    with _lock:
        known = _followers.get(key)
        if known is None:
            known = _followers[key] = weakref.WeakSet()
            given = (workspace, known)
            threading.Thread(target=_watch, args=given, name="llmops-changes", daemon=True).start()
        known.add(who)


def _watch(workspace: Workspace, known: weakref.WeakSet[Follows]) -> None:
    from llmops_workbench.faces.server.changes import Watch
    from llmops_workbench.faces.server.service import Service

    watch = Watch(Service(workspace.root, "."), lambda told: None, LOOK_SECONDS)
    pause = threading.Event()
    first = True
    while True:
        told = None
        try:
            with leave_outbox():
                told = watch.look()
        except Exception:
            # A store that is away for a while must not end the watch: the next look will show.
            _LOG.debug("the workspace could not be looked at", exc_info=True)
        with _lock:
            listening = list(known)
            if not listening:
                _followers.pop(str(workspace.root), None)
                return
        if told is not None and not first:
            for who in listening:
                who.changed()
        first = False
        del listening
        pause.wait(LOOK_SECONDS)
