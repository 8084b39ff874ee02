"""`${{ parameters.x }}` and `${{ steps.prepare.ref }}` in the values of a pipeline."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from llmops_workbench.core.errors import UsageError, did_you_mean

_EXPRESSION = re.compile(r"\$\{\{\s*(?P<path>[^{}]*?)\s*\}\}")
_ROOTS = ("parameters", "steps")


def paths(value: Any) -> Iterator[list[str]]:
    """Walk over the paths that a value refers to, each split at its dots.

    Raises:
        UsageError: A path has no known root, or no name after it.
    """
    if isinstance(value, dict):
        for item in value.values():
            yield from paths(item)
    elif isinstance(value, list):
        for item in value:
            yield from paths(item)
    elif isinstance(value, str):
        for match in _EXPRESSION.finditer(value):
            parts = match["path"].split(".")
            if parts[0] not in _ROOTS:
                raise UsageError(f"'{match.group()}': {did_you_mean(parts[0], _ROOTS)}")
            if len(parts) < 2 or not all(parts):
                raise UsageError(f"'{match.group()}' has no name after '{parts[0]}.'")
            yield parts


def fill(value: Any, scope: dict[str, Any]) -> Any:
    """Put in what the expressions of a value refer to.

    Args:
        value: JSON; a text that is one expression takes the type of what it refers to.
        scope: `parameters` and `steps`.

    Raises:
        UsageError: A path leads nowhere; the nearest name is given.
    """
    if isinstance(value, dict):
        return {key: fill(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, scope) for item in value]
    if not isinstance(value, str):
        return value
    whole = _EXPRESSION.fullmatch(value.strip())
    if whole is not None:
        return _find(whole["path"], scope)

    def text(match: re.Match[str]) -> str:
        found = _find(match["path"], scope)
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return _EXPRESSION.sub(text, value)


def _find(path: str, scope: dict[str, Any]) -> Any:
    value: Any = scope
    walked: list[str] = []
    parts = path.split(".")
    while parts:
        # A name may hold a dot itself, as that of a metric: the longest that fits is meant.
        for size in range(len(parts), 0, -1):
            name = ".".join(parts[:size])
            if isinstance(value, dict) and name in value:
                value = value[name]
                break
            if isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
                break
        else:
            known = list(value) if isinstance(value, dict) else []
            where = ".".join(walked) or "a pipeline"
            raise UsageError(
                f"'${{{{ {path} }}}}': {where} has no '{parts[0]}'; "
                f"{did_you_mean(parts[0], [str(name) for name in known])}"
            )
        walked += parts[:size]
        parts = parts[size:]
    return value
