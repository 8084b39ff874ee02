"""What a route is asked, and what it answers; neither knows of any web server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.store.plain import plain
from llmops_workbench.core.views import Question

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.faces.server.service import Service

JSON = "application/json"


@dataclass
class Request:
    """One request that was let in and whose form was checked.

    Attributes:
        service: What the server holds.
        person: Whom the server has authenticated; None for whoever runs it.
        query: The checked query; None for a route without one.
        body: The checked body; None for a route without one.
        asked: Is cancelled when the asker has gone.
        served_at: The path that the routes stand below, as in `/user/ada/llmops-workbench/`.
    """

    service: Service
    person: str | None = None
    query: Any = None
    body: Any = None
    asked: Question = field(default_factory=Question)
    served_at: str = "/llmops-workbench/"

    @property
    def workspace(self) -> Workspace:
        """The open workspace, in which the person of this request acts.

        Raises:
            WorkspaceError: There is none.
        """
        return self.service.workspace().acting_for(self.person)


@dataclass(frozen=True)
class Reply:
    """What goes back.

    Attributes:
        content: The bytes of it.
        content_type: What they are.
        status: The HTTP status.
        headers: Further headers.
    """

    content: bytes = b""
    content_type: str = JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """Answer with a JSON value; what is no JSON, such as a date or NaN, is written as text."""
    text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate, which a file name may hold, has no form in UTF-8.
    return Reply(text.encode("utf-8", "replace"), JSON, status, headers)
