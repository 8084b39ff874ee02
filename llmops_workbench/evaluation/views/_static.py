"""What the panels of this room look like in a saved notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmops_workbench.core import markup

WORST = 10
SLICES = 10


def evaluation_page(
    head: dict[str, Any], report: dict[str, Any] | None, gates: Sequence[dict[str, Any]]
) -> str:
    """Write an evaluation: a line a metric with its difference, slices, verdicts, worst rows."""
    if report is None:
        given = head["arguments"]
        told = f"<p dir='auto'>{markup.text(head['error'])}</p>" if head["error"] else ""
        title = f"{given.get('model', '')} on {given.get('data', '')}"
        return markup.page(title, head["state"], [], told)
    against = report["baseline"]
    title = f"{report['model']}{f' against {against}' if against else ''} on {report['data']}"
    figures = [
        f"{report['n']:,} rows",
        f"{report['failed']:,} failed" if report["failed"] else "",
        f"{report['baseline_failed']:,} failed for the baseline"
        if report["baseline_failed"]
        else "",
        markup.seconds(report["seconds"]),
    ]
    body = _metrics(report) + _slices(report)
    for name, reason in report["scorers_failed"].items():
        body += f"<p>{markup.text(name)} could not be computed: {markup.text(reason)}</p>"
    for gate in gates:
        body += markup.heading(f"gate {'passed' if gate['passed'] else 'not passed'}")
        body += markup.table(
            ["", "rule", "why"],
            [
                [
                    "✓" if rule["passed"] else "✗",
                    markup.text(rule["rule"]),
                    markup.text(rule["reason"]),
                ]
                for rule in gate["rules"]
            ],
        )
    worst = report["worst"][:WORST]
    if worst:
        body += markup.heading(f"{len(worst)} of the rows that went wrong")
        body += markup.table(
            list(worst[0]),
            [[_cell(row.get(name)) for name in worst[0]] for row in worst],
        )
    return markup.page(title, head["state"], figures, body)


def _metrics(report: dict[str, Any]) -> str:
    paired = bool(report["paired"])
    heads = ["metric", "score", "n", "failed"]
    heads += ["baseline", "difference", "p"] if paired else []
    lines = []
    for name, score in report["metrics"].items():
        line = [
            markup.text(name),
            markup.scored(score["value"], score["lower"], score["upper"]),
            markup.number(score["n"]),
            markup.number(score["failed"]),
        ]
        if paired:
            base, pair = report["baseline_metrics"].get(name), report["paired"].get(name)
            line.append(markup.number(base["value"]) if base else "")
            line += [_change(pair), f"{pair['p']:.2g}"] if pair else ["", ""]
        lines.append(line)
    return markup.table(heads, lines)


def _slices(report: dict[str, Any]) -> str:
    parts = report["slices"][:SLICES]
    if not parts:
        return ""
    name = next(iter(report["metrics"]))
    paired = any(part.get("paired") for part in parts)
    heads = ["part", "n", name] + (["difference", "p corrected"] if paired else [])
    lines = []
    for part in parts:
        score = part["metrics"].get(name) or {}
        line = [
            markup.text(f"{part['column']} = {part['value']}"),
            markup.number(part["n"]),
            markup.scored(score.get("value"), score.get("lower"), score.get("upper")),
        ]
        pair = (part.get("paired") or {}).get(name)
        if paired:
            p = (part.get("adjusted_p") or {}).get(name)
            line += [_change(pair) if pair else "", "" if p is None else f"{p:.2g}"]
        lines.append(line)
    order = "the most harmed" if paired else "the worst"
    return markup.heading(f"parts of the rows, {order} first") + markup.table(heads, lines)


def _change(pair: dict[str, Any]) -> str:
    told = (
        f"{pair['difference']:+.3g} <span style='opacity:.65'>"
        f"{pair['lower']:+.3g} … {pair['upper']:+.3g}</span>"
    )
    if pair["lower"] <= 0 <= pair["upper"]:
        return f"<span style='opacity:.65'>{told} n.s.</span>"
    return f"<b>{told}</b>"


def _cell(value: Any) -> str:
    return markup.number(value) if isinstance(value, int | float) else markup.text(value, 200)
