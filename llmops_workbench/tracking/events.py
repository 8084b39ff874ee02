"""Append-only events: labels, traffic and audit; each chained to the one before.

An event is never changed and never doubled: the same idempotency key gives the event that is
there. Its `chain` is the SHA-256 of the previous event's chain value and of all its own fields, so
that `verify_chain` finds whatever was changed, taken out or put in between. Label and audit events
are on the disk when `append_…` returns.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.core.events import now

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection, Table

    from llmops_workbench.core.workspace import Workspace

SCHEMA_VERSION = 1
GENESIS = "sha256-" + "0" * 64
SOURCES = ("human", "model", "import")

# By kind: the fields that an event must have, and those that it may have.
_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "label": (
        ("queue", "item", "schema", "annotator", "source"),
        ("value", "model_version"),
    ),
    "traffic": (
        ("endpoint", "request_id", "request", "status"),
        (
            "model_version",
            "prompt_version",
            "key_id",
            "response",
            "latency_ms",
            "prompt_tokens",
            "completion_tokens",
            "error",
        ),
    ),
    "audit": (("action", "actor", "subject"), ("model_version", "run_id")),
}
_COMMON = ("idempotency_key", "created", "payload")
_JSON = ("value", "request", "response")
_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "status": int,
    "prompt_tokens": int,
    "completion_tokens": int,
    "latency_ms": float,
}
_KEY_CHARACTERS = 200
_CHUNK = 500


@dataclass(frozen=True)
class ChainReport:
    """Whether a chain of events is whole.

    Attributes:
        kind: `label`, `traffic` or `audit`.
        events: How many there are.
        whole: Whether nothing was changed, taken out or put in.
        broken_at: The id of the first event that does not fit; None when the end is missing.
        reason: What is wrong, in one sentence.
    """

    kind: str
    events: int
    whole: bool
    broken_at: int | None = None
    reason: str = ""


def append(
    kind: str, events: Iterable[Mapping[str, Any]], *, workspace: Workspace | None = None
) -> list[dict[str, Any]]:
    """Append events in one transaction; those whose key is known stay as they are.

    Args:
        kind: `label`, `traffic` or `audit`.
        events: JSON values by field, as `_FIELDS` names them. `idempotency_key` is made up when
            left out (of traffic it is the request's id), `created` is now; what else belongs to
            an event goes into `payload`.
        workspace: The current call's when left out.

    Returns:
        The events as they stand in the store, in the order given.

    Raises:
        UsageError: A field is missing or unknown.
    """
    rows = [_row(kind, event) for event in events]
    opened = workspace or context.workspace()
    if not rows:
        return []
    with opened.store.write(durable=kind != "traffic") as connection:
        return _append(connection, kind, rows)


def append_in(connection: Connection, kind: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Append one event inside a transaction that records what it is about as well."""
    return _append(connection, kind, [_row(kind, event)])[0]


def read(
    kind: str,
    *,
    after: int = 0,
    limit: int = 1000,
    newest: bool = False,
    workspace: Workspace | None = None,
    **equal: Any,
) -> list[dict[str, Any]]:
    """Read a page of events.

    Args:
        kind: `label`, `traffic` or `audit`.
        after: Leave out ids up to this one (with `newest`: ids from this one on).
        limit: How many at most.
        newest: From the newest back, instead of from the oldest on.
        workspace: The current call's when left out.
        **equal: Fields with the value (or one of the list of values) that they must have.

    Raises:
        UsageError: There is no such kind or field.
    """
    from sqlalchemy import select

    table = _table(kind)
    query = select(table).limit(limit)
    query = query.order_by(table.c.id.desc() if newest else table.c.id)
    if after:
        query = query.where(table.c.id < after if newest else table.c.id > after)
    for field, value in equal.items():
        if field not in table.c:
            raise UsageError(
                f"{kind} events have no '{field}'; {did_you_mean(field, table.c.keys())}"
            )
        column = table.c[field]
        many = isinstance(value, list | tuple | set | frozenset)
        query = query.where(column.in_(list(value)) if many else column == value)
    with (workspace or context.workspace()).store.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def count(kind: str, *, workspace: Workspace | None = None, **equal: Any) -> int:
    """Count the events of a kind whose fields have these values."""
    from sqlalchemy import func, select

    table = _table(kind)
    query = select(func.count()).select_from(table)
    for field, value in equal.items():
        query = query.where(table.c[field] == value)
    with (workspace or context.workspace()).store.read() as connection:
        return int(connection.execute(query).scalar_one())


def read_all(
    kind: str, *, workspace: Workspace | None = None, **equal: Any
) -> Iterator[dict[str, Any]]:
    """Go through all events of a kind, oldest first, a page at a time."""
    last = 0
    while page := read(kind, after=last, workspace=workspace, **equal):
        yield from page
        last = page[-1]["id"]


def to_table(kind: str, *, workspace: Workspace | None = None, **equal: Any) -> pa.Table:
    """Give events as an Arrow table; JSON fields are JSON text."""
    import json

    import pyarrow as pa

    table = _table(kind)
    names = table.c.keys()
    columns: dict[str, list[Any]] = {name: [] for name in names}
    packed = [name for name in names if name in (*_JSON, "payload")]
    for event in read_all(kind, workspace=workspace, **equal):
        for name in packed:
            event[name] = None if event[name] is None else json.dumps(event[name])
        for name in names:
            columns[name].append(event[name])
    schema = pa.schema([(column.name, _arrow(column)) for column in table.c])
    return pa.table(columns, schema=schema)


def current_labels(
    queue: str, *, workspace: Workspace | None = None, **equal: Any
) -> list[dict[str, Any]]:
    """Give each annotator's newest answer to each question about each item of a queue."""
    newest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in read_all("label", workspace=workspace, queue=queue, **equal):
        newest[event["item"], event["schema"], event["annotator"]] = event
    return list(newest.values())


def verify_chain(kind: str, *, workspace: Workspace | None = None) -> ChainReport:
    """Compute the chain of a kind of event again from its beginning."""
    from sqlalchemy import select

    table = _table(kind)
    with (workspace or context.workspace()).store.read() as connection:
        previous, count = GENESIS, 0
        for row in connection.execute(select(table).order_by(table.c.id)).mappings():
            event = dict(row)
            if event["previous"] != previous:
                reason = f"{kind} event {event['id']} does not follow the one before it"
                return ChainReport(kind, count, False, event["id"], reason)
            if event["chain"] != _link(previous, event):
                reason = f"{kind} event {event['id']} was changed after it was written"
                return ChainReport(kind, count, False, event["id"], reason)
            previous, count = event["chain"], count + 1
        kept = _head(connection, kind)
    if (kept["events"], kept["chain"]) != (count, previous):
        reason = f"{kept['events']} {kind} events were written, but {count} are there"
        return ChainReport(kind, count, False, None, reason)
    return ChainReport(kind, count, True)


def _append(connection: Connection, kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:

    table = _table(kind)
    known = _known(connection, table, [row["idempotency_key"] for row in rows])
    fresh = []
    for row in rows:
        if row["idempotency_key"] not in known:
            known[row["idempotency_key"]] = row
            fresh.append(row)
    if fresh:
        head = _head(connection, kind)
        previous = head["chain"]
        # Nobody else writes meanwhile, so ids are numbered here: without gaps, and in the chain.
        for number, row in enumerate(fresh, head["events"] + 1):
            row["id"] = number
        if kind == "label":
            _number(connection, table, fresh)
        for row in fresh:
            row["previous"] = previous
            previous = row["chain"] = _link(previous, row)
        connection.execute(table.insert(), fresh)
        _keep_head(connection, kind, previous, head["events"] + len(fresh))
    return [dict(known[row["idempotency_key"]]) for row in rows]


def _row(kind: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Check an event, and give it all columns that do not depend on the others."""
    from llmops_workbench.core.store.plain import plain

    if kind not in _FIELDS:
        raise UsageError(f"there are no '{kind}' events; {did_you_mean(kind, _FIELDS)}")
    needed, optional = _FIELDS[kind]
    for field in needed:
        if event.get(field) is None:
            raise UsageError(f"a {kind} event needs '{field}'")
    allowed = (*needed, *optional, *_COMMON)
    for field in event:
        if field not in allowed:
            raise UsageError(
                f"a {kind} event has no '{field}' (put it into payload); "
                f"{did_you_mean(field, allowed)}"
            )
    if kind == "label" and event["source"] not in SOURCES:
        raise UsageError(f"a label's source is one of {', '.join(SOURCES)}")
    row = {field: _typed(kind, field, plain(event.get(field))) for field in (*needed, *optional)}
    made_up = uuid.uuid4().hex
    if kind == "traffic":
        made_up = f"{event['endpoint']}/{event['request_id']}"
    key = str(event.get("idempotency_key") or made_up)
    if len(key) > _KEY_CHARACTERS:
        key = f"sha256-{hashlib.sha256(key.encode()).hexdigest()}"
    row["idempotency_key"] = key
    row["schema_version"] = SCHEMA_VERSION
    row["created"] = str(event.get("created") or now())
    row["payload"] = plain(event.get("payload") or {})
    return row


def _typed(kind: str, field: str, value: Any) -> Any:
    """Give a value the type of its column, so that it is read back as it was chained."""
    if value is None or field in _JSON:
        return value
    try:
        return _NUMBERS.get(field, str)(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"'{value}' cannot be the {field} of a {kind} event") from error


def _number(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Number an annotator's answers to one question about one item: 1, 2, 3 and so on."""
    from sqlalchemy import func, select

    same = (table.c.queue, table.c.item, table.c.schema, table.c.annotator)
    last: dict[tuple[str, ...], tuple[int, int]] = {}
    items = sorted({row["item"] for row in rows})
    queues = sorted({row["queue"] for row in rows})
    for begin in range(0, len(items), _CHUNK):
        query = (
            select(*same, func.max(table.c.revision), func.max(table.c.id))
            .where(table.c.queue.in_(queues), table.c.item.in_(items[begin : begin + _CHUNK]))
            .group_by(*same)
        )
        for found in connection.execute(query):
            last[tuple(found[:4])] = (found[4], found[5])
    for row in rows:
        key = (row["queue"], row["item"], row["schema"], row["annotator"])
        revision, row["supersedes"] = last.get(key, (0, None))
        row["revision"] = revision + 1
        last[key] = (revision + 1, row["id"])


def _known(connection: Connection, table: Table, keys: list[str]) -> dict[str, dict[str, Any]]:
    from sqlalchemy import select

    found: dict[str, dict[str, Any]] = {}
    for begin in range(0, len(keys), _CHUNK):
        query = select(table).where(table.c.idempotency_key.in_(keys[begin : begin + _CHUNK]))
        for row in connection.execute(query).mappings():
            found[row["idempotency_key"]] = dict(row)
    return found


def _link(previous: str, event: Mapping[str, Any]) -> str:
    from llmops_workbench.core.store.plain import canonical

    body = canonical({key: event[key] for key in event if key not in ("previous", "chain")})
    return f"sha256-{hashlib.sha256(previous.encode() + b'|' + body).hexdigest()}"


def _head(connection: Connection, kind: str) -> dict[str, Any]:
    """Give how many events were written, and the last one's chain value."""
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import meta

    query = select(meta.c.value).where(meta.c.key == f"chain:{kind}")
    kept: dict[str, Any] | None = connection.execute(query).scalar()
    return kept or {"events": 0, "chain": GENESIS}


def _keep_head(connection: Connection, kind: str, chain: str, events: int) -> None:
    from llmops_workbench.core.store.tables import meta

    key = f"chain:{kind}"
    value = {"events": events, "chain": chain}
    changed = connection.execute(meta.update().where(meta.c.key == key).values(value=value))
    if changed.rowcount == 0:
        connection.execute(meta.insert().values(key=key, value=value))


def _table(kind: str) -> Table:
    from llmops_workbench.core.store import tables

    if kind not in _FIELDS:
        raise UsageError(f"there are no '{kind}' events; {did_you_mean(kind, _FIELDS)}")
    found: Table = getattr(tables, f"{kind}_events")
    return found


def _arrow(column: Any) -> pa.DataType:
    import pyarrow as pa

    kinds = {"INTEGER": pa.int64(), "BIGINT": pa.int64(), "FLOAT": pa.float64()}
    return kinds.get(str(column.type), pa.string())
