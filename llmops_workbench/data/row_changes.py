"""Match the rows of two tables, and find what differs in those that match."""

from typing import TYPE_CHECKING, Any

from llmops_workbench.data.columns import shown_columns
from llmops_workbench.data.profiles import json_value
from llmops_workbench.tracking.tables import ID, ROW, SPLIT

if TYPE_CHECKING:
    import pyarrow as pa


def compare(
    old: "pa.Table", new: "pa.Table", key: str | None, show: int, *, related: bool
) -> dict[str, Any]:
    """Match rows and count what differs.

    Args:
        old: The first rows, with `__row__` and `__id__`.
        new: The second rows.
        key: A column that tells rows apart, or None.
        show: How many rows of each kind to give.
        related: Whether row numbers of both count the rows of one source.

    Returns:
        Fields of the report: by, added, removed, changed, equal, changed_by_column, changed_rows,
        added_rows, removed_rows.
    """
    shared = [name for name in _columns(old) if name in new.column_names]
    by, pairs = _match(old, new, key, shared, related=related)
    matched_old = {left for left, _ in pairs}
    matched_new = {right for _, right in pairs}
    changes: list[dict[str, Any]] = []
    by_column: dict[str, int] = {}
    changed = 0
    differing = _differences(old, new, pairs, shared)
    for (left, right), columns in zip(pairs, differing, strict=True):
        if not columns:
            continue
        changed += 1
        for name in columns:
            by_column[name] = by_column.get(name, 0) + 1
        if len(changes) < show:
            changes.append(
                {
                    "key": str(old.column(key or ID)[left].as_py()),
                    "before": _cells(old, left, columns),
                    "after": _cells(new, right, columns),
                }
            )
    gone = [row for row in range(old.num_rows) if row not in matched_old]
    fresh = [row for row in range(new.num_rows) if row not in matched_new]
    return {
        "by": by,
        "added": len(fresh),
        "removed": len(gone),
        "changed": changed,
        "equal": len(pairs) - changed,
        "changed_by_column": by_column,
        "changed_rows": changes,
        "added_rows": [_cells(new, row, shown_columns(new)) for row in fresh[:show]],
        "removed_rows": [_cells(old, row, shown_columns(old)) for row in gone[:show]],
    }


def _match(
    old: "pa.Table", new: "pa.Table", key: str | None, shared: list[str], *, related: bool
) -> tuple[str, list[tuple[int, int]]]:
    """What rows are known by, and which are the same."""
    if key is not None:
        return key, _pairs(old.column(key).to_pylist(), new.column(key).to_pylist())
    if related:
        # A step that rewrote a row gave it another id, but its number in the source is the same.
        numbers = old.column(ROW).to_pylist(), new.column(ROW).to_pylist()
        if all(len(set(found)) == len(found) for found in numbers):
            return "row", _pairs(*numbers)
    same = _pairs(old.column(ID).to_pylist(), new.column(ID).to_pylist())
    if same:
        return "id", same
    return "content", _pairs(_hashes(old, shared), _hashes(new, shared))


def _pairs(left: list[Any], right: list[Any]) -> list[tuple[int, int]]:
    """Pair equal keys, in the order of the left ones; each is paired at most once."""
    waiting: dict[Any, list[int]] = {}
    for number, value in enumerate(right):
        if value is not None:
            waiting.setdefault(value, []).append(number)
    found = []
    for number, value in enumerate(left):
        if value is not None and waiting.get(value):
            found.append((number, waiting[value].pop()))
    return found


def _hashes(table: "pa.Table", columns: list[str]) -> list[Any]:
    from llmops_workbench.data.sandbox import connect

    if not columns or not table.num_rows:
        return []
    names = [f"c{number}" for number in range(len(columns))]
    rows = table.select(columns).rename_columns(names)
    connection = connect()
    try:
        hashed = connection.from_arrow(rows).project(f"hash({', '.join(names)}) AS h")
        found: list[Any] = hashed.fetchnumpy()["h"].tolist()
    finally:
        connection.close()
    return found


def _differences(
    old: "pa.Table", new: "pa.Table", pairs: list[tuple[int, int]], shared: list[str]
) -> list[list[str]]:
    """For each pair the shared columns whose values differ."""
    found: list[list[str]] = [[] for _ in pairs]
    lefts, rights = [left for left, _ in pairs], [right for _, right in pairs]
    for name in shared:
        before = old.column(name).take(lefts).to_pylist() if pairs else []
        after = new.column(name).take(rights).to_pylist() if pairs else []
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            if one != other and not (one != one and other != other):  # noqa: PLR0124 - NaN is NaN
                found[number].append(name)
    return found


def _columns(table: "pa.Table") -> list[str]:
    split = [SPLIT] if SPLIT in table.column_names else []
    return [*shown_columns(table), *split]


def _cells(table: "pa.Table", row: int, columns: list[str]) -> dict[str, Any]:
    return {name: json_value(table.column(name)[row].as_py()) for name in columns}
