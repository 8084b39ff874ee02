"""Where Jupyter finds what this package brings to it."""

from __future__ import annotations

from typing import Any


def server_points() -> list[dict[str, Any]]:
    """Tell the Jupyter server where its extension is."""
    from llmops_workbench.faces.server.app import LLMOpsWorkbench

    return [{"module": "llmops_workbench.faces.server.app", "app": LLMOpsWorkbench}]


def labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the built plugin is, and what it is called."""
    return [{"src": "labextension", "dest": "llmops-workbench"}]
