"""Connections to providers of models: where one is, and the name of the secret that opens it.

They stand in the store beside the workspace's other facts. A secret's value is never in them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError, not_found

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

_PREFIX = "connection:"
_NAME = re.compile(r"[A-Za-z0-9][\w.\-]{0,63}\Z", re.ASCII)


def every(workspace: Workspace) -> list[dict[str, Any]]:
    """List the connections by name."""
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import meta

    query = select(meta.c.key, meta.c.value).where(meta.c.key.startswith(_PREFIX, autoescape=True))
    with workspace.store.read() as connection:
        rows = connection.execute(query.order_by(meta.c.key)).all()
    return [{"name": row.key.removeprefix(_PREFIX), **row.value} for row in rows]


def get(workspace: Workspace, name: str) -> dict[str, Any]:
    """Give one connection.

    Raises:
        NotFoundError: There is none of that name; the nearest is named.
    """
    known = {found["name"]: found for found in every(workspace)}
    if name not in known:
        raise not_found("connection", name, known)
    return known[name]


def put(workspace: Workspace, name: str, facts: dict[str, Any]) -> None:
    """Keep a connection, in place of the one that had its name.

    Args:
        workspace: Where.
        name: What people call it.
        facts: `url`, `secret` (its name), `cap_usd`, `models`.

    Raises:
        UsageError: It cannot be a name.
    """
    from llmops_workbench.core.store.tables import meta

    if not _NAME.match(name):
        raise UsageError(f"'{name[:80]}' cannot name a connection: use letters, digits, . _ and -")
    key = _PREFIX + name
    with workspace.store.write() as connection:
        changed = connection.execute(meta.update().where(meta.c.key == key).values(value=facts))
        if changed.rowcount == 0:
            connection.execute(meta.insert().values(key=key, value=facts))


def remove(workspace: Workspace, name: str) -> None:
    """Take a connection away.

    Raises:
        NotFoundError: There is none of that name.
    """
    from llmops_workbench.core.store.tables import meta

    get(workspace, name)
    with workspace.store.write() as connection:
        connection.execute(meta.delete().where(meta.c.key == _PREFIX + name))
