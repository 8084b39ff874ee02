"""The static page of a profile: tables and pictures, no scripts, every value escaped."""

from html import escape
from typing import TYPE_CHECKING

from llmops_workbench.data.pictures import bars, histogram, number, short, table

if TYPE_CHECKING:
    from llmops_workbench.data.explore import ExploreReport
    from llmops_workbench.data.profiles import ColumnProfile, Spread


def profile_html(report: "ExploreReport") -> str:
    """Give the HTML of a profile."""
    parts = [f"<p><b>{escape(short(report.ref, 60))}</b>, {number(report.rows)} rows</p>"]
    if report.bad_rows:
        parts.append(f"<p>{number(report.bad_rows)} rows of the file could not be read.</p>")
    rows = [_column_row(column, report.rows) for column in report.columns]
    head = ["column", "type", "missing", "different", "spread", "most frequent"]
    parts.append(table(head, rows))
    parts.append(_duplicates(report))
    if report.text is not None:
        parts.append(_texts(report))
    for title, counts, total in (
        ("Splits", report.splits, sum(report.splits.values())),
        ("Languages", report.languages, report.languages_rows),
        ("Signs of damage", report.encoding, report.text.rows if report.text else 0),
        ("Personal data and secrets", report.pii, report.text.rows if report.text else 0),
    ):
        if counts:
            of = f" (of {number(total)} rows)" if title != "Splits" else ""
            parts.append(f"<h4>{title}{of}</h4>" + bars(list(counts.items())[:12], total))
    return "".join(parts)


def _column_row(column: "ColumnProfile", rows: int) -> list[str]:
    part = column.missing / rows if rows else 0.0
    role = f"<br><small>role {escape(column.role)}</small>" if column.role else ""
    tops = "<br>".join(
        f"{escape(short(str(item.value)))} <small>({number(item.count)})</small>"
        for item in column.top
    )
    notes = [
        f"{number(count)} {words}"
        for count, words in (
            (column.empty, "empty"),
            (column.nul, "with NUL"),
            (column.not_finite, "not finite"),
        )
        if count
    ]
    about = "" if column.unique_exact else "about "
    return [
        escape(short(column.name)) + role,
        escape(column.type),
        f"{number(column.missing)} ({part:.1%})" + "".join(f"<br>{note}" for note in notes),
        about + number(column.unique),
        _spread(column.spread, _unit(column.type)),
        tops,
    ]


def _unit(kind: str) -> str:
    return {"text": "characters", "chat": "messages", "list": "items"}.get(kind, "")


def _spread(spread: "Spread | None", unit: str) -> str:
    if spread is None or spread.histogram is None:
        return ""
    middle = spread.quantiles.get("0.5")
    words = f"median {number(middle)}, mean {number(spread.mean)} {unit}"
    picture = histogram(spread.histogram.edges, spread.histogram.counts, f"histogram, {words}")
    return f"{picture}<br><small>{words}</small>"


def _duplicates(report: "ExploreReport") -> str:
    found = report.duplicates
    words = f"{number(found.exact)} exact"
    if found.near is not None:
        words += (
            f"; {number(found.near)} near (word n-grams of {found.shingle}, similarity at least "
            f"{found.threshold:g}, exact ones among them, of {number(found.near_rows)} rows)"
        )
    return f"<h4>Duplicates</h4><p>{words}</p>"


def _texts(report: "ExploreReport") -> str:
    text = report.text
    assert text is not None
    of = f"a sample of {number(text.rows)}" if text.sampled else f"all {number(text.rows)}"
    cells = [
        ("characters", _spread(text.characters, "")),
        ("words", _spread(text.words, "")),
    ]
    if text.tokens is not None:
        about = "about " if text.tokens.total_estimated else ""
        total = f"<br><small>{about}{number(text.tokens.total)} in all rows</small>"
        label = f"tokens of {text.tokens.model}"
        cells.append((label, _spread(text.tokens.lengths, "") + total))
    title = f"<h4>Texts of {escape(short(text.column))} ({of} rows)</h4>"
    return title + table([name for name, _ in cells], [[cell for _, cell in cells]])
