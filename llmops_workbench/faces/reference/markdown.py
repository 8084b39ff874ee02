"""Tables and cells of a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


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
