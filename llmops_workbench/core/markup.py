"""HTML without scripts for saved notebooks: all text escaped, each style in its own element.

A saved notebook is read on pages that strip scripts and style sheets, in a light or a dark theme;
so colours are the reader's own, and only greys, rules and curves are set.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Safe for colour-blind eyes, and the same as on the live page.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_GREY = "opacity:.65"
_CELL = "padding:2px 12px 2px 0;text-align:left;vertical-align:top;border:0"
_LONGEST = 500


def text(value: Any, longest: int = _LONGEST) -> str:
    """Escape a value; a long one is cut."""
    written = "–" if value is None else str(value)
    return html.escape(written if len(written) <= longest else written[:longest] + " …")


def number(value: Any) -> str:
    """Write a number with three significant digits; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text(value)
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}" if abs(value) < 1e15 else f"{value:.3g}"
    return f"{value:.3g}"


def scored(value: Any, lower: Any = None, upper: Any = None) -> str:
    """Write a number with its interval in lighter text."""
    if lower is None or upper is None:
        return number(value)
    return f"{number(value)} <span style='{_GREY}'>{number(lower)} … {number(upper)}</span>"


def page(title: str, state: str = "", figures: Iterable[str] = (), body: str = "") -> str:
    """Frame a view: what it is, the figures that answer its question, and the rest.

    Args:
        title: Name and version; escaped here.
        state: One word; escaped here.
        figures: HTML of each figure.
        body: HTML of the rest.
    """
    told = f" <span style='{_GREY}'>{text(state)}</span>" if state else ""
    line = " · ".join(figure for figure in figures if figure)
    return (
        f"<div style='font-family:inherit;line-height:1.4;overflow-x:auto'>"
        f"<div><b dir='auto'>{text(title)}</b>{told}</div>"
        f"{f'<div>{line}</div>' if line else ''}{body}</div>"
    )


def heading(title: str) -> str:
    """Head a part of a page."""
    return f"<div style='margin-top:8px;{_GREY}'>{text(title)}</div>"


def facts(pairs: Mapping[str, str]) -> str:
    """Give names and values, a line each; values are HTML, empty ones are left out."""
    lines = "".join(
        f"<tr><th style='{_CELL};font-weight:normal;{_GREY}'>{text(name)}</th>"
        f"<td style='{_CELL}' dir='auto'>{value}</td></tr>"
        for name, value in pairs.items()
        if value
    )
    return f"<table style='border-collapse:collapse;margin:4px 0'>{lines}</table>" if lines else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; heads are escaped here, cells are HTML."""
    top = "".join(f"<th style='{_CELL};{_GREY}'>{text(head)}</th>" for head in heads)
    lines = "".join(
        "<tr>" + "".join(f"<td style='{_CELL}' dir='auto'>{cell}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table style='border-collapse:collapse;margin:4px 0'><tr>{top}</tr>{lines}</table>"


def chart(
    label: str, lines: Sequence[Mapping[str, Any]], width: int = 480, height: int = 150
) -> str:
    """Draw lines by step as a picture.

    Args:
        label: What is drawn.
        lines: Each with `label`, `x` and `y`; one with `dots` is drawn as dots as well.
        width: In pixels.
        height: In pixels.

    Returns:
        SVG text; empty when nothing has two points.
    """
    if not any(len(line["x"]) > 1 for line in lines):
        return ""
    xs = [value for line in lines for value in line["x"]]
    ys = [value for line in lines for value in line["y"]]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    wide, tall = (right - left) or 1.0, (high - low) or 1.0
    pad, foot = 44, 18

    def place(x: float, y: float) -> str:
        across = pad + (x - left) / wide * (width - pad - 8)
        down = 8 + (high - y) / tall * (height - foot - 8)
        return f"{across:.1f},{down:.1f}"

    drawn, words = [], []
    for line, colour in zip(lines, PALETTE * (len(lines) // len(PALETTE) + 1), strict=False):
        points = [place(x, y) for x, y in zip(line["x"], line["y"], strict=True)]
        drawn.append(
            f"<polyline points='{' '.join(points)}' fill='none' stroke='{colour}' "
            "stroke-width='1.5'/>"
        )
        if line.get("dots"):
            drawn += [
                f"<circle cx='{x}' cy='{y}' r='3' fill='{colour}'/>"
                for x, y in (point.split(",") for point in points)
            ]
        words.append(f"<span style='color:{colour}'>●</span> {text(line['label'])}")
    note = "font-size='11' fill='currentColor' font-family='sans-serif'"
    return (
        f"<div>{text(label)} &nbsp; {' &nbsp; '.join(words)}</div>"
        f"<svg viewBox='0 0 {width} {height}' width='{width}' height='{height}' role='img' "
        f"aria-label='{text(label)} by step'>"
        f"<line x1='{pad}' y1='{height - foot}' x2='{width - 8}' y2='{height - foot}' "
        f"stroke='currentColor' stroke-opacity='.3'/>{''.join(drawn)}"
        f"<text x='2' y='14' {note}>{number(high)}</text>"
        f"<text x='2' y='{height - foot}' {note}>{number(low)}</text>"
        f"<text x='{pad}' y='{height - 4}' {note}>{number(left)}</text>"
        f"<text x='{width - 8}' y='{height - 4}' text-anchor='end' {note}>{number(right)}</text>"
        "</svg>"
    )


def seconds(value: float | None) -> str:
    """Write a duration: `12 s`, `3 min 20 s`, `2 h 5 min`; empty when nobody knows it."""
    if value is None:
        return ""
    if value < 10:
        return f"{value:.2g} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s".replace(" 0 s", "")
    return f"{whole // 3600} h {whole % 3600 // 60} min".replace(" 0 min", "")
