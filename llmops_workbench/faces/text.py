"""A result as plain text for a terminal: its facts, then its table."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmops_workbench.core.results import Result

_CELL = 40
_ROWS = 50


def render(result: Result) -> str:
    """Write a result for a person to read.

    Args:
        result: What an operation gave.

    Returns:
        `name: value` lines for its single values, then the rows of its table, cut to fit.
    """
    record = result.to_dict()
    rows = result.text_rows()
    plain = rows == [record]
    lines = []
    for name, value in record.items():
        if value is None or (name == "failed" and value == 0):
            continue
        if plain or not isinstance(value, list | dict):
            lines.append(f"{name}: {_short(value, 400)}")
    if not plain and rows:
        lines += ["", *table(rows)]
    return "\n".join(lines)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Lay rows out in columns; wide characters count as the two cells that they fill."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [[_short(row.get(name), _CELL) for name in names] for row in rows[:_ROWS]]
    widths = [
        max([_width(name), *(_width(line[place]) for line in shown)])
        for place, name in enumerate(names)
    ]
    lines = [_line(names, widths), _line(["-" * width for width in widths], widths)]
    lines += [_line(line, widths) for line in shown]
    if len(rows) > _ROWS:
        lines.append(f"… and {len(rows) - _ROWS:,} more")
    return lines


def _line(cells: list[str], widths: list[int]) -> str:
    padded = [
        cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _short(value: Any, limit: int) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(_printable(text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable(text: str) -> str:
    """Keep a terminal safe from control characters in data."""
    return "".join(c if c.isprintable() else " " for c in text)


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
