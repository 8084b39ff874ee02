"""The static page of a difference: counts, and changed texts word by word."""

from html import escape
from typing import TYPE_CHECKING, Any

from llmops_workbench.data.pictures import bars, short, table

if TYPE_CHECKING:
    from llmops_workbench.data.diff import DiffReport

_STYLES = {
    "insert": "background:#2da44e55;text-decoration:none",
    "delete": "background:#cf222e55",
}
#: Longer texts are shown by their beginnings: a word diff of a book helps nobody.
LONGEST = 2000


def diff_html(report: "DiffReport") -> str:
    """Give the HTML of a difference."""
    counts = [
        (kind, float(getattr(report, kind))) for kind in ("equal", "changed", "added", "removed")
    ]
    title = f"<p><b>{escape(report.before)}</b> to <b>{escape(report.after)}</b></p>"
    parts = [title, bars(counts, max(report.rows_before, report.rows_after, 1))]
    for words, names in (
        ("Columns added", report.columns_added),
        ("Columns removed", report.columns_removed),
    ):
        if names:
            parts.append(f"<p>{words}: {escape(', '.join(names))}</p>")
    rows = [
        [escape(row.key), escape(short(name)), _change(row.before[name], row.after[name])]
        for row in report.changed_rows
        for name in row.before
    ]
    if rows:
        parts.append(table(["row", "column", "change"], rows))
    return "".join(parts)


def _change(before: Any, after: Any) -> str:
    if not isinstance(before, str) or not isinstance(after, str):
        return f"{escape(short(str(before)))} → {escape(short(str(after)))}"
    from llmops_workbench.text.similarity import word_diff

    parts = []
    for kind, text in word_diff(before[:LONGEST], after[:LONGEST]):
        tag = {"insert": "ins", "delete": "del"}.get(kind, "span")
        style = f" style='{_STYLES[kind]}'" if kind in _STYLES else ""
        parts.append(f"<{tag}{style}>{escape(text)}</{tag}>")
    return "".join(parts)
