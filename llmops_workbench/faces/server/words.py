"""What the texts that people read are called in other languages."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from llmops_workbench.core.said import said

# Kinds and states are data, and words where they are shown.
WORDS = (
    said("dataset"),
    said("endpoint"),
    said("job"),
    said("model"),
    said("monitor"),
    said("pipeline"),
    said("prompt"),
    said("queue"),
    said("recipe"),
    said("run"),
    said("alarm"),
    said("cancelled"),
    said("done"),
    said("failed"),
    said("interrupted"),
    said("paused"),
    said("queued"),
    said("running"),
    said("serving"),
    said("stopped"),
)

_CATALOGUES = Path(__file__).resolve().parents[2] / "locale"
_FILE = "LC_MESSAGES/llmops_workbench.json"


@cache
def translations(locale: str) -> dict[str, str]:
    """Give the translations into a language by the English text; none for one that is not there.

    Args:
        locale: Such as `zh-CN` or `zh_CN`.
    """
    known = {path.name.lower(): path / _FILE for path in _CATALOGUES.glob("*")}
    wanted = locale.replace("-", "_").lower()
    path = known.get(wanted)
    if path is None or not path.is_file():
        return {}
    whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    # The first entry tells of the catalogue itself; of several plural forms the last is of many.
    return {text: found[-1] for text, found in whole.items() if text and found[-1]}
