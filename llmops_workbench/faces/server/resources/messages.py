"""Translations for the panels, which no translator of a host can list."""

from __future__ import annotations

from pydantic import Field

from llmops_workbench.faces.server.requests import Request
from llmops_workbench.faces.server.routes import Asked, route
from llmops_workbench.faces.server.words import translations


class Language(Asked):
    """Into which language, such as `zh-CN`."""

    locale: str = Field("en", max_length=40)


@route("GET", "messages", query=Language)
def list_messages(request: Request) -> dict[str, str]:
    """Give what the panels say in another language, by the English text."""
    return translations(request.query.locale)
