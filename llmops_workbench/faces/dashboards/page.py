"""The dashboard's page: one component of Panel, which the loader fills from the server."""

from __future__ import annotations

from typing import Any

import panel as pn
import param
from panel.custom import AnyWidgetComponent

from llmops_workbench.faces.dashboards.resources import ROOT

# The module is imported by the browser itself, so that its parts are loaded once and kept.
_LOADER = f"""
const load = new Function('url', 'return import(url)');

export default {{
  async render(given) {{
    const url = new URL('{ROOT}/views/panel.js', document.baseURI).href;
    const module = await load(url);
    return module.default.render(given);
  }}
}};
"""

# Nothing comes from elsewhere, whatever the data says.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: blob:; worker-src 'self' blob:; base-uri 'self'; form-action 'self'"
)

_TEMPLATE = """
{% extends base %}
{% block postamble %}
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width">
<style>html, body { margin: 0; height: 100%; overflow: hidden; }</style>
{% endblock %}
{% block contents %}{{ embed(roots.shell) }}{% endblock %}
"""


class Shell(AnyWidgetComponent):  # type: ignore[misc]
    """The list of what the workspace holds, with the panel of what was chosen."""

    _esm = _LOADER
    _importmap: Any = {}

    # `ref` and `view` are names that Bokeh keeps for itself.
    chosen = param.String(doc="What to show first.")
    in_view = param.String(doc="In which view; found by what it is when empty.")

    @classmethod
    def _process_importmap(cls) -> dict[str, Any]:
        """Name no place that React would come from: the page has no use for it."""
        return {}


def page(ref: str) -> Any:
    """Make the page of one visitor.

    Args:
        ref: What to show when the address says nothing.
    """
    given = {
        name: [value.decode("utf-8", "replace") for value in values]
        for name, values in (pn.state.session_args or {}).items()
    }
    shell = Shell(
        chosen=given.get("ref", [ref])[0],
        in_view=given.get("view", [""])[0],
        sizing_mode="stretch_both",
    )
    template = pn.Template(_TEMPLATE)
    template.add_variable("policy", _POLICY)
    template.add_panel("shell", shell)
    return template
