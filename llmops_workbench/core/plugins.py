"""Parts that others add: entry points of one group, and files named in the environment.

A plug-in is a module; importing it registers what it brings (operations, metrics, engines,
steps). A broken one is kept with its reason and named by `doctor`, and never stops the rest.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

GROUP = "llmops_workbench.plugins"
ENVIRONMENT = "LLMOPS_PLUGINS"

_broken: dict[str, str] = {}


@cache
def load_plugins() -> tuple[str, ...]:
    """Import every installed plug-in once.

    Returns:
        The names of those that loaded.
    """
    from importlib.metadata import entry_points

    loaded = []
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:
            _broken[point.name] = f"{type(error).__name__}: {error}"
        else:
            loaded.append(point.name)
    for name in filter(None, os.environ.get(ENVIRONMENT, "").split(os.pathsep)):
        try:
            load_file(Path(name))
        except Exception as error:
            _broken[name] = f"{type(error).__name__}: {error}"
        else:
            loaded.append(name)
    return tuple(loaded)


def load_file(path: Path) -> ModuleType:
    """Import one Python file as a plug-in, under a name made of its own.

    Raises:
        FileNotFoundError: There is no such file.
    """
    path = path.expanduser().resolve()
    if not path.is_file():
        raise FileNotFoundError(path)
    name = f"llmops_plugin_{path.stem}"
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def broken() -> dict[str, str]:
    """Name the plug-ins that failed to load, each with its reason."""
    load_plugins()
    return dict(_broken)
