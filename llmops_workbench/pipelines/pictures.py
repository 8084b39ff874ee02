"""Small static charts as SVG: intervals and bars, readable in the light and the dark."""

from __future__ import annotations

import html
from collections.abc import Sequence

_LABEL = 190
_WIDTH = 720
_ROW = 28
_ACCENT = "#0072b2"
_TEXT = "font-family='system-ui, sans-serif' font-size='12' fill='currentColor'"


def intervals(rows: Sequence[tuple[str, float, float, float]], low: float, high: float) -> str:
    """Draw values with their intervals on one axis.

    Args:
        rows: Label, value, lower and upper end.
        low: Left end of the axis.
        high: Right end.

    Returns:
        SVG text.
    """

    def at(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(_LABEL + share * (_WIDTH - _LABEL - 120), 1)

    parts = [_axis(at, low, high, len(rows))]
    for number, (label, value, lower, upper) in enumerate(rows):
        y = _ROW * number + 18
        said = f"{value:.3f}  ({lower:.3f} … {upper:.3f})"
        parts.append(
            f"<text x='0' y='{y + 4}' {_TEXT}>{html.escape(label)}</text>"
            f"<line x1='{at(lower)}' x2='{at(upper)}' y1='{y}' y2='{y}' stroke='{_ACCENT}' "
            "stroke-width='3' stroke-opacity='.45'/>"
            f"<circle cx='{at(value)}' cy='{y}' r='4.5' fill='{_ACCENT}'>"
            f"<title>{html.escape(label)}: {said}</title></circle>"
            f"<text x='{_WIDTH}' y='{y + 4}' text-anchor='end' {_TEXT}>{value:.3f}</text>"
        )
    return _svg("".join(parts), len(rows), "values with their 95 % intervals")


def bars(
    rows: Sequence[tuple[str, float, str]], low: float, high: float, mark: float | None = None
) -> str:
    """Draw bars from the left end of the axis.

    Args:
        rows: Label, value, and a word beside the bar.
        low: Left end of the axis.
        high: Right end.
        mark: Where a vertical line stands, such as chance.

    Returns:
        SVG text.
    """

    def at(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(_LABEL + share * (_WIDTH - _LABEL - 160), 1)

    parts = [_axis(at, low, high, len(rows))]
    for number, (label, value, word) in enumerate(rows):
        y = _ROW * number + 18
        parts.append(
            f"<text x='0' y='{y + 4}' {_TEXT}>{html.escape(label)}</text>"
            f"<rect x='{at(low)}' y='{y - 7}' width='{at(value) - at(low)}' height='14' "
            f"fill='{_ACCENT}' fill-opacity='.6'/>"
            f"<text x='{_WIDTH}' y='{y + 4}' text-anchor='end' {_TEXT}>"
            f"{value:.3f} {html.escape(word)}</text>"
        )
    if mark is not None:
        bottom = _ROW * len(rows) + 4
        parts.append(
            f"<line x1='{at(mark)}' x2='{at(mark)}' y1='2' y2='{bottom}' stroke='currentColor' "
            "stroke-dasharray='3 3' stroke-opacity='.7'/>"
        )
    return _svg("".join(parts), len(rows), "bars")


def _axis(at: object, low: float, high: float, rows: int) -> str:
    assert callable(at)
    bottom = _ROW * rows + 4
    ticks = [low + (high - low) * step / 4 for step in range(5)]
    return "".join(
        f"<line x1='{at(tick)}' x2='{at(tick)}' y1='2' y2='{bottom}' stroke='currentColor' "
        "stroke-opacity='.15'/>"
        f"<text x='{at(tick)}' y='{bottom + 14}' text-anchor='middle' {_TEXT} "
        f"fill-opacity='.65'>{tick:g}</text>"
        for tick in ticks
    )


def _svg(body: str, rows: int, label: str) -> str:
    height = _ROW * rows + 24
    return (
        f"<svg viewBox='0 0 {_WIDTH} {height}' width='{_WIDTH}' height='{height}' role='img' "
        f"aria-label='{label}'>{body}</svg>"
    )
