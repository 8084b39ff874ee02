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
    """Wants to know when something in a workspace has changed.

    Attributes:
        seen: The store's revision that it knows of.
    """

    seen: int

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
    pause, looks = threading.Event(), 0
    while True:
        news, revision = False, None
        try:
            with leave_outbox():
                # The first look has nothing to compare with but what each follower has seen.
                news = watch.look() is not None and looks > 0
                looks += 1
                revision = workspace.store.revision()
        except Exception:
            # A store that is away for a while must not end the watch: the next look will show.
            _LOG.debug("the workspace could not be looked at", exc_info=True)
        with _lock:
            listening = list(known)
            if not listening:
                _followers.pop(str(workspace.root), None)
                return
        for who in listening:
            _tell(who, news, revision)
        del listening, who
        pause.wait(LOOK_SECONDS)


def _tell(who: Follows, news: bool, revision: int | None) -> None:
    behind = revision is not None and revision != who.seen
    if revision is not None:
        who.seen = revision
    if news or behind:
        who.changed()
