"""Where the server is, and for whom."""

from __future__ import annotations

import os
from typing import Any

from pydantic import Field

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.store.store import JOBS
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.folder import ACTIVE
from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import Asked, route
from llmops_workbench.faces.server.service import Service
from llmops_workbench.version import __version__


class Folder(Asked):
    """Where to make a workspace.

    Attributes:
        folder: Seen from the server's root; `.` for the root itself.
    """

    folder: str = Field(".", max_length=1000)


@route("GET", "status")
def status(request: Request) -> dict[str, Any]:
    """Say which workspace is open, for whom, and whether anything has changed."""
    from llmops_workbench.tracking.catalogue import Catalogue

    service = request.service
    told: dict[str, Any] = {
        "version": __version__,
        "workspace": None,
        "problem": service.problem(),
        "user": request.person or "",
        "revision": 0,
        "jobs_revision": service.heard,
        "running": 0,
    }
    try:
        opened = request.workspace
        told["revision"] = opened.store.revision()
        told["jobs_revision"] += opened.store.revision(JOBS)
    except LLMOpsError:
        return told
    told["workspace"] = described(service, opened)
    told["user"] = opened.user()
    told["running"] = Catalogue(opened).jobs(states=ACTIVE, limit=1)[1]
    return told


@route("POST", "workspace", body=Folder, status=201)
def make_workspace(request: Request) -> dict[str, Any]:
    """Make a workspace of a folder below the server's root, and open it."""
    return described(request.service, request.service.open_here(request.body.folder))


def described(service: Service, opened: Workspace) -> dict[str, Any]:
    """Name a workspace without the machine's own paths."""
    return {
        "id": opened.id,
        "name": opened.root.name,
        "root": os.path.relpath(opened.root, service.root).replace(os.sep, "/"),
    }
