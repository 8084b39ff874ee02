"""Runs in the store; each function works inside the caller's transaction."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from llmops_workbench.core.errors import AmbiguousError, NotFoundError, UsageError, did_you_mean
from llmops_workbench.core.events import now
from llmops_workbench.core.store import tables
from llmops_workbench.core.store.plain import digest
from llmops_workbench.tracking import lineage, outbox
from llmops_workbench.tracking.versions import merged

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

STATES = ("queued", "running", "paused", "interrupted", "done", "failed", "cancelled")
# A run in one of these is over.
ENDED = ("done", "failed", "cancelled")

_R = tables.runs.c


def start(
    connection: Connection,
    operation: str,
    arguments: dict[str, Any],
    inputs: tuple[str, ...],
    parent: str | None,
    run_id: str | None,
    replay: str | None,
    state: str,
) -> str:
    """Open a run; an id that is known is opened again and keeps its start.

    With another parent it belongs to that one from now on. The edge from the one before stays,
    because a part of the work was done there.
    """
    run_id = run_id or uuid.uuid4().hex
    known = connection.execute(select(_R.run_id).where(_R.run_id == run_id)).one_or_none()
    _check_state(state)
    values: dict[str, Any] = {"state": state, "ended": None, "error": None}
    if known is None:
        values |= {
            "run_id": run_id,
            "hash": asked_hash(operation, arguments),
            "operation": operation,
            "arguments": arguments,
            "started": now(),
            "parent_run_id": parent,
            "inputs": list(inputs),
            "outputs": [],
            "metrics": {},
            "replay": replay,
            "tags": {},
        }
        connection.execute(tables.runs.insert().values(values))
    else:
        if parent:
            values["parent_run_id"] = parent
        connection.execute(tables.runs.update().where(_R.run_id == run_id).values(values))
    own = f"run:{run_id}"
    lineage.add(connection, [(source, own, "input", run_id) for source in inputs])
    if parent:
        lineage.add(connection, [(f"run:{parent}", own, "step", run_id)])
    project(connection, run_id)
    return run_id


def finish(
    connection: Connection,
    run_id: str,
    state: str,
    outputs: tuple[str, ...],
    metrics: dict[str, Any],
    result: Any,
    error: str | None,
) -> None:
    """Record the state of a run and what came of it."""
    _check_state(state)
    row = connection.execute(
        select(_R.outputs, _R.metrics).where(_R.run_id == run_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no run '{run_id}' to finish")
    values: dict[str, Any] = {
        "state": state,
        "ended": now() if state in ENDED else None,
        "outputs": list(dict.fromkeys([*row.outputs, *outputs])),
        "metrics": {**row.metrics, **metrics},
        "error": error,
    }
    if result is not None:
        values["result"] = result
    connection.execute(tables.runs.update().where(_R.run_id == run_id).values(values))
    lineage.add(connection, [(f"run:{run_id}", target, "output", run_id) for target in outputs])
    project(connection, run_id)


def find(connection: Connection, text: str) -> dict[str, Any]:
    """Give the run whose id begins so."""
    query = select(tables.runs).where(_R.removed.is_(None))
    row = connection.execute(query.where(_R.run_id == text)).one_or_none()
    if row is None and len(text) >= 4:
        rows = connection.execute(query.where(_R.run_id.startswith(text, autoescape=True))).all()
        if len(rows) > 1:
            raise AmbiguousError(f"{len(rows)} runs begin with '{text}': give more of the id")
        row = rows[0] if rows else None
    if row is None:
        raise NotFoundError(f"there is no run '{text}': 'llmops ls runs' lists them")
    return record(row)


def asked_hash(operation: str, arguments: dict[str, Any]) -> str:
    """Hash what was asked for: two runs with the same hash did the same."""
    return digest({"operation": operation, "arguments": arguments})


def record(row: Row[Any]) -> dict[str, Any]:
    """Give a run as JSON values, with the fields that every item of a list has."""
    return {
        "ref": f"run:{row.run_id}",
        "hash": row.hash,
        "parents": row.inputs,
        "created": row.started,
        "run_id": row.run_id,
        "operation": row.operation,
        "arguments": row.arguments,
        "state": row.state,
        "started": row.started,
        "ended": row.ended,
        "parent": row.parent_run_id,
        "inputs": row.inputs,
        "outputs": row.outputs,
        "metrics": row.metrics,
        "result": row.result,
        "error": row.error,
        "replay": row.replay,
        "tags": row.tags,
        "mlflow_run_id": row.mlflow_run_id or row.run_id,
    }


def remove(connection: Connection, run_id: str) -> None:
    """Mark a run as removed."""
    connection.execute(tables.runs.update().where(_R.run_id == run_id).values(removed=now()))
    project(connection, run_id)


def tag(connection: Connection, run_id: str, key: str, value: str | None) -> None:
    """Set a tag of a run; None takes it away."""
    tags = connection.execute(select(_R.tags).where(_R.run_id == run_id)).scalar_one()
    changed = merged(tags, {key: value})
    connection.execute(tables.runs.update().where(_R.run_id == run_id).values(tags=changed))
    project(connection, run_id)


def project(connection: Connection, run_id: str) -> None:
    """Ask the outbox to tell MLflow how the run is now."""
    outbox.enqueue(connection, "run", f"run:{run_id}", {"run_id": run_id})


def _check_state(state: str) -> None:
    if state not in STATES:
        raise UsageError(f"a run cannot be '{state}'; {did_you_mean(state, STATES)}")
