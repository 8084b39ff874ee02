"""Tables and cells of a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# As the formatter of this code breaks lines.
_WIDTH = 100


def cell(text: object) -> str:
    """Write a value so that it stays within its cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a table.

    Args:
        heads: One a column.
        rows: As many cells each, already marked up.

    Returns:
        Lines, the last one empty; nothing when there is no row.
    """
    lines = ["| " + " | ".join(cell(part) for part in row) + " |" for row in rows]
    if not lines:
        return []
    ruler = "| " + " | ".join("---" for _ in heads) + " |"
    return ["| " + " | ".join(heads) + " |", ruler, *lines, ""]


def fence(language: str, lines: Iterable[str]) -> list[str]:
    """Write a block of code; the last line returned is empty."""
    return [f"```{language}", *lines, "```", ""]


def python_call(verb: str, arguments: Mapping[str, Any]) -> list[str]:
    """Write a call as Python, formatted as the rest of the code is."""
    parts = [f"{name}={_literal(value)}" for name, value in arguments.items()]
    line = f"result = lw.{verb}({', '.join(parts)})"
    if len(line) <= _WIDTH:
        return [line]
    return [f"result = lw.{verb}(", *(f"    {part}," for part in parts), ")"]


def _literal(value: Any) -> str:
    if isinstance(value, str) and '"' not in value:
        return '"' + repr(value + '"')[1:-2] + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    return repr(value)
