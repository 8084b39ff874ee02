"""The quickstart's page: every number and picture in one file that needs no network."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.events import now
from llmops_workbench.pipelines import pictures

if TYPE_CHECKING:
    from llmops_workbench.pipelines.quickstart import Measured, QuickstartReport

# Step: the operation that made its result, and the heading above it.
SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("explore_movies", "explore", "The data: movie reviews"),
    ("explore_tweets", "explore", "The data: tweets"),
    ("explore_editorials", "explore", "The data: editorials"),
    ("explore_products", "explore", "The data: product reviews"),
    ("prepare", "prepare", "Preparing"),
    ("compare", "compare", "Two prompts on the base model, validation rows"),
    ("tune", "tune", "Tuning"),
    ("evaluate", "evaluate", "Base against tuned, test rows"),
    ("gate", "gate", "The gate"),
    ("promote", "promote", "Promotion"),
    ("agree", "agree", "People and the model"),
    ("monitor_movies", "monitor", "Traffic: movie reviews"),
    ("monitor_tweets", "monitor", "Traffic: tweets"),
    ("monitor_editorials", "monitor", "Traffic: editorials"),
    ("monitor_products", "monitor", "Traffic: product reviews"),
    ("trace", "lineage", "Where one served answer came from"),
)

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8888; --accent: #0072b2; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1040px; padding: 24px; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 0; display: inline; }
table { border-collapse: collapse; margin: 8px 0; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; text-align: left; vertical-align: top; }
tr + tr > * { border-top: 1px solid var(--line); }
section, details.step { border-top: 1px solid var(--line); padding: 12px 0; }
details.step > summary { cursor: pointer; padding: 4px 0; }
.soft { opacity: .65; } .figures { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 16px 0; }
.figure b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } pre { white-space: pre-wrap; } svg { max-width: 100%; height: auto; }
a { color: var(--accent); }
"""


def write(path: Path, found: QuickstartReport, results: dict[str, Any], run_id: str | None) -> None:
    """Write the page, all or nothing.

    Args:
        path: Where.
        found: The headline numbers.
        results: By step, what its operation gave.
        run_id: The run of the pipeline.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(render(found, results, run_id), encoding="utf-8")
    fresh.replace(path)


def render(found: QuickstartReport, results: dict[str, Any], run_id: str | None) -> str:
    """Give the page as HTML without scripts."""
    sections = "".join(
        _section(results[step], verb, title) for step, verb, title in SECTIONS if step in results
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>Quickstart</title><style>{_STYLE}</style></head><body>"
        f"<h1>The life of a model: {_text(found.champion)}</h1>"
        f"<p class='soft'>{_text(now())} · run {_text(run_id)} · the pipeline took "
        f"{found.seconds:,.0f} s and {found.peak_memory_mb:,} MB, fetching "
        f"{found.fetch_seconds:,.0f} s</p>"
        f"{_figures(found)}{_gains(found)}{_drift(found)}{_agreement(found)}{sections}"
        f"<details class='step'><summary><h2>Every number as JSON</h2></summary>"
        f"<pre>{_text(json.dumps(found.to_dict(), indent=1, ensure_ascii=False))}</pre></details>"
        "</body></html>"
    )


def _figures(found: QuickstartReport) -> str:
    alarms = [name for name, verdict in found.drift.items() if verdict.alarm]
    same = found.agreement.get("same")
    figures = [
        (f"{found.skill_before.value:.2f} → {found.skill_after.value:.2f}", "skill on test rows"),
        (f"{found.format_before.value:.2f} → {found.format_after.value:.2f}", "format and skill"),
        ("passed" if found.gate["passed"] else "not passed", "gate"),
        (f"{found.served_requests}", "requests served"),
        (f"{same['value']:.2f}" if same else "–", "same answer as most people"),
        (f"{len(alarms)} of {len(found.drift)}", "domains with a drift alarm"),
    ]
    return (
        "<div class='figures'>"
        + "".join(
            f"<div class='figure'><b>{_text(value)}</b><span class='soft'>{_text(label)}</span>"
            "</div>"
            for value, label in figures
        )
        + "</div>"
    )


def _gains(found: QuickstartReport) -> str:
    rows: list[tuple[str, Measured]] = [
        ("skill, base", found.skill_before),
        ("skill, tuned", found.skill_after),
        ("format, base", found.format_before),
        ("format, tuned", found.format_after),
    ]
    chart = pictures.intervals([(label, m.value, m.lower, m.upper) for label, m in rows], 0, 1)
    gains = pictures.intervals(
        [
            (label, m.value, m.lower, m.upper)
            for label, m in (("skill gain", found.skill_gain), ("format gain", found.format_gain))
        ],
        -1,
        1,
    )
    return (
        f"<section><h2>What tuning changed</h2><p>On {found.test_rows} test rows that nothing was "
        "chosen by, with 95 % intervals. <b>Skill</b> asks which of the two answers the model "
        "finds likelier, so it needs no format. <b>Format</b> counts the rows on which the model "
        "writes just the right word. Most of the second is learning how to answer; the first is "
        f"what it learned to tell apart.</p><div class='wide'>{chart}</div>"
        f"<div class='wide'>{gains}</div></section>"
    )


def _drift(found: QuickstartReport) -> str:
    bars = [
        (name, verdict.classifier_auc, f"{'▲ alarm' if verdict.alarm else 'no alarm'}")
        for name, verdict in found.drift.items()
    ]
    lines = "".join(
        f"<tr><td>{_text(name)}</td><td>{'▲ alarm' if verdict.alarm else 'no alarm'}</td>"
        f"<td>{verdict.classifier_auc:.3f}</td><td>{verdict.p:.2g}</td></tr>"
        for name, verdict in found.drift.items()
    )
    return (
        "<section><h2>Does the traffic look like what the model was made for?</h2>"
        "<p>How well a classifier tells the requests of a domain from the validation rows: 0.5 is "
        f"not at all.</p><div class='wide'>{pictures.bars(bars, 0.0, 1.0, mark=0.5)}</div>"
        "<table><tr><th>domain</th><th>verdict</th><th>area under the curve</th>"
        f"<th>smallest corrected p</th></tr>{lines}</table></section>"
    )


def _agreement(found: QuickstartReport) -> str:
    people, same = found.agreement.get("people"), found.agreement.get("same")
    rows = [part for part in (people, *found.agreement.get("model", {}).values(), same) if part]
    chart = pictures.intervals(
        [
            (part["measure"], part["value"], part["lower"], part["upper"])
            for part in rows
            if part["value"] is not None
        ],
        -0.2,
        1,
    )
    return (
        "<section><h2>People and the model</h2><p>Agreement of the raters among each other, and of "
        "the served answers with the side that most raters are on. 1 is perfect; for the first "
        f"three, 0 is chance.</p><div class='wide'>{chart}</div></section>"
    )


def _section(result: dict[str, Any], verb: str, title: str) -> str:
    shown = operations.get(verb).result_type.model_validate(result)
    return (
        f"<details class='step'><summary><h2>{_text(title)}</h2></summary>"
        f"<div class='wide'>{shown._repr_html_()}</div></details>"
    )


def _text(value: object) -> str:
    return html.escape(str(value))
