"""Datasets: content-addressed Parquet, versions with roles and splits, rows that keep their ids.

A version's table stands once under its content hash, however many names point at it. Row numbers
and ids are no content: those of a first source follow from its hash, those of rows that were
selected or made from others are kept in a file of their own beside it.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import NotFoundError, UsageError, did_you_mean
from llmops_workbench.core.references import Reference, check_name, parse
from llmops_workbench.tracking.catalogue import Version, catalogue
from llmops_workbench.tracking.files import read_file
from llmops_workbench.tracking.hashing import PREFIX, content_hash
from llmops_workbench.tracking.roles import check_roles, guess_roles
from llmops_workbench.tracking.rows import has_identity, source_identity
from llmops_workbench.tracking.storage import keep_table, read_table, table_path
from llmops_workbench.tracking.tables import ID, IDENTITY, ROW, SPLIT, as_table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "ID",
    "IDENTITY",
    "ROW",
    "SPLIT",
    "content_hash",
    "content_path",
    "count",
    "find",
    "load",
    "read_file",
    "register",
    "roles",
    "roles_guessed",
    "snapshot",
    "splits",
]

#: How many of a file's bad rows the version's record lists; all are counted.
BAD_ROWS_LISTED = 100


def snapshot(
    source: object,
    *,
    parents: Iterable[str | Reference] = (),
    meta: Mapping[str, Any] | None = None,
    run_id: str | None = None,
) -> Version:
    """Keep a table without a name; the same content is kept once.

    Args:
        source: A path, a pandas, Polars or Arrow frame, or a list of mappings.
        parents: What it was made from.
        meta: Roles and other facts to keep with it.
        run_id: The run that made it.

    Returns:
        The version, known as `dataset:@sha256-…`.

    Raises:
        DataError: the file or frame holds no usable row.
        NotFoundError: the path does not exist.
        UsageError: it is no table, or of an unsupported format.
    """
    facts = dict(meta or {})
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser()
        file = read_file(path)
        facts = {**_file_facts(path, file.bad_rows), **facts}
        source = file.table
    table = as_table(source)
    return _keep("", table, tuple(parents), facts, run_id)


def register(
    name: str,
    table: object,
    *,
    parents: Iterable[str | Reference] = (),
    meta: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    aliases: Iterable[str] = (),
) -> Version:
    """Keep a table as the next version of a name.

    Args:
        name: The dataset's name.
        table: As for `snapshot`, but no path. Rows with `__row__` and `__id__` keep them; a column
            `__split__` says in which split a row is.
        parents: References of what it was made from.
        meta: JSON values: `roles` (role to column; guessed from names when left out) and anything
            else that belongs to the version.
        run_id: The run that made it; the current call's when left out.
        aliases: Aliases to set on the version.

    Returns:
        The new version; the newest one when its hash and parents are the same.

    Raises:
        UsageError: the name cannot be one, or a role names no column.
    """
    check_name(name, "dataset")
    run_id = run_id or context.current().run_id
    kept = as_table(table)
    return _keep(name, kept, tuple(parents), dict(meta or {}), run_id, tuple(aliases))


def find(ref: str | Reference | Version) -> Version:
    """Give the version that a dataset reference names.

    Raises:
        NotFoundError: it names nothing; says the nearest.
    """
    return ref if isinstance(ref, Version) else catalogue().get(ref, "dataset")


def load(
    ref: str | Reference | Version,
    *,
    split: str | None = None,
    columns: list[str] | None = None,
    limit: int | None = None,
    identity: bool = True,
) -> "pa.Table":
    """Read the rows of a dataset version.

    Args:
        ref: The version; `name@3#test` chooses a split.
        split: Only the rows of this split; wins over the reference's own.
        columns: Only these columns, in this order; all when left out.
        limit: Only the first rows, of the split when one is chosen.
        identity: Whether `__row__` and `__id__` stand at the end.

    Returns:
        The rows in their order.

    Raises:
        NotFoundError: the version, the split or a column does not exist.
        DataError: the kept table is damaged.
    """
    version = find(ref)
    split = split or _split_of(ref)
    known = list(version.meta["columns"])
    wanted = known if columns is None else columns
    for column in wanted:
        if column not in known and column not in IDENTITY:
            msg = f"{version.ref} has no column '{column}'; {did_you_mean(column, known)}"
            raise NotFoundError(msg)
    content = [column for column in wanted if column not in IDENTITY]
    if split is None:
        return _read(version, content, limit, identity)
    _check_split(version, split)
    table = _read(version, [*content, SPLIT] if SPLIT not in content else content, None, identity)
    import pyarrow.compute as pc

    table = table.filter(pc.equal(table.column(SPLIT), split))
    table = table if limit is None else table.slice(0, limit)
    return table if SPLIT in content else table.drop_columns([SPLIT])


def count(ref: str | Reference | Version, *, split: str | None = None) -> int:
    """How many rows a version, or one of its splits, has; no table is read.

    Raises:
        NotFoundError: the version or the split does not exist.
    """
    version = find(ref)
    split = split or _split_of(ref)
    if split is None:
        return int(version.meta["rows"])
    _check_split(version, split)
    return int(version.meta["splits"][split])


def roles(ref: str | Reference | Version) -> dict[str, str]:
    """What the columns are for: role to column, as given, or as guessed when it was kept."""
    return dict(find(ref).meta.get("roles", {}))


def roles_guessed(ref: str | Reference | Version) -> bool:
    """Whether the roles were guessed from the columns' names, not given."""
    return bool(find(ref).meta.get("roles_guessed", False))


