"""Where models are kept on this machine, outside of any workspace."""

from __future__ import annotations

import os
from pathlib import Path

ENVIRONMENT = "LLMOPS_CACHE"


def cache_folder(*parts: str) -> Path:
    """Give a folder of the cache, made if needed.

    The cache is `LLMOPS_CACHE`, else `llmops-workbench` in the user's cache folder. Everything in
    it can be made again.
    """
    given = os.environ.get(ENVIRONMENT)
    if given:
        root = Path(given).expanduser()
    else:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        root = Path(home) / "llmops-workbench"
    folder = root.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
