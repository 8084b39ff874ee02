"""The jobs' rows in the store, as `llmops jobs` shows them; their folders hold the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from llmops_workbench.core.errors import AmbiguousError, NotFoundError, UsageError
from llmops_workbench.core.events import now
from llmops_workbench.core.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

_J = tables.jobs.c
_COLUMNS = frozenset(
    ("run_id", "operation", "state", "step", "steps", "pid", "host", "executor", "folder")
)


def save(connection: Connection, job: str, fields: dict[str, Any]) -> None:
    """Create or change a job's row."""
    values: dict[str, Any] = {key: fields[key] for key in fields if key in _COLUMNS}
    values["updated"] = now()
    detail = {key: value for key, value in fields.items() if key not in _COLUMNS}
    known = connection.execute(select(_J.detail).where(_J.job == job)).one_or_none()
    if known is not None:
        values["detail"] = {**known.detail, **detail}
        connection.execute(tables.jobs.update().where(_J.job == job).values(values))
        return
    if "operation" not in values:
        raise UsageError(f"job '{job}' is new: it needs the name of its operation")
    values = {"state": "queued", **values, "job": job, "created": now(), "detail": detail}
    connection.execute(tables.jobs.insert().values(values))


def find(connection: Connection, text: str) -> dict[str, Any]:
    """Give a job by its id, the beginning of it, or its run's id."""
    text = text.removeprefix("run:")
    query = select(tables.jobs)
    row = connection.execute(query.where(_J.job == text)).one_or_none()
    if row is None and len(text) >= 4:
        begins = or_(
            _J.job.startswith(text, autoescape=True), _J.run_id.startswith(text, autoescape=True)
        )
        rows = connection.execute(query.where(begins).order_by(_J.created.desc()).limit(3)).all()
        # A resumed run may have had several jobs: its newest is meant.
        if len({found.run_id or found.job for found in rows}) > 1:
            raise AmbiguousError(f"several jobs begin with '{text}': give more of the id")
        row = rows[0] if rows else None
    if row is None:
        raise NotFoundError(f"there is no job '{text}': 'llmops jobs' lists them")
    return record(row)


def page(
    connection: Connection, states: tuple[str, ...], limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """List a page of jobs, newest first, and count all of them."""
    query = select(tables.jobs)
    count = select(func.count()).select_from(tables.jobs)
    if states:
        query, count = query.where(_J.state.in_(states)), count.where(_J.state.in_(states))
    rows = connection.execute(
        query.order_by(_J.created.desc(), _J.job).limit(limit).offset(offset)
    ).all()
    return [record(row) for row in rows], int(connection.execute(count).scalar_one())


def record(row: Row[Any]) -> dict[str, Any]:
    """Give a job as JSON values."""
    fields = {column.name: getattr(row, column.name) for column in _J if column.name != "detail"}
    return {**fields, **{key: row.detail[key] for key in row.detail if key not in fields}}
