"""The entries of the sidebar: one line a thing, with the figures that people look for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.references import parse
from llmops_workbench.core.said import said
from llmops_workbench.execution import mirror
from llmops_workbench.execution.folder import ACTIVE
from llmops_workbench.tracking import overview, standing
from llmops_workbench.tracking.catalogue import Catalogue

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.server.sections import Section

# What is shown of jobs: those that run, and those that can go on.
SHOWN_JOBS = (*ACTIVE, "paused", "interrupted")

Entry = dict[str, Any]


def figure(label: str, value: Any, form: str, **more: Any) -> dict[str, Any]:
    """Give one figure of an entry.

    Args:
        label: What it is.
        value: The number or text.
        form: How it is written: `count`, `score`, `bytes`, `seconds`, `time` or `text`.
        more: `lower` and `upper` of an interval.
    """
    return {"label": label, "value": value, "form": form, **more}


def page(
    workspace: Workspace, section: Section, search: str, offset: int, limit: int
) -> tuple[list[Entry], int]:
    """Give a page of a section's entries, and how many there are."""
    if section.kind == "job":
        rows, total = mirror.rows(workspace, SHOWN_JOBS, limit, offset)
        return [_job(row) for row in rows], total
    rows, total = Catalogue(workspace).items(
        section.kind,
        limit=limit,
        offset=offset,
        where=section.where or None,
        newest=True,
        words=search.split(),
    )
    write = _WRITERS.get(section.kind, _version)
    facts = _FACTS[section.kind](workspace, rows) if section.kind in _FACTS else {}
    return [write(row, facts.get(row.get("name", ""), {})) for row in rows], total


def counts(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Count each section: a number, and a mark where something asks for attention."""
    with workspace.store.read() as connection:
        found = overview.counts(connection)
        live = standing.live_endpoints(connection)
        alarms = standing.alarms(connection)
    return {
        "running": {"count": found["running"]},
        "data": {"count": found["dataset"]},
        "prompts": {"count": found["prompt"]},
        "models": {"count": found["model"]},
        "pipelines": {"count": found["pipeline"]},
        "runs": {"count": found["run"]},
        "labels": {"count": found["queue"]},
        "endpoints": {"count": found["endpoint"], "live": len(live)},
        "alerts": {"count": alarms, "alarm": alarms > 0},
    }


def _version(row: Mapping[str, Any], facts: Mapping[str, Any]) -> Entry:
    """Write the newest version of a name."""
    pointing: Mapping[str, int] = row.get("pointing", {})
    return {
        "ref": row["ref"],
        "kind": parse(row["ref"]).kind,
        "title": row["name"],
        "version": row["version"],
        "aliases": [
            {"alias": alias, "version": number} for alias, number in sorted(pointing.items())
        ],
        "tags": row["tags"],
        "created": row["created"],
        "figures": [*_scores(row["scores"]), *facts.get("figures", [])],
        **{name: facts[name] for name in ("state", "job", "more") if name in facts},
    }


def _dataset(row: Mapping[str, Any], facts: Mapping[str, Any]) -> Entry:
    entry = _version(row, facts)
    rows = row["meta"].get("rows")
    if rows is not None:
        entry["figures"].insert(0, figure(said("rows"), rows, "count"))
    return entry


def _run(row: Mapping[str, Any], facts: Mapping[str, Any]) -> Entry:
    """Write a run: what was done, with what, when, and its first figure."""
    names = [parse(ref).name for ref in row["inputs"][:2] if not ref.startswith("run:")]
    entry: Entry = {
        "ref": f"run:{row['run_id']}",
        "kind": "run",
        "title": row["operation"],
        "detail": ", ".join(names),
        "state": row["state"],
        "tags": row["tags"],
        "created": row["started"],
        "figures": [figure(said("started"), row["started"], "time")],
        "more": [],
    }
    metrics: Mapping[str, Any] = row["metrics"]
    if metrics.get("alarm"):
        entry["alarm"] = True
    entry["more"] = _scores(metrics, 8)
    if row["error"]:
        entry["more"].append(figure(said("error"), row["error"], "text"))
    return entry


def _job(row: Mapping[str, Any]) -> Entry:
    """Write a job: how far it is."""
    return {
        "ref": f"job:{row['job']}",
        "kind": "job",
        "job": row["job"],
        "title": row["operation"],
        "state": row["state"],
        "created": row["created"],
        "progress": {
            "done": row.get("step"),
            "total": row.get("steps"),
            "eta": row.get("eta_seconds"),
        },
        "figures": [],
    }


def _scores(scores: Mapping[str, Any], most: int = 1) -> list[dict[str, Any]]:
    """Give the first headline scores, each with its interval where it has one."""
    found = []
    for name, value in list(scores.items())[:most]:
        given = value if isinstance(value, Mapping) else {"value": value}
        if isinstance(given.get("value"), int | float):
            bounds = {side: given[side] for side in ("lower", "upper") if side in given}
            found.append(figure(name, given["value"], "score", **bounds))
    return found


def _sizes(workspace: Workspace, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Measure the files of models."""
    found = {}
    for row in rows:
        path = row["meta"].get("path")
        folder = workspace.root / ".llmops" / path if path else None
        if folder is not None and folder.is_dir():
            size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
            found[row["name"]] = {"figures": [figure(said("size"), size, "bytes")]}
    return found


def _pipelines(
    workspace: Workspace, rows: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Look up the last run of each pipeline and its steps."""
    book, found = Catalogue(workspace), {}
    with workspace.store.read() as connection:
        last = standing.last_runs(connection, [row["ref"] for row in rows])
    for row in rows:
        steps = book.get(row["ref"]).meta.get("steps") or []
        facts: dict[str, Any] = {"figures": [figure(said("steps"), len(steps), "count")]}
        run = last.get(row["ref"])
        if run is not None:
            facts["state"] = run["state"]
            facts["figures"].append(figure(said("last run"), run["started"], "time"))
        found[row["name"]] = facts
    return found


def _queues(workspace: Workspace, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Count the labelled items of each queue."""
    with workspace.store.read() as connection:
        done = standing.labelled(connection, [row["name"] for row in rows])
    return {
        name: {"figures": [figure(said("labelled items"), number, "count")]}
        for name, number in done.items()
    }


def _endpoints(
    workspace: Workspace, rows: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Say which endpoints answer, how often they were asked and how fast they were."""
    with workspace.store.read() as connection:
        live = standing.live_endpoints(connection)
        traffic = standing.traffic(connection, [row["name"] for row in rows])
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["name"]
        facts: dict[str, Any] = {"state": "stopped", "figures": []}
        if name in live:
            facts |= {"state": "serving", "job": live[name]}
        seen = traffic.get(name)
        if seen is not None:
            facts["figures"] = [
                figure(said("requests per minute"), seen["per_minute"], "count"),
                figure(said("95th percentile of the latency"), seen["p95_seconds"], "seconds"),
            ]
        found[name] = facts
    return found


_WRITERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Entry]] = {
    "dataset": _dataset,
    "run": _run,
}
_FACTS: dict[str, Callable[..., dict[str, dict[str, Any]]]] = {
    "model": _sizes,
    "pipeline": _pipelines,
    "queue": _queues,
    "endpoint": _endpoints,
}
