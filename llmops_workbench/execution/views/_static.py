"""What the panels of this room look like in a saved notebook."""

from __future__ import annotations

import json
from typing import Any

from llmops_workbench.core import markup


def job_page(state: dict[str, Any], charts: list[dict[str, Any]]) -> str:
    """Write a job as it is now."""
    now = state["now"]
    figures = []
    if now["step"] is not None:
        figures.append(f"step {markup.number(now['step'])}/{markup.number(now['steps'])}")
    figures.append(markup.seconds(now["ran"]))
    figures += [
        f"{markup.number(each['value'])} {markup.text(each['label'])}" for each in now["figures"]
    ]
    body = ""
    if now["error"] is not None:
        body += f"<p dir='auto'>{markup.text(now['error']['message'])}</p>"
    elif now["message"]:
        body += f"<p dir='auto'>{markup.text(now['message'])}</p>"
    for drawn in charts:
        lines = [{**line, "dots": line["held_out"]} for line in drawn["series"]]
        title = f"{drawn['label']} of {drawn['part']}" if drawn["part"] else drawn["label"]
        body += markup.chart(title, lines)
    outcome = now["outcome"] or {"numbers": [], "made": []}
    body += markup.facts(
        {
            each["name"]: markup.scored(each["value"], each["lower"], each["upper"])
            for each in outcome["numbers"]
        }
        | {"made": markup.text(", ".join(outcome["made"])) if outcome["made"] else ""}
    )
    body += markup.heading("arguments")
    body += markup.facts(
        {each["name"]: markup.text(_plain(each["value"])) for each in state["arguments"]}
    )
    return markup.page(state["title"], now["state"], figures, body)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
