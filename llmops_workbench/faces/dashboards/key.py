"""The key of the dashboard: who has it is let in, and nobody else."""

from __future__ import annotations

import hashlib
from hmac import compare_digest
from typing import TYPE_CHECKING

from llmops_workbench.core import context, secrets

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

FILE = "dashboard.key"


def key_of(workspace: Workspace) -> str:
    """Give the key of a workspace's dashboard, and make it the first time.

    It stays the same, so that a link which somebody was given works after a restart; removing the
    file makes a new one.

    Raises:
        WorkspaceError: It cannot be kept.
        UntrustedError: Others can read its file.
    """
    with context.activate(workspace):
        return secrets.resolve(secrets.generate(FILE))


class Lock:
    """Tells who is let in.

    Args:
        key: The key.
        port: Of the server: browsers send a cookie to every port of a host.
    """

    def __init__(self, key: str, port: int) -> None:
        self._key = key
        self.cookie = f"llmops-dashboard-{port}"
        # The key itself is handed to no browser's store.
        self.pass_ = hashlib.sha256(f"dashboard {port} {key}".encode()).hexdigest()

    def opens(self, key: str) -> bool:
        """Tell whether this is the key."""
        return compare_digest(key.encode(), self._key.encode())

    def knows(self, cookie: str | None, authorization: str | None) -> bool:
        """Tell whether a request comes from somebody who has shown the key."""
        if cookie is not None and compare_digest(cookie.encode(), self.pass_.encode()):
            return True
        scheme, _, given = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self.opens(given.strip())
