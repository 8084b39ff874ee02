"""Versions and aliases in the store; each function works inside the caller's transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from llmops_workbench.core.errors import (
    AmbiguousError,
    ConflictError,
    NotFoundError,
    UsageError,
    not_found,
)
from llmops_workbench.core.events import now
from llmops_workbench.core.references import Reference, check_name
from llmops_workbench.core.store import tables
from llmops_workbench.tracking import lineage, outbox
from llmops_workbench.tracking.version import Version

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

_V = tables.versions.c
_A = tables.aliases.c

_HASH = re.compile(r"sha256-[0-9a-f]{64}\Z")
# An alias must not read like a number, like the beginning of a hash, or like what MLflow reserves.
_NO_ALIAS = re.compile(r"(\d+|[vV]\d+|latest|newest|sha256-.*)\Z")
_ALIAS = re.compile(r"[\w][\w.\-]{0,99}\Z")

# What MLflow keeps as well; the other kinds are known to the workbench alone.
PROJECTED = ("model", "prompt")


def register(
    connection: Connection,
    kind: str,
    name: str,
    hash: str,
    parents: tuple[str, ...],
    meta: dict[str, Any],
    run_id: str | None,
    new_aliases: tuple[str, ...] = (),
    project: bool = True,
) -> Version:
    """Add the next version of a name, or give the newest one when nothing differs."""
    if kind == "run":
        raise UsageError("a run is started, not registered")
    if name:
        check_name(name, kind)
    if not _HASH.match(hash):
        raise UsageError(f"'{hash}' is not a content hash: write sha256- and 64 digits")
    newest = _newest(connection, kind, name, hash if not name else None)
    # A snapshot is its content; a named version is also the way it came about.
    if newest and newest.hash == hash and (not name or tuple(newest.parents) == parents):
        version = _version(newest)
    else:
        top = select(func.max(_V.version)).where(_V.kind == kind, _V.name == name)
        row = {
            "kind": kind,
            "name": name,
            "version": (connection.execute(top).scalar() or 0) + 1,
            "hash": hash,
            "parents": list(parents),
            "created": now(),
            "run_id": run_id,
            "meta": meta,
            "tags": {},
            "scores": {},
        }
        result = connection.execute(
            tables.versions.insert().values(row).returning(*tables.versions.c)
        )
        version = _version(result.one())
        own = str(version.ref)
        lineage.add(connection, [(parent, own, "parent", run_id) for parent in parents])
        if run_id:
            lineage.add(connection, [(f"run:{run_id}", own, "output", run_id)])
        if project and name and kind in PROJECTED:
            _project(connection, version)
    for alias in new_aliases:
        if version.number is None:
            raise UsageError(f"'{version.ref}' has no name, so it cannot have alias '{alias}'")
        set_alias(connection, kind, name, alias, version.number, run_id, project=project)
    return version


def find(connection: Connection, ref: Reference) -> Version:
    """Resolve a reference: number, alias, beginning of a hash, or the newest."""
    query = select(tables.versions).where(_V.kind == ref.kind, _V.removed.is_(None))
    if ref.version is not None and ref.version.startswith("sha256-"):
        return _by_hash(connection, ref, query.where(_V.hash.startswith(ref.version)))
    query = query.where(_V.name == ref.name)
    if ref.version is None:
        row = _newest(connection, ref.kind, ref.name)
        if row is None or not ref.name:
            raise not_found(ref.kind, ref.name, names(connection, ref.kind))
        return _version(row)
    number = int(ref.version) if ref.version.isdigit() else None
    known = aliases(connection, ref.kind, ref.name)
    if number is None:
        number = known.get(ref.version)
    if number is not None:
        row = connection.execute(query.where(_V.version == number)).one_or_none()
        if row is not None:
            return _version(row)
    raise _no_version(connection, ref, known)


def of_name(connection: Connection, kind: str, name: str) -> list[Version]:
    """List the versions of a name, oldest first."""
    query = (
        select(tables.versions)
        .where(_V.kind == kind, _V.name == name, _V.removed.is_(None))
        .order_by(_V.version)
    )
    return [_version(row) for row in connection.execute(query)]


def made_by(connection: Connection, run_id: str) -> list[Version]:
    """List the versions that a run has made, in order."""
    query = select(tables.versions).where(_V.run_id == run_id, _V.removed.is_(None))
    return [_version(row) for row in connection.execute(query.order_by(_V.id))]


def names(connection: Connection, kind: str) -> list[str]:
    """List the names of a kind."""
    query = select(_V.name).where(_V.kind == kind, _V.name != "", _V.removed.is_(None)).distinct()
    return sorted(connection.execute(query).scalars())


def remove(connection: Connection, version: Version) -> None:
    """Mark a version as removed."""
    ref = version.ref
    pointing = [
        alias
        for alias, number in aliases(connection, ref.kind, ref.name).items()
        if number == version.number
    ]
    if pointing:
        raise ConflictError(
            f"'{ref}' is {ref.kind}:{ref.name}@{pointing[0]}: move that alias to another version "
            "first"
        )
    connection.execute(tables.versions.update().where(_same(version)).values(removed=now()))
    if ref.name and ref.kind in PROJECTED:
        _project(connection, version)


def change(
    connection: Connection,
    version: Version,
    tags: dict[str, str | None] | None = None,
    scores: dict[str, Any] | None = None,
    project: bool = True,
) -> None:
    """Change what may change of a version: its tags and headline scores."""
    row = connection.execute(select(_V.tags, _V.scores).where(_same(version))).one()
    values = {"tags": merged(row.tags, tags or {}), "scores": {**row.scores, **(scores or {})}}
    connection.execute(tables.versions.update().where(_same(version)).values(values))
    if project and version.ref.name and version.ref.kind in PROJECTED:
        _project(connection, version)


def merged(old: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    """Apply changes to tags; None takes one away."""
    return {key: value for key, value in {**old, **changes}.items() if value is not None}


def aliases(connection: Connection, kind: str, name: str) -> dict[str, int]:
    """Give the aliases of a name."""
    query = select(_A.alias, _A.version).where(_A.kind == kind, _A.name == name).order_by(_A.alias)
    return {row.alias: row.version for row in connection.execute(query)}


def aliases_of(connection: Connection, kind: str, of: Iterable[str]) -> dict[str, dict[str, int]]:
    """Give the aliases of many names at once."""
    query = select(_A.name, _A.alias, _A.version).where(_A.kind == kind, _A.name.in_(set(of)))
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query.order_by(_A.alias)):
        found.setdefault(row.name, {})[row.alias] = row.version
    return found


def set_alias(
    connection: Connection,
    kind: str,
    name: str,
    alias: str,
    version: int | None,
    run_id: str | None = None,
    project: bool = True,
) -> int | None:
    """Point an alias at a version (None: take it away), and give what it pointed at."""
    if not _ALIAS.match(alias) or _NO_ALIAS.match(alias):
        raise UsageError(
            f"'{alias}' cannot be an alias: use a word such as 'prod'; numbers, v1, 'latest' and "
            "hashes have a meaning already"
        )
    before = aliases(connection, kind, name).get(alias)
    if before == version:
        return before
    key = {"kind": kind, "name": name, "alias": alias}
    moment = now()
    connection.execute(tables.aliases.delete().filter_by(**key))
    if version is not None:
        row = {**key, "version": version, "updated": moment, "run_id": run_id}
        connection.execute(tables.aliases.insert().values(row))
    connection.execute(
        tables.alias_history.insert().values(
            {**key, "version": version, "previous": before, "created": moment, "run_id": run_id}
        )
    )
    if project and kind in PROJECTED:
        outbox.enqueue(connection, "alias", f"alias:{kind}:{name}:{alias}", key)
    return before


def alias_history(
    connection: Connection, kind: str, name: str, alias: str | None
) -> list[dict[str, Any]]:
    """List how aliases moved, oldest first."""
    table = tables.alias_history
    query = select(table).where(table.c.kind == kind, table.c.name == name).order_by(table.c.id)
    if alias is not None:
        query = query.where(table.c.alias == alias)
    return [dict(row) for row in connection.execute(query).mappings()]


def reference(kind: str, name: str, version: int, hash: str) -> Reference:
    """Write the pinned reference of a row."""
    return Reference(kind, name, str(version) if name else hash)


def _version(row: Row[Any]) -> Version:
    return Version(
        ref=reference(row.kind, row.name, row.version, row.hash),
        hash=row.hash,
        parents=tuple(row.parents),
        created=row.created,
        run_id=row.run_id,
        meta=row.meta,
        tags=row.tags,
        scores=row.scores,
    )


def _newest(
    connection: Connection, kind: str, name: str, hash: str | None = None
) -> Row[Any] | None:
    query = (
        select(tables.versions)
        .where(_V.kind == kind, _V.name == name, _V.removed.is_(None))
        .order_by(_V.version.desc())
        .limit(1)
    )
    if hash is not None:
        query = query.where(_V.hash == hash)
    return connection.execute(query).one_or_none()


def _by_hash(connection: Connection, ref: Reference, query: Any) -> Version:
    if ref.name:
        query = query.where(_V.name == ref.name)
    rows = connection.execute(query.order_by(_V.name, _V.version.desc())).all()
    if len({row.hash for row in rows}) > 1:
        shown = ", ".join(sorted({row.hash[:19] for row in rows})[:4])
        raise AmbiguousError(f"'{ref}' fits more than one version ({shown}): give more digits")
    if not rows:
        raise NotFoundError(f"no {ref.kind} has a content hash that begins like '{ref}'")
    # The same content may have names as well; a snapshot stands for itself (its name sorts first).
    return _version(rows[0])


def _no_version(connection: Connection, ref: Reference, known: dict[str, int]) -> NotFoundError:
    numbers = [item.ref.version or "" for item in of_name(connection, ref.kind, ref.name)]
    if not numbers:
        return not_found(ref.kind, ref.name, names(connection, ref.kind))
    thing = f"version of {ref.kind}:{ref.name}"
    if ref.version is not None and ref.version.isdigit():
        return NotFoundError(
            f"{ref.kind}:{ref.name} has no version {ref.version}; its versions are "
            f"{_listed(numbers)}"
        )
    return not_found(f"{thing} (or alias)", str(ref.version), [*known, *numbers])


def _listed(numbers: list[str]) -> str:
    return ", ".join(numbers if len(numbers) <= 8 else [numbers[0], "…", *numbers[-3:]])


def _same(version: Version) -> ColumnElement[bool]:
    same = (_V.kind == version.ref.kind) & (_V.name == version.ref.name)
    if version.number is None:
        return same & (_V.hash == version.hash)
    return same & (_V.version == version.number)


def _project(connection: Connection, version: Version) -> None:
    ref = version.ref
    payload = {"kind": ref.kind, "name": ref.name, "version": version.number}
    outbox.enqueue(
        connection, "version", f"version:{ref.kind}:{ref.name}:{version.number}", payload
    )
