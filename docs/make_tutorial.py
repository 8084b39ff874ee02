"""Make the tutorial of a finished quickstart: `python docs/make_tutorial.py demo`.

Words come from `tutorial.md.in`, where a line `{{step}}` or `{{begin_*}}` stands for what steps
left behind: their calls, figures and pictures. Without a workspace the page is written as planned,
without a figure.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmops_workbench.core import operations, replay
from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.reference.markdown import fence, python_call, table
from llmops_workbench.pipelines import graph, pictures

DOCS = Path(__file__).resolve().parent
WORDS = DOCS / "tutorial.md.in"
PIPELINE = "quickstart"
# Whose single numbers say more than their table.
BY_HEADLINE = ("tune", "explore")
ROWS, COLUMNS, PICTURE_WIDTH = 14, 12, 200
# Costs, which the page of the benchmarks is for.
LEFT_OUT = ("new_tokens", "p50_seconds")


@dataclass(frozen=True)
class Told:
    """A step as the tutorial tells it.

    Attributes:
        name: Its name in the pipeline.
        verb: Its operation; None for a notebook of its own.
        values: Its parameters.
        result: What it gave; None before any run.
        seconds: How long its notebook ran.
        picture: SVG text of the chart in its notebook, if it has one.
    """

    name: str
    verb: str | None
    values: dict[str, Any]
    result: dict[str, Any] | None = None
    seconds: float | None = None
    picture: str | None = None


def planned() -> list[Told]:
    """Give the steps as they are written, before any run."""
    return [
        Told(step.name, step.verb, step.values) for step in graph.load("quickstart.yaml", {}).steps
    ]


def done(workspace: Workspace, pipeline: str = PIPELINE) -> tuple[dict[str, Any], list[Told]]:
    """Give the newest finished execution of a pipeline, and its steps.

    Raises:
        NotFoundError: There is none.
    """
    from llmops_workbench.tracking.catalogue import Catalogue

    catalogue = Catalogue(workspace)
    for row in catalogue.runs(where="operation=execute state=done", limit=200)[0]:
        run = catalogue.run(row["run_id"])
        result = run["result"] or {}
        if result.get("pipeline") == pipeline:
            steps = [each for each in result["steps"] if each["notebook"]]
            return run, [_told(workspace, each) for each in steps]
    raise NotFoundError(f"'{workspace.root}' holds no finished {pipeline}: run it first")


def _told(workspace: Workspace, step: dict[str, Any]) -> Told:
    notebook = workspace.dot / step["notebook"]
    folder = notebook.parent
    document = json.loads(notebook.read_text(encoding="utf-8"))
    facts = folder / "step.json"
    verb = json.loads(facts.read_text(encoding="utf-8"))["operation"] if facts.exists() else None
    return Told(
        name=step["step"],
        verb=verb,
        values=json.loads((folder / "spec.json").read_text(encoding="utf-8"))["parameters"],
        result=json.loads((folder / "result.json").read_text(encoding="utf-8")),
        seconds=document["metadata"].get("papermill", {}).get("duration"),
        picture=_chart(document),
    )


def _chart(notebook: dict[str, Any]) -> str | None:
    """Find the chart that shows most; the bars inside of tables are none."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            markup = "".join(output.get("data", {}).get("text/html", ""))
            for svg in re.findall(r"<svg.*?</svg>", markup, re.DOTALL):
                width = re.search(r"width='(\d+)'", svg)
                if width and int(width[1]) >= PICTURE_WIDTH:
                    found.append((int(width[1]), len(svg), svg))
    return max(found)[2] if found else None


def page(steps: list[Told], run: dict[str, Any] | None) -> tuple[str, dict[str, str]]:
    """Write the tutorial.

    Args:
        steps: In their order.
        run: The execution that they are of; None for a page without figures.

    Returns:
        The page, and its pictures by file name.
    """
    drawn: dict[str, str] = {}
    left = list(steps)
    lines = []
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if not re.fullmatch(r"\{\{[\w*]+\}\}", line):
            lines.append(line)
        elif line == "{{run}}":
            lines += _about(run, steps)
        elif line == "{{others}}":
            lines += ["## Further steps", "", *_steps(left, drawn)] if left else []
        else:
            own = [step for step in left if _fits(step.name, line.strip("{}"))]
            left = [step for step in left if step not in own]
            lines += _steps(own, drawn)
    text = "\n".join(lines)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n", drawn


def _about(run: dict[str, Any] | None, steps: list[Told]) -> list[str]:
    if run is None:
        return []
    minutes = sum(step.seconds or 0 for step in steps) / 60
    return [
        f"The figures are those of one run on {run['started'][:10]} ({platform.system()} "
        f"{platform.machine()}): {len(steps)} steps in {minutes:.0f} minutes.",
        "`python docs/make_tutorial.py demo` wrote them into this page.",
    ]


