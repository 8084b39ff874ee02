"""Taking over what MLflow's own clients changed: runs, versions, aliases, tags, deletions.

The store is the truth for what the workbench wrote and has not sent yet; for the rest MLflow is.
Nothing is read, and MLflow is not even imported, when its database is as it was.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from llmops_workbench.core.store import tables
from llmops_workbench.core.store.plain import plain
from llmops_workbench.tracking.mlflow_server import connect, database, is_embedded, lock

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

_SIGNATURE = "mlflow.signature"


@dataclass(frozen=True)
class Reconciled:
    """How many changes came from MLflow into the catalogue.

    Attributes:
        runs: Runs that are new, ended, renamed, tagged, deleted or restored.
        versions: Model and prompt versions that are new, tagged or deleted.
        aliases: Aliases that were set, moved or taken away.
    """

    runs: int = 0
    versions: int = 0
    aliases: int = 0


def reconcile(workspace: Workspace) -> Reconciled:
    """Bring what MLflow's own clients changed into the catalogue.

    Args:
        workspace: An open workspace.

    Raises:
        StorageError: MLflow cannot be reached.
    """
    if not is_due(workspace):
        return Reconciled()
    from llmops_workbench.tracking import reconcile_registry, reconcile_runs

    # The outbox's lock: a projection that runs meanwhile would look like somebody else's change.
    with lock(workspace, "outbox"):
        tracking = connect(workspace)
        # Before reading: what changes while we read is then seen the next time.
        signature = _settled_signature(workspace)
        runs = reconcile_runs.take_over(tracking)
        versions, aliases = reconcile_registry.take_over(tracking)
    if signature is not None:
        _keep_signature(workspace, signature)
    return Reconciled(runs, versions, aliases)


def is_due(workspace: Workspace) -> bool:
    """Tell whether MLflow's side may have changed; of a server nobody can tell, so it may have."""
    if not is_embedded(workspace):
        return True
    if not database(workspace).exists():
        return False
    return bool(_signature(workspace) != _last_signature(workspace))


def _settled_signature(workspace: Workspace) -> list[Any] | None:
    """Give the signature with the log moved into the database, as closing it would do later."""
    if is_embedded(workspace):
        with closing(sqlite3.connect(database(workspace), timeout=20)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return _signature(workspace)


def _signature(workspace: Workspace) -> list[Any] | None:
    """Describe the state of the embedded database's files; None for a server, which has none."""
    if not is_embedded(workspace):
        return None
    file = database(workspace)
    found: list[Any] = []
    for path in (file, file.with_name(file.name + "-wal")):
        try:
            status = path.stat()
            found += [status.st_mtime_ns, status.st_size]
        except FileNotFoundError:
            found += [0, 0]
    # An empty log is the same as none: it comes and goes as the database is opened and closed.
    if found[3] == 0:
        found[2] = 0
    return found


def _last_signature(workspace: Workspace) -> Any:
    query = select(tables.meta.c.value).where(tables.meta.c.key == _SIGNATURE)
    with workspace.store.read() as connection:
        return connection.execute(query).scalar()


def _keep_signature(workspace: Workspace, signature: list[Any]) -> None:
    with workspace.store.write() as connection:
        connection.execute(tables.meta.delete().where(tables.meta.c.key == _SIGNATURE))
        connection.execute(tables.meta.insert().values(key=_SIGNATURE, value=signature))


def waiting_keys(connection: Any) -> set[str]:
    """List the subjects whose own change is still to be sent, and therefore wins."""
    query = select(tables.outbox.c.key).where(tables.outbox.c.done.is_(None))
    return set(connection.execute(query).scalars())


def is_own_tag(key: str) -> bool:
    """Tell whether a tag is MLflow's or ours, not a user's."""
    return key.startswith(("mlflow.", "llmops.", "_mlflow"))


def read_json(text: str) -> Any:
    """Read a parameter's text back as the value that it was, or leave it text."""
    try:
        return plain(json.loads(text))
    except ValueError:
        return text
