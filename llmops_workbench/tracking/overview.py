"""The whole catalogue at a glance: how much there is of each kind, and one search across all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, select

from llmops_workbench.core.references import KINDS
from llmops_workbench.core.store import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_V = tables.versions.c
_R = tables.runs.c
_J = tables.jobs.c

_ACTIVE = ("queued", "running")


def counts(connection: Connection) -> dict[str, int]:
    """Count the names of each kind, the runs, and the jobs that run (`running`)."""
    query = (
        select(_V.kind, func.count(_V.name.distinct()))
        .where(_V.removed.is_(None), _V.name != "")
        .group_by(_V.kind)
    )
    found = dict.fromkeys(KINDS, 0)
    found |= {kind: int(number) for kind, number in connection.execute(query).tuples()}
    runs = select(func.count()).select_from(tables.runs).where(_R.removed.is_(None))
    found["run"] = int(connection.execute(runs).scalar_one())
    running = select(func.count()).select_from(tables.jobs).where(_J.state.in_(_ACTIVE))
    found["running"] = int(connection.execute(running).scalar_one())
    return found


def search(connection: Connection, text: str, limit: int) -> list[dict[str, Any]]:
    """Find names of every kind, and runs, that hold all words; the newest of each name.

    Names that begin with the text come first, then the newest.

    Args:
        connection: A view of the store.
        text: Words separated by spaces.
        limit: How many at most.

    Returns:
        Items with ref, kind, name, version, created; a run with its operation and state.
    """
    words = text.lower().split()
    if not words:
        return []
    found = _names(connection, words, limit) + _runs(connection, words, limit)
    first = " ".join(words)
    found.sort(key=lambda item: item["created"], reverse=True)
    found.sort(key=lambda item: not str(item["name"]).lower().startswith(first))
    return found[:limit]


def _names(connection: Connection, words: list[str], limit: int) -> list[dict[str, Any]]:
    text = func.lower(_V.kind + " " + _V.name)
    newest = (
        select(func.max(_V.id))
        .where(_V.removed.is_(None), _V.name != "", _holds(text, words))
        .group_by(_V.kind, _V.name)
    )
    query = (
        select(_V.kind, _V.name, _V.version, _V.created)
        .where(_V.id.in_(newest))
        .order_by(func.lower(_V.name).startswith(words[0], autoescape=True).desc(), _V.id.desc())
        .limit(limit)
    )
    return [
        {
            "ref": f"{row.kind}:{row.name}@{row.version}",
            "kind": row.kind,
            "name": row.name,
            "version": row.version,
            "created": row.created,
        }
        for row in connection.execute(query)
    ]


def _runs(connection: Connection, words: list[str], limit: int) -> list[dict[str, Any]]:
    text = func.lower(literal("run ") + _R.operation + " " + _R.state + " " + _R.run_id)
    query = (
        select(_R.run_id, _R.operation, _R.state, _R.started)
        .where(_R.removed.is_(None), _holds(text, words))
        .order_by(_R.started.desc(), _R.run_id)
        .limit(limit)
    )
    return [
        {
            "ref": f"run:{row.run_id}",
            "kind": "run",
            "name": row.operation,
            "state": row.state,
            "created": row.started,
        }
        for row in connection.execute(query)
    ]


def _holds(text: Any, words: list[str]) -> ColumnElement[bool]:
    return and_(*(text.contains(word, autoescape=True) for word in words))
