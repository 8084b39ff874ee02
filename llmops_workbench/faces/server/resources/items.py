"""Everything in the catalogue: pages, one thing, its tags and aliases, and where it came from."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.references import Reference, check_kind, parse
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import Asked, route
from llmops_workbench.tracking import decisions, overview
from llmops_workbench.tracking.catalogue import Catalogue, Version


class Page(Asked):
    """A page of a kind.

    Attributes:
        kind: Singular or plural.
        search: Part of a name.
        filter: Conditions such as `state=failed`, as `llmops ls --where` takes them.
        sort: A field; a minus before it turns the order round.
        versions: Every version, instead of the newest of each name.
    """

    kind: str = Field(max_length=40)
    search: str = Field("", max_length=500)
    filter: str = Field("", max_length=2000)
    sort: str = Field("", max_length=200)
    offset: int = Field(0, ge=0, le=10**9)
    limit: int = Field(50, gt=0, le=1000)
    versions: bool = False


class Words(Asked):
    """What to look for in all kinds."""

    q: str = Field("", max_length=500)
    limit: int = Field(20, gt=0, le=200)


class Change(Asked):
    """What to change of a thing.

    Attributes:
        alias: An alias to point at this version.
        remove_alias: An alias to take away.
        tags: Names and values; a null takes one away.
    """

    alias: str | None = Field(None, max_length=100)
    remove_alias: str | None = Field(None, max_length=100)
    tags: dict[str, str | None] = Field(default={}, max_length=100)


class Way(Asked):
    """Which way to follow the graph."""

    forward: bool = False


@route("GET", "items", query=Page)
def list_items(request: Request) -> dict[str, Any]:
    """List a page of a kind, the newest first."""
    page = request.query
    single = check_kind(page.kind)
    items, total = Catalogue(request.workspace).items(
        single,
        limit=page.limit,
        offset=page.offset,
        where=page.filter or None,
        words=page.search.split(),
        order=page.sort,
        newest=not page.versions,
    )
    return {"items": items, "total": total}


@route("GET", "counts")
def count_items(request: Request) -> dict[str, Any]:
    """Count the names of each kind, the runs, and the jobs that run."""
    with request.workspace.store.read() as connection:
        return overview.counts(connection)


@route("GET", "search", query=Words)
def search_items(request: Request) -> dict[str, Any]:
    """Find names of every kind, and runs, that hold all words."""
    with request.workspace.store.read() as connection:
        return {"items": overview.search(connection, request.query.q, request.query.limit)}


@route("GET", "items/{ref}")
def show_item(request: Request, ref: str) -> dict[str, Any]:
    """Show one thing with all that is known of it."""
    shown = invoke("show", {"ref": ref}, workspace=request.workspace).to_dict()
    shown["details"].pop("workspace", None)
    if shown["kind"] == "run":
        return shown
    book = Catalogue(request.workspace)
    found = book.get(parse(ref))
    name = found.ref.name
    return {
        **shown,
        "tags": found.tags,
        "scores": found.scores,
        "pointing": book.aliases(found.ref.kind, name) if name else {},
        "versions": [_listed(one) for one in book.versions(found.ref.kind, name)] if name else [],
    }


def _listed(version: Version) -> dict[str, Any]:
    return {
        "ref": str(version.ref),
        "version": version.number,
        "hash": version.hash,
        "created": version.created,
        "run_id": version.run_id,
        "scores": version.scores,
    }


@route("DELETE", "items/{ref}")
def remove_item(request: Request, ref: str) -> dict[str, Any]:
    """Take a version or a run out of every list."""
    removed = Catalogue(request.workspace).remove(_pinned(ref))
    return {"ref": str(removed.ref)}


@route("POST", "items/{ref}", body=Change)
def change_item(request: Request, ref: str) -> dict[str, Any]:
    """Set tags and aliases of a version, or tags of a run."""
    change: Change = request.body
    workspace = request.workspace
    book = Catalogue(workspace)
    found = book.get(parse(ref))
    with context.activate(workspace):
        for alias in (change.alias, change.remove_alias):
            _check_alias(found, alias)
        for key, value in change.tags.items():
            book.tag(found.ref, key, value)
        if change.alias is not None:
            decisions.move_alias(
                found, change.alias, action="alias", run_id=None, decide=lambda gate, before: {}
            )
        if change.remove_alias is not None:
            before = book.delete_alias(found.ref.kind, found.ref.name, change.remove_alias)
            details = {"alias": change.remove_alias, "previous": before, "removed": True}
            decisions.record(
                "alias", found.ref, model_hash=found.hash, run_id=None, details=details
            )
    now = book.get(found.ref)
    run = now.ref.kind == "run"
    pointing = {} if run else book.aliases(now.ref.kind, now.ref.name)
    return {"ref": str(now.ref), "tags": dict(now.tags or {}), "pointing": pointing}


def _check_alias(found: Version, alias: str | None) -> None:
    if alias is None:
        return
    if found.ref.kind in ("model", "run") or not found.ref.name:
        how = {"model": "use promote or rollback, which look at the gate"}
        raise UsageError(
            f"an alias of a {found.ref.kind} is not set here: "
            + how.get(found.ref.kind, "only a named version has one")
        )


@route("GET", "lineage/{ref}", query=Way)
def follow(request: Request, ref: str) -> dict[str, Any]:
    """Follow the graph from a thing to what it came from, or to what came of it."""
    return Catalogue(request.workspace).lineage(ref, forward=request.query.forward)


def _pinned(ref: str) -> Reference:
    reference = parse(ref)
    if not reference.pinned or reference.external:
        raise UsageError(f"'{ref}' is not one version: give its number, as in {ref}@1")
    return reference
