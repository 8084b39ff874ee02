"""How things stand now, for a list of them: last runs, labels so far, traffic, alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, cast, func, select

from llmops_workbench.core.references import parse
from llmops_workbench.core.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

_J = tables.jobs.c
_R = tables.runs.c
_E = tables.edges.c
_L = tables.label_events.c
_T = tables.traffic_events.c

# Traffic is told of these last minutes, and of no more than so many requests.
_MINUTES = 5
_MOST_REQUESTS = 2000


def live_endpoints(connection: Connection) -> dict[str, str]:
    """Give the endpoints that answer now, each with its job."""
    query = (
        select(_J.job, _R.arguments)
        .join(tables.runs, _R.run_id == _J.run_id)
        .where(_J.operation == "serve", _J.state == "running")
        .order_by(_J.created)
    )
    found = {}
    for job, arguments in connection.execute(query).tuples():
        name = arguments.get("name") or parse(str(arguments.get("model", "")), "model").name
        found[str(name)] = str(job)
    return found


def alarms(connection: Connection) -> int:
    """Count the monitors whose last look raised an alarm."""
    last = (
        select(func.max(_R.started))
        .where(_R.operation == "monitor", _R.state == "done", _R.removed.is_(None))
        .group_by(_R.hash)
    )
    query = (
        select(func.count())
        .select_from(tables.runs)
        .where(
            _R.operation == "monitor",
            _R.started.in_(last),
            _R.removed.is_(None),
            cast(_R.metrics["alarm"].as_string(), Float) > 0,
        )
    )
    return int(connection.execute(query).scalar_one())


def last_runs(connection: Connection, refs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give the newest run that each of some things went into, or came out of."""
    found: dict[str, dict[str, Any]] = {}
    query = (
        select(_E.source, _E.target, _R.run_id, _R.state, _R.started)
        .join(tables.runs, _R.run_id == _E.run_id)
        .where((_E.source.in_(refs)) | (_E.target.in_(refs)), _R.removed.is_(None))
        .order_by(_R.started)
    )
    wanted = set(refs)
    for source, target, run_id, state, started in connection.execute(query).tuples():
        for ref in wanted & {source, target}:
            found[ref] = {"run_id": run_id, "state": state, "started": started}
    return found


def labelled(connection: Connection, queues: Sequence[str]) -> dict[str, int]:
    """Count the items of each queue that have a label."""
    query = (
        select(_L.queue, func.count(_L.item.distinct()))
        .where(_L.queue.in_(queues), _L.value.is_not(None))
        .group_by(_L.queue)
    )
    found = {str(queue): int(number) for queue, number in connection.execute(query).tuples()}
    return {queue: found.get(queue, 0) for queue in queues}


def traffic(connection: Connection, endpoints: Sequence[str]) -> dict[str, dict[str, float]]:
    """Give requests a minute and the 95th percentile of the latency, of the last minutes."""
    since = (datetime.now(UTC) - timedelta(minutes=_MINUTES)).isoformat(timespec="microseconds")
    query = (
        select(_T.endpoint, _T.latency_ms)
        .where(_T.endpoint.in_(endpoints), _T.created >= since.replace("+00:00", "Z"))
        .order_by(_T.id.desc())
        .limit(_MOST_REQUESTS)
    )
    times: dict[str, list[float]] = {}
    for endpoint, latency in connection.execute(query).tuples():
        times.setdefault(str(endpoint), []).append(float(latency or 0))
    return {
        name: {
            "per_minute": round(len(found) / _MINUTES, 1),
            "p95_seconds": sorted(found)[math.ceil(0.95 * len(found)) - 1] / 1000,
        }
        for name, found in times.items()
    }
