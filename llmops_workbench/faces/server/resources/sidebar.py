"""The sidebar: its sections, how much is in each, and their entries."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from llmops_workbench.core.errors import not_found
from llmops_workbench.core.references import check_kind
from llmops_workbench.faces.server import entries, sections
from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import Asked, route


class Page(Asked):
    """A page of a section; the search is for parts of the name."""

    search: str = Field("", max_length=500)
    offset: int = Field(0, ge=0, le=10**9)
    limit: int = Field(50, gt=0, le=500)


class Kind(Asked):
    """Of which kind."""

    kind: str = Field(max_length=40)


@route("GET", "sidebar")
def describe_sidebar(request: Request) -> dict[str, Any]:
    """Say which sections there are, what an empty one begins with, and what is offered as new."""
    return sections.described()


@route("GET", "sidebar/counts")
def count_sections(request: Request) -> dict[str, Any]:
    """Count what is in each section."""
    return entries.counts(request.workspace)


@route("GET", "sidebar/sections/{name}", query=Page)
def list_section(request: Request, name: str) -> dict[str, Any]:
    """List a page of a section, the newest first."""
    found = sections.section(name)
    if found is None:
        raise not_found("section", name, [one.id for one in sections.SECTIONS])
    asked: Page = request.query
    items, total = entries.page(request.workspace, found, asked.search, asked.offset, asked.limit)
    return {"items": items, "total": total}


@route("GET", "fitting", query=Kind)
def list_fitting(request: Request) -> list[dict[str, Any]]:
    """List the operations that begin with a thing of a kind."""
    return list(sections.fitting(check_kind(request.query.kind)))
