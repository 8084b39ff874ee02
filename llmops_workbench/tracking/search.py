"""Pages of the catalogue, and the small language that `where` is written in."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, String, and_, cast, exists, func, select

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.core.store import tables
from llmops_workbench.tracking import runs, versions

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

_V = tables.versions.c
_R = tables.runs.c
_A = tables.aliases.c

_TERM = re.compile(r"(?P<field>[\w.\-/]+?)(?P<sign>!=|>=|<=|=|>|<)(?P<value>.*)\Z", re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_VERSION_FIELDS = {
    "name": _V.name,
    "version": _V.version,
    "hash": _V.hash,
    "created": _V.created,
    "run_id": _V.run_id,
}
_RUN_FIELDS = {
    "run_id": _R.run_id,
    "operation": _R.operation,
    "state": _R.state,
    "started": _R.started,
    "created": _R.started,
    "ended": _R.ended,
    "parent": _R.parent_run_id,
    "error": _R.error,
}
# A page is for reading: longer texts of `meta` are left to `show`.
_SHOWN_TEXT = 200


def items(
    connection: Connection,
    kind: str,
    limit: int,
    offset: int,
    where: str | None,
    order: str = "",
    newest: bool = False,
    words: Sequence[str] = (),
) -> tuple[list[dict[str, Any]], int]:
    """List a page of a kind, and count all that fit.

    Args:
        connection: A view of the store.
        kind: Of what.
        limit: Rows in the page.
        offset: Rows before the page.
        where: Words and conditions that must all hold.
        order: A field, with a minus before it for the other way round; newest first when empty.
        newest: Only the newest version of each name, among those that fit.
        words: Must all be part of the name; nothing in them is a condition.
    """
    table = tables.runs if kind == "run" else tables.versions
    conditions: list[ColumnElement[bool]] = [table.c.removed.is_(None)]
    if kind != "run":
        conditions += [_V.kind == kind, _V.name != ""]
    conditions += [_condition(term, kind) for term in _terms(where or "")]
    conditions += [_holds(word, kind) for word in words]
    number: ColumnElement[int] = func.count()
    if newest and kind != "run":
        number = func.count(_V.name.distinct())
    count = select(number).select_from(table).where(and_(*conditions))
    if newest and kind != "run":
        last = select(func.max(_V.id)).where(and_(*conditions)).group_by(_V.name)
        conditions = [_V.id.in_(last)]
    query = select(table).where(and_(*conditions)).limit(limit).offset(offset)
    query = query.order_by(*_sorted(order, kind))
    total = int(connection.execute(count).scalar_one())
    if kind == "run":
        rows = connection.execute(query).all()
        return [_run_item(row) for row in rows], total
    rows = connection.execute(query).all()
    pointing = versions.aliases_of(connection, kind, {row.name for row in rows})
    found = [_version_item(row, pointing.get(row.name, {})) for row in rows]
    if newest:
        numbers = _how_many(connection, kind, {row.name for row in rows})
        for item in found:
            item["versions"] = numbers.get(item["name"], 1)
            item["pointing"] = pointing.get(item["name"], {})
    return found, total


def _sorted(order: str, kind: str) -> list[Any]:
    last = [_R.started.desc(), _R.run_id] if kind == "run" else [_V.id.desc()]
    if not order:
        return last
    column = _column(order.removeprefix("-"), kind)
    turned = column.desc() if order.startswith("-") else column.asc()
    # What has no such value comes last, whichever way round.
    return [turned.nulls_last(), *last]


def _how_many(connection: Connection, kind: str, names: set[str]) -> dict[str, int]:
    query = (
        select(_V.name, func.count())
        .where(_V.kind == kind, _V.name.in_(names), _V.removed.is_(None))
        .group_by(_V.name)
    )
    return {name: int(number) for name, number in connection.execute(query).tuples()}


def _version_item(row: Row[Any], pointing: dict[str, int]) -> dict[str, Any]:
    return {
        "ref": str(versions.reference(row.kind, row.name, row.version, row.hash)),
        "hash": row.hash,
        "parents": row.parents,
        "created": row.created,
        "name": row.name,
        "version": row.version,
        "aliases": [alias for alias, number in pointing.items() if number == row.version],
        "run_id": row.run_id,
        "tags": row.tags,
        "scores": row.scores,
        "meta": {key: value for key, value in row.meta.items() if _is_short(value)},
    }


def _run_item(row: Row[Any]) -> dict[str, Any]:
    whole = runs.record(row)
    del whole["result"], whole["mlflow_run_id"]
    return whole


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _SHOWN_TEXT
    return value is None or isinstance(value, bool | int | float)


def _terms(where: str) -> list[str]:
    """Split at spaces; quotes hold a value with spaces together."""
    found = re.findall(r"""((?:[^\s"']|"[^"]*"|'[^']*')+)""", where)
    return [re.sub(r"""["']""", "", term) for term in found]


def _condition(term: str, kind: str) -> ColumnElement[bool]:
    match = _TERM.match(term)
    if match is None:
        return _holds(term, kind)
    field, sign, value = match["field"], match["sign"], match["value"]
    if kind != "run" and field == "alias":
        found: ColumnElement[bool] = exists().where(
            _A.kind == _V.kind, _A.name == _V.name, _A.version == _V.version, _A.alias == value
        )
        return ~found if sign == "!=" else found
    if kind == "run" and field in ("input", "output"):
        column = cast(_R.inputs if field == "input" else _R.outputs, String)
        found = column.contains(f'"{value}"', autoescape=True)
        return ~found if sign == "!=" else found
    return _compare(_column(field, kind), sign, value)


def _holds(word: str, kind: str) -> ColumnElement[bool]:
    text = _R.operation + " " + _R.run_id if kind == "run" else _V.name
    found: ColumnElement[bool] = func.lower(text).contains(word.lower(), autoescape=True)
    return found


def _column(field: str, kind: str) -> Any:
    fields: dict[str, Any] = dict(_RUN_FIELDS if kind == "run" else _VERSION_FIELDS)
    if field in fields:
        return fields[field]
    group, dot, key = field.partition(".")
    groups: dict[str, Any] = (
        {"tags": _R.tags, "metrics": _R.metrics, "arguments": _R.arguments}
        if kind == "run"
        else {"tags": _V.tags, "meta": _V.meta, "scores": _V.scores}
    )
    if not dot or group not in groups:
        also = ("input", "output") if kind == "run" else ("alias",)
        known = [*fields, *also, *(f"{name}.NAME" for name in groups)]
        raise UsageError(f"{kind}s cannot be searched by '{field}'; {did_you_mean(field, known)}")
    if group in ("metrics", "scores"):
        plain = groups[group][key].as_string()
        inner = groups[group][key, "value"].as_string()
        # A metric is a number, or a mapping whose `value` is one.
        return cast(func.coalesce(inner, plain), Float)
    return groups[group][key].as_string()


def _compare(column: Any, sign: str, value: str) -> ColumnElement[bool]:
    given: Any = value
    if isinstance(column.type, Float) or column is _V.version:
        try:
            given = float(value)
        except ValueError as error:
            raise UsageError(f"'{value}' is compared with a number: give one") from error
    compared: ColumnElement[bool] = _COMPARE[sign](column, given)
    # In SQL nothing differs from what is missing; for a person it does.
    return compared | column.is_(None) if sign == "!=" else compared
