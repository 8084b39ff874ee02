"""Static HTML and inline SVG of reports: no scripts, and every value escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH = 240
HEIGHT = 60
#: Readable on a light and on a dark page.
BAR = "#4c8bf5"
_CELL = "style='text-align:left;vertical-align:top;padding:2px 10px 2px 0'"


def histogram(edges: Sequence[float], counts: Sequence[int], label: str) -> str:
    """Draw a histogram.

    Args:
        edges: One more than there are bars.
        counts: Heights.
        label: What is counted, for a reader who hears the page.
    """
    top = max(counts, default=0)
    if top == 0:
        return ""
    wide = WIDTH / len(counts)
    bars = "".join(
        f"<rect x='{n * wide:.1f}' y='{HEIGHT - count / top * HEIGHT:.1f}' "
        f"width='{max(wide - 1, 0.5):.1f}' height='{count / top * HEIGHT:.1f}' fill='{BAR}'>"
        f"<title>{number(edges[n])} to {number(edges[n + 1])}: {count}</title></rect>"
        for n, count in enumerate(counts)
    )
    return (
        f"<svg role='img' aria-label='{escape(label, quote=True)}' width='{WIDTH}' "
        f"height='{HEIGHT + 14}' viewBox='0 0 {WIDTH} {HEIGHT + 14}'>{bars}"
        f"<text x='0' y='{HEIGHT + 12}' font-size='10' fill='currentColor'>"
        f"{number(edges[0])}</text>"
        f"<text x='{WIDTH}' y='{HEIGHT + 12}' font-size='10' text-anchor='end' "
        f"fill='currentColor'>{number(edges[-1])}</text></svg>"
    )


def bars(items: Sequence[tuple[str, float]], total: float) -> str:
    """Draw named quantities as horizontal bars with their part of a total."""
    rows = []
    for name, value in items:
        part = value / total if total else 0.0
        rows.append(
            f"<tr><td {_CELL}>{escape(short(name))}</td>"
            f"<td {_CELL}><svg role='img' aria-label='{part:.1%}' width='120' height='10'>"
            f"<rect width='{part * 120:.1f}' height='10' fill='{BAR}'></rect></svg></td>"
            f"<td {_CELL}>{number(value)} ({part:.1%})</td></tr>"
        )
    return f"<table>{''.join(rows)}</table>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    first = "".join(f"<th {_CELL}>{escape(name)}</th>" for name in head)
    rest = "".join(
        "<tr>" + "".join(f"<td {_CELL}>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table>"


def steps_table(report: Mapping[str, Any]) -> str:
    """The HTML of a recipe's run: each step with the rows that are left after it."""
    most = max(report["rows_in"], 1)
    rows = []
    for done in report["steps"]:
        left = done["rows_out"] / most * 160
        detail = "; ".join(
            f"{key} {_plain(value)}" for key, value in done["detail"].items() if value
        )
        rows.append(
            [
                escape(done["step"]),
                str(done["rows_in"]),
                str(done["rows_out"]),
                str(done["changed"]),
                f"<svg role='img' aria-label='{done['rows_out']} rows' width='160' height='10'>"
                f"<rect width='{left:.1f}' height='10' fill='{BAR}'></rect></svg>",
                escape(short(detail, 120)),
            ]
        )
    title = f"<p><b>{escape(str(report['ref']))}</b>, {report['rows_out']} rows</p>"
    splits = bars(list(report["splits"].items()), report["rows_out"]) if report["splits"] else ""
    return title + table(["step", "rows in", "rows out", "changed", "", ""], rows) + splits


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    return str(value)


def number(value: float | None) -> str:
    """A number as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:.4g}"


def short(text: str, limit: int = 40) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