def _fits(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _steps(steps: list[Told], drawn: dict[str, str]) -> list[str]:
    lines = []
    for step in steps:
        lines += [f"### {step.name}", "", *_call(step)]
        if step.result is not None:
            lines += _figures(step)
            chart = step.picture or _intervals(step)
            if chart is not None:
                lines += _picture(step.name, chart, drawn)
    if len(steps) > 1 and all(step.verb == "monitor" and step.result for step in steps):
        lines += _picture("drift", _drift(steps), drawn)
    return lines


def _call(step: Told) -> list[str]:
    """Write the call as one does it alone: a cell and a shell line; as planned before any run."""
    if step.result is None or step.verb is None:
        lines = [f"{step.name}:"]
        lines += [f"  template: {step.verb}"] if step.verb else []
        lines += ["  with:"] if step.values else []
        for name, value in step.values.items():
            if isinstance(value, str) and "\n" in value.rstrip("\n"):
                text = value.rstrip("\n").splitlines()
                lines += [f"    {name}: |", *(f"      {line}".rstrip() for line in text)]
            else:
                lines.append(f"    {name}: {json.dumps(value, ensure_ascii=False)}")
        return fence("yaml", lines)
    cell = replay.magic(step.verb, step.values).splitlines()
    if len(cell) > 1 and not cell[0].startswith("%%"):
        # A line magic ends with its line; a text of several lines is written as Python.
        cell = python_call(step.verb, step.values)
    lines = fence("python", cell)
    shell = replay.shell(step.verb, step.values)
    return lines + (fence("shell", [shell]) if "\n" not in shell else [])


def _figures(step: Told) -> list[str]:
    record = step.result or {}
    if step.verb is None:
        rows = [(name, _short(value)) for name, value in record.items() if _plain(value)]
        return table(["figure", "value"], rows)
    result = operations.get(step.verb).result_type.model_validate(record)
    found = result.text_rows()
    if step.verb in BY_HEADLINE or found == [result.to_dict()] or not found:
        numbers = result.headline()
        facts = {name: record[name] for name in ("ref", "alias") if record.get(name)}
        return table(["figure", "value"], [(k, _short(v)) for k, v in {**facts, **numbers}.items()])
    names = list(dict.fromkeys(name for row in found for name in row))
    names = [name for name in names if any(_plain(row.get(name)) for row in found)]
    names = [name for name in names if name not in LEFT_OUT][:COLUMNS]
    rows = [[_short(row.get(name)) for name in names] for row in found[:ROWS]]
    lines = table(names, rows)
    return lines + ([f"… and {len(found) - ROWS} more.", ""] if len(found) > ROWS else [])


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if value is None or not isinstance(value, str):
        return ""
    text = value if len(value) <= 80 else value[:79] + "…"
    return f"`{text}`" if re.match(r"\w+:[\w.-]+@", text) else text


def _intervals(step: Told) -> str | None:
    """Draw scores with their intervals, those of the baseline among them."""
    record = step.result or {}
    rows = []
    for name, score in (record.get("metrics") or {}).items():
        for who, part in (
            ("", score),
            (", base", (record.get("baseline_metrics") or {}).get(name)),
        ):
            if isinstance(part, dict) and part.get("lower") is not None:
                rows.append((f"{name}{who}", part["value"], part["lower"], part["upper"]))
    if not rows and step.verb is not None:
        result = operations.get(step.verb).result_type.model_validate(record)
        for row in result.text_rows():
            if all(isinstance(row.get(key), float) for key in ("value", "lower", "upper")):
                label = " ".join(str(v) for v in row.values() if isinstance(v, str))[:28]
                rows.append((label, row["value"], row["lower"], row["upper"]))
    if not rows:
        return None
    low = min(0.0, *(lower for _, _, lower, _ in rows))
    high = max(1.0, *(upper for *_, upper in rows))
    return pictures.intervals(rows, low, high)


def _drift(steps: list[Told]) -> str:
    rows = []
    for step in steps:
        record = step.result or {}
        tests = {test["feature"]: test for test in record["tests"]}
        word = "▲ alarm" if record["alarm"] else "no alarm"
        value = tests["embedding classifier"]["statistic"]
        rows.append((step.name.removeprefix("monitor_"), value, word))
    return pictures.bars(rows, 0.0, 1.0, mark=0.5)


def _picture(name: str, svg: str, drawn: dict[str, str]) -> list[str]:
    """Keep a chart as a file of its own that can be read on any background."""
    file = f"tutorial-{name}.svg"
    given = "" if "xmlns=" in svg else " xmlns='http://www.w3.org/2000/svg'"
    style = " style='background:#fff;color:#1a202c'"
    drawn[file] = svg.replace("<svg", f"<svg{given}{style}", 1) + "\n"
    label = re.search(r"aria-label='([^']*)'", svg)
    return [f"![{name}: {label[1] if label else 'chart'}](pictures/{file})", ""]


def write(text: str, drawn: dict[str, str], folder: Path) -> None:
    """Write the page and its pictures; pictures of an older page go."""
    place = folder / "pictures"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("tutorial-*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, svg in drawn.items():
        (place / name).write_text(svg, encoding="utf-8")
    (folder / "tutorial.md").write_text(text, encoding="utf-8")


def main(argv: list[str]) -> int:
    """Write the tutorial, of the workspace that is named."""
    if not argv:
        text, drawn = page(planned(), None)
    else:
        workspace = Workspace.find(argv[0])
        with activate(workspace):
            run, steps = done(workspace)
            text, drawn = page(steps, run)
        text = text.replace(str(workspace.root), "demo")
    write(text, drawn, DOCS)
    print(f"wrote docs/tutorial.md and {len(drawn)} pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