def splits(ref: str | Reference | Version) -> dict[str, int]:
    """The version's splits with their numbers of rows; empty when it has none."""
    return dict(find(ref).meta.get("splits", {}))


def content_path(ref: str | Reference | Version) -> Path:
    """The Parquet file of a version's content (all splits), for an engine that reads it itself."""
    return table_path(context.workspace(), find(ref).hash)


def _keep(
    name: str,
    table: "pa.Table",
    parents: tuple[str | Reference, ...],
    meta: dict[str, Any],
    run_id: str | None,
    aliases: tuple[str, ...] = (),
) -> Version:
    known = has_identity(table)
    content = table.drop_columns(list(IDENTITY)) if known else table
    if content.num_columns == 0:
        msg = "a dataset needs at least one column"
        raise UsageError(msg)
    found = content_hash(content)
    if not name and not parents:
        known_already = _snapshot_of(found)
        if known_already is not None:
            return known_already
    workspace = context.workspace()
    meta["identity"] = _keep_identity(table, found) if known else None
    keep_table(table_path(workspace, found), content)
    meta["rows"] = content.num_rows
    meta["columns"] = {field.name: str(field.type) for field in content.schema}
    meta["splits"] = _split_counts(content)
    if "roles" in meta:
        meta["roles"] = check_roles(meta["roles"], content.column_names)
        meta.setdefault("roles_guessed", False)
    else:
        meta["roles"] = guess_roles(content)
        meta["roles_guessed"] = True
    return catalogue().register(
        "dataset", name, hash=found, parents=parents, meta=meta, run_id=run_id, aliases=aliases
    )


def _snapshot_of(content: str) -> Version | None:
    """The nameless version of a content; None when there is none, or only ones with names."""
    try:
        version = catalogue().get(Reference("dataset", "", content))
    except NotFoundError:
        return None
    return version if not version.ref.name else None


def _keep_identity(table: "pa.Table", content: str) -> str | None:
    """Keep the rows' numbers and ids; None when they follow from the content's hash."""
    numbers, ids = source_identity(content, table.num_rows)
    if table.column(ID).combine_chunks().equals(ids) and table.column(ROW).combine_chunks().cast(
        "int64"
    ).equals(numbers):
        return None
    rows = table.select(list(IDENTITY)).rename_columns(["row", "id"])
    key = content_hash(rows).removeprefix(PREFIX)[:16]
    keep_table(table_path(context.workspace(), content, key), rows)
    return key


def _read(version: Version, columns: list[str], limit: int | None, identity: bool) -> "pa.Table":
    workspace = context.workspace()
    rows = min(int(version.meta["rows"]), limit if limit is not None else 2**62)
    table = read_table(table_path(workspace, version.hash), columns, limit)
    if not identity:
        return table
    key = version.meta.get("identity")
    if key is None:
        numbers, ids = source_identity(version.hash, rows)
    else:
        kept = read_table(table_path(workspace, version.hash, key), None, limit)
        numbers, ids = kept.column("row"), kept.column("id")
    return _append(table, rows, numbers, ids)


def _append(table: "pa.Table", rows: int, numbers: Any, ids: Any) -> "pa.Table":
    import pyarrow as pa

    if table.num_columns == 0:
        return pa.table({ROW: numbers, ID: ids})
    assert table.num_rows == rows, "the kept table has another number of rows than its version"
    return table.append_column(ROW, numbers).append_column(ID, ids)


def _split_of(ref: str | Reference | Version) -> str | None:
    if isinstance(ref, Version):
        return ref.ref.split
    return (parse(ref, "dataset") if isinstance(ref, str) else ref).split


def _check_split(version: Version, split: str) -> None:
    known = version.meta.get("splits", {})
    if split not in known:
        said = did_you_mean(split, known) if known else "it has no splits"
        msg = f"{version.ref.whole()} has no split '{split}'; {said}"
        raise NotFoundError(msg)


def _split_counts(content: "pa.Table") -> dict[str, int]:
    if SPLIT not in content.column_names:
        return {}
    import pyarrow.compute as pc

    counted = pc.value_counts(content.column(SPLIT)).to_pylist()
    return {str(item["values"]): int(item["counts"]) for item in counted}


def _file_facts(path: Path, bad_rows: list[Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"source": path.name, "bad_rows": len(bad_rows)}
    if bad_rows:
        facts["bad_rows_listed"] = [
            {"line": bad.line, "reason": bad.reason, "excerpt": bad.excerpt}
            for bad in bad_rows[:BAD_ROWS_LISTED]
        ]
        first = bad_rows[0]
        count = "1 bad row was" if len(bad_rows) == 1 else f"{len(bad_rows)} bad rows were"
        context.warn(f"{path.name}: {count} left out; line {first.line}: {first.reason}")
    return facts
