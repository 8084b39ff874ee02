"""Texts that the server gives people to read, and what they are called in other languages."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_CATALOGUES = Path(__file__).resolve().parents[2] / "locale"
_FILE = "LC_MESSAGES/llmops_workbench.json"


def said(text: str) -> str:
    """Mark a text that people read: the page translates it, and a test looks for its translation.

    Args:
        text: In English, with `%1`, `%2` … as its places.
    """
    return text


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
