"""The web application: Panel's page, and the routes that the page asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_workbench.faces.dashboards.resources import ROOT, ResourceHandler

if TYPE_CHECKING:
    from llmops_workbench.faces.server.service import Service


def application(service: Service, ref: str, hosts: set[str]) -> Any:
    """Make the tornado application.

    Args:
        service: What the routes share.
        ref: What the page opens first.
        hosts: The names by which the server is called.
    """
    from bokeh.server.tornado import BokehTornado
    from panel.io.application import build_applications

    from llmops_workbench.faces.dashboards.page import page

    return BokehTornado(
        build_applications({"/": lambda: page(ref)}, title="LLMOps dashboard", location=False),
        extra_patterns=[(rf"/{ROOT}/(.*)", ResourceHandler, {"service": service})],
        extra_websocket_origins=sorted(hosts),
        # The page's token would hand the cookie, which no script may read, to every script.
        include_cookies=[],
        include_headers=[],
        log_function=lambda handler: None,
    )
