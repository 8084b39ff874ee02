"""The graph of what came from what; each function works inside the caller's transaction.

A node is a reference (`model:triage@3`, `run:<id>`, `request:<id>`). An edge points the way time
goes: from a parent to its child, from an input to the run, from the run to its output, from a
pipeline's run to a step's. Walking back follows edges from target to source.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

_E = tables.edges.c
# SQLite allows 32,766 values in a query, PostgreSQL 65,535.
_CHUNK = 5000


def add(connection: Connection, edges: Iterable[tuple[str, str, str, str | None]]) -> None:
    """Record edges (source, target, kind, run id); known ones stay as they are."""
    rows = [
        {
            "source": _node(source),
            "target": _node(target),
            "kind": kind,
            "run_id": run_id or "",
        }
        for source, target, kind, run_id in edges
    ]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    connection.execute(insert(tables.edges).on_conflict_do_nothing(), rows)


def walk(connection: Connection, start: str, forward: bool) -> dict[str, Any]:
    """Give all nodes and edges that can be reached, level by level, the start first."""
    start = _node(start)
    near = _E.source if forward else _E.target
    level, seen = [start], {start: None}
    edges: dict[tuple[str, str, str, str], None] = {}
    if start.startswith("request:"):
        for edge in _request_edges(connection, start):
            edges[edge] = None
            if not forward:
                seen.setdefault(edge[0])
        level = list(seen)
    while level:
        following: dict[str, None] = {}
        for begin in range(0, len(level), _CHUNK):
            query = (
                select(_E.source, _E.target, _E.kind, _E.run_id)
                .where(near.in_(level[begin : begin + _CHUNK]))
                .order_by(_E.id)
            )
            for row in connection.execute(query):
                edges[row.source, row.target, row.kind, row.run_id] = None
                reached = row.target if forward else row.source
                if reached not in seen:
                    seen[reached] = None
                    following[reached] = None
        level = list(following)
    return {
        "nodes": _describe(connection, list(seen)),
        "edges": [
            {"source": source, "target": target, "kind": kind, "run_id": run_id or None}
            for source, target, kind, run_id in edges
        ],
    }


def _node(ref: str) -> str:
    # A split is a choice of rows of the same version.
    return ref.partition("#")[0] if ref.startswith("dataset:") else ref


def _request_edges(connection: Connection, start: str) -> list[tuple[str, str, str, str]]:
    traffic = tables.traffic_events
    query = select(traffic).where(traffic.c.request_id == start.removeprefix("request:"))
    row = connection.execute(query.order_by(traffic.c.id).limit(1)).one_or_none()
    if row is None:
        raise NotFoundError(
            f"no answer was served under '{start}': give the 'id' that an answer carries"
        )
    sources = [
        (row.model_version, "model"),
        (row.prompt_version, "prompt"),
        (row.payload.get("endpoint_version"), "endpoint"),
    ]
    return [(_node(source), start, kind, "") for source, kind in sources if source]


def _describe(connection: Connection, refs: list[str]) -> list[dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for begin in range(0, len(refs), _CHUNK):
        part = refs[begin : begin + _CHUNK]
        known |= _describe_runs(connection, part)
        known |= _describe_versions(connection, part)
    return [{"ref": ref, "kind": ref.partition(":")[0], **known.get(ref, {})} for ref in refs]


def _describe_runs(connection: Connection, refs: list[str]) -> dict[str, dict[str, Any]]:
    table = tables.runs.c
    # No column of JSON: a graph may have ten thousand runs.
    shown = (
        table.run_id,
        table.hash,
        table.started,
        table.ended,
        table.operation,
        table.state,
        table.replay,
    )
    ids = [ref.removeprefix("run:") for ref in refs if ref.startswith("run:")]
    found = {}
    for row in connection.execute(select(*shown).where(table.run_id.in_(ids))):
        run_id, hash_, started, ended, operation, state, replay = row
        found[f"run:{run_id}"] = {
            "hash": hash_,
            "created": started,
            "ended": ended,
            "operation": operation,
            "state": state,
            "replay": replay,
        }
    return found


def _describe_versions(connection: Connection, refs: list[str]) -> dict[str, dict[str, Any]]:
    table = tables.versions.c
    names, hashes, wanted = set(), [], set(refs)
    for ref in refs:
        name, _, version = ref.partition(":")[2].rpartition("@")
        if name:
            names.add(name)
        elif version.startswith("sha256-"):
            hashes.append(version)
    shown = (
        table.kind,
        table.name,
        table.version,
        table.hash,
        table.created,
        table.run_id,
        table.removed,
    )
    snapshot = (table.name == "") & table.hash.in_(hashes)
    found = {}
    for row in connection.execute(select(*shown).where(table.name.in_(names) | snapshot)):
        kind, name, version, hash_, created, run_id, removed = row
        ref = f"{kind}:{name}@{version if name else hash_}"
        if ref in wanted:
            found[ref] = {
                "name": name,
                "version": version,
                "hash": hash_,
                "created": created,
                "run_id": run_id,
                "removed": removed,
            }
    return found
