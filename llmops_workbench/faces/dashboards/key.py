"""The key of the dashboard: who has it is let in, and nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import secrets as random_secrets
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core import context, secrets
from llmops_workbench.core.errors import WorkspaceError

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

_BYTES = 24
FILE = "dashboard.key"


def key_of(workspace: Workspace) -> str:
    """Give the key of a workspace's dashboard, and make it the first time.

    It stays the same, so that a link which somebody was given works after a restart; removing the
    file makes a new one.

    Raises:
        WorkspaceError: It cannot be kept.
        UntrustedError: Others can read its file.
    """
    path = workspace.path("secrets", FILE)
    path.parent.chmod(0o700)
    if not path.exists():
        _make(path)
    with context.activate(workspace):
        return secrets.resolve(f"file:{path.relative_to(workspace.root).as_posix()}")


def _make(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{random_secrets.token_hex(4)}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_text(f"{random_secrets.token_urlsafe(_BYTES)}\n", encoding="utf-8")
        # A link fails when somebody else was faster; then that key is used.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
    except OSError as error:
        raise WorkspaceError(f"the key cannot be kept in '{path}': {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)


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
