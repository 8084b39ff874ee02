"""LLMOps Workbench: the whole life of a language model inside JupyterLab.

    import llmops_workbench as lw

Every verb is a function here: `lw.explore("reviews.csv")`, `lw.tune(model="smollm2", …)`. Verbs
are found in an index and imported when they are called, so that this import stays cheap.
"""

from typing import Any

from llmops_workbench.version import __version__

# Public names that are no verbs, with the module that holds each.
_NAMES = {
    "score": ("llmops_workbench.scoring.score", "score"),
    "give": ("llmops_workbench.pipelines.steps", "give"),
    "panel": ("llmops_workbench.faces.widgets.panels", "panel"),
    "step": ("llmops_workbench.pipelines.steps", "step"),
    "workspace": ("llmops_workbench.faces.functions", "open_workspace"),
    "open": ("llmops_workbench.faces.functions", "open_workspace"),
    "load_ipython_extension": ("llmops_workbench.faces.magics.extension", "load"),
    "unload_ipython_extension": ("llmops_workbench.faces.magics.extension", "unload"),
    "_jupyter_server_extension_points": ("llmops_workbench.faces.server.points", "server_points"),
    "_jupyter_labextension_paths": ("llmops_workbench.faces.server.points", "labextension_paths"),
}

__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        from importlib import import_module

        module, attribute = _NAMES[name]
        return getattr(import_module(module), attribute)
    if name.startswith("_"):
        raise AttributeError(name)
    from llmops_workbench.faces.functions import verb

    return verb(name)


def __dir__() -> list[str]:
    from llmops_workbench.core.operations import index

    return sorted({*globals(), *_NAMES, *index()})
