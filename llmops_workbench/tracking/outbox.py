"""What MLflow is still to be told, written in the same transaction as the change itself.

An entry names a subject (`run:<id>`, `alias:model:triage:prod`), not a change: whoever projects it
reads how the subject is now. So an entry may be projected twice, late, or out of order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from llmops_workbench.core.events import now
from llmops_workbench.core.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_workbench.core.workspace import Workspace

_O = tables.outbox.c
# So many are read at once.
_BATCH = 200


def enqueue(connection: Connection, kind: str, key: str, payload: dict[str, Any]) -> None:
    """Note that a subject has changed; a second change before the projection needs no second note.

    Args:
        connection: The transaction of the change.
        kind: `run`, `version` or `alias`.
        key: The subject.
        payload: Where to read it.
    """
    values = {"payload": payload, "done": None, "attempts": 0, "retry_at": None, "error": None}
    changed = connection.execute(
        tables.outbox.update().where(_O.key == key).values(**values, seq=_O.seq + 1)
    )
    if changed.rowcount == 0:
        connection.execute(
            tables.outbox.insert().values(**values, kind=kind, key=key, created=now(), seq=1)
        )


def pending(connection: Connection, limit: int | None = None) -> list[dict[str, Any]]:
    """List the entries that wait and whose time to retry has come, oldest first."""
    due = _O.retry_at.is_(None) | (_O.retry_at <= now())
    query = select(tables.outbox).where(_O.done.is_(None), due).order_by(_O.id).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def counts(connection: Connection) -> dict[str, int]:
    """Count the entries: `waiting`, and of these those that `failed` before."""
    query = select(func.count(), func.count(_O.error)).where(_O.done.is_(None))
    waiting, failed = connection.execute(query).one()
    return {"waiting": int(waiting), "failed": int(failed)}


def settle(connection: Connection, entry: dict[str, Any], error: str | None) -> None:
    """Note how projecting an entry went; a change that came meanwhile keeps it waiting.

    Args:
        connection: A transaction of its own, after the projection.
        entry: As `pending` gave it.
        error: The sentence that it failed with.
    """
    same = (_O.id == entry["id"]) & (_O.seq == entry["seq"])
    values: dict[str, Any] = {"done": now(), "error": None, "retry_at": None}
    if error is not None:
        attempts = entry["attempts"] + 1
        values = {"error": error, "attempts": attempts, "retry_at": _later(attempts)}
    connection.execute(tables.outbox.update().where(same).values(values))


def _later(attempts: int) -> str:
    from datetime import UTC, datetime, timedelta

    # 2, 4, 8 … seconds, an hour at most: a server that is down does not slow each operation.
    moment = datetime.now(UTC) + timedelta(seconds=min(2**attempts, 3600))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reopen(connection: Connection) -> None:
    """Let every entry wait again, for an MLflow that knows nothing yet."""
    fresh = {"done": None, "attempts": 0, "retry_at": None, "error": None, "seq": _O.seq + 1}
    connection.execute(tables.outbox.update().values(fresh))
    connection.execute(tables.versions.update().values(mlflow_version=None))
    connection.execute(tables.runs.update().values(mlflow_run_id=None))
    names = tables.meta.c.key.startswith("mlflow.", autoescape=True)
    connection.execute(tables.meta.delete().where(names))


@dataclass(frozen=True)
class Drained:
    """What a projection did.

    Attributes:
        projected: Entries that MLflow has now.
        failed: Entries that stay, each with its error.
        waiting: Entries that are still to be sent, the failed ones among them.
    """

    projected: int
    failed: int
    waiting: int


def drain(workspace: Workspace, limit: int | None = None) -> Drained:
    """Tell MLflow what it does not know yet; safe to repeat, to interrupt and to race.

    MLflow is imported only when something waits.

    Args:
        workspace: An open workspace.
        limit: How many entries at most; all when left out.

    Returns:
        What was done. An entry that fails keeps its error and is tried again later.

    Raises:
        StorageError: MLflow cannot be reached, or another process has been at it too long.
        WorkspaceError: The workspace cannot be written.
    """
    with workspace.store.read() as connection:
        if not pending(connection, 1):
            return Drained(0, 0, counts(connection)["waiting"])
    from llmops_workbench.tracking.mlflow_bridge import project
    from llmops_workbench.tracking.mlflow_server import connect, lock, refusal

    projected = failed = 0
    with lock(workspace, "outbox"):
        tracking = connect(workspace)
        while limit is None or projected + failed < limit:
            left = _BATCH if limit is None else min(_BATCH, limit - projected - failed)
            with workspace.store.read() as connection:
                entries = pending(connection, left)
            if not entries:
                break
            for entry in entries:
                error = None
                try:
                    project(tracking, entry)
                    projected += 1
                except Exception as trouble:
                    # Whatever MLflow has against one entry must not hold up the others, nor the
                    # operation that has long succeeded: it is kept with the entry.
                    error, failed = refusal(trouble), failed + 1
                with workspace.store.write() as connection:
                    settle(connection, entry, error)
    with workspace.store.read() as connection:
        return Drained(projected, failed, counts(connection)["waiting"])
