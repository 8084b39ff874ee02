"""What the panels of this room look like in a saved notebook."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core import markup

ROWS = 5


def grid_page(head: dict[str, Any], report: dict[str, Any] | None) -> str:
    """Write a comparison: a line a variant with its scores, then a few rows."""
    if report is None:
        data = markup.text(head["arguments"].get("data", ""))
        told = f"<p dir='auto'>{markup.text(head['error'])}</p>" if head["error"] else ""
        return markup.page("compare", head["state"], [data], told)
    columns = report["columns"]
    names = list(dict.fromkeys(name for column in columns for name in column["metrics"]))
    figures = [
        f"{len(columns)} variants × {report['n']:,} rows = {report['calls']:,} answers",
        f"{report['failed']:,} failed" if report["failed"] else "",
        markup.seconds(report["seconds"]),
    ]
    heads = ["variant"]
    for name in names:
        heads += [name, "to the first"]
    heads += ["median time", "tokens", "failed"]
    lines = []
    for column in columns:
        line = [markup.text(column["label"])]
        for name in names:
            score = column["metrics"].get(name) or {}
            line += [
                markup.scored(score.get("value"), score.get("lower"), score.get("upper")),
                _change(column, name),
            ]
        line += [
            markup.seconds(column["p50_seconds"]),
            markup.number(column["new_tokens"]),
            markup.number(column["failed"]),
        ]
        lines.append(line)
    verdict = (
        "A difference to the first variant is more than chance."
        if report["differs"]
        else "No variant differs from the first by more than chance."
    )
    body = markup.table(heads, lines) + (f"<p>{verdict}</p>" if names else "")
    sample = report["sample"][:ROWS]
    if sample:
        body += markup.heading(f"the first {len(sample)} of {report['n']:,} rows")
        body += markup.table(
            list(sample[0]), [[markup.text(value, 200) for value in row.values()] for row in sample]
        )
    return markup.page(f"compare on {report['data']}", head["state"], figures, body)


def _change(column: dict[str, Any], name: str) -> str:
    pair = column["paired"].get(name)
    if pair is None:
        return ""
    p = column["adjusted_p"].get(name, pair["p"])
    told = f"{pair['difference']:+.3g}, p = {p:.2g}"
    return f"<span style='opacity:.65'>{told}, n.s.</span>" if p >= 0.05 else f"<b>{told}</b>"
