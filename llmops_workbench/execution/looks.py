"""What a panel shows of a job: its figures, its charts, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.said import said
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.folder import ACTIVE, FAILED, PAUSED, RESUMABLE, STOP, State

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation
    from llmops_workbench.execution.job import Job
    from llmops_workbench.execution.story import Story

# A number with this prefix is measured on rows that are kept aside, and belongs to the same chart.
HELD_OUT = ("eval_", "validation_")
RATE = "_per_second"


def operation_of(job: Job) -> Operation | None:
    """Give a job's operation; None when it came with a plug-in that is not here."""
    try:
        return operations.get(job.spec.operation)
    except (LLMOpsError, ImportError):
        return None


def title_of(operation: str, arguments: dict[str, Any]) -> str:
    """Say in a few words what is done: `tune smollm2, reviews → triage`."""
    names = []
    for value in arguments.values():
        for item in value if isinstance(value, list) else [value]:
            kind, colon, rest = str(item).partition(":")
            if isinstance(item, str) and colon and kind.isalpha() and "\n" not in item:
                names.append(rest.partition("@")[0] or rest[:14])
    made = arguments.get("name")
    told = ", ".join(dict.fromkeys(name for name in names if name and len(name) < 60))
    title = f"{operation} {told}".strip()
    return f"{title} → {made}" if isinstance(made, str) and made else title


def figures(story: Story, beat: dict[str, Any], step: int | None) -> list[dict[str, Any]]:
    """List the numbers that answer how it goes, each with how it was made.

    Args:
        story: What the job has told.
        beat: What its heartbeat says; empty when it does not run.
        step: How far it came.
    """
    found: list[dict[str, Any]] = []
    for (part, name), series in story.series.items():
        last = series.last()
        if last is None or not name.endswith(RATE):
            continue
        thing = name.removesuffix(RATE).replace("_", " ")
        found.append(
            {
                "label": f"{thing}/s",
                "value": last[1],
                "as": "tokens",
                "title": f"{thing} a second over the steps of this start, at step {last[0]:.0f}"
                + (f" of {part}" if part else ""),
            }
        )
    used, most = beat.get("memory_mb"), beat.get("peak_memory_mb")
    predicted = story.predicted.get("memory_mb")
    if used is not None or predicted is not None:
        told = "memory of the process and of what it started, from its last heartbeat"
        if most is not None:
            told += f"; {most:,.0f} MB at most so far"
        found.append(
            {
                "label": "memory",
                "value": None if used is None else used * 1e6,
                "as": "bytes",
                "of": None if predicted is None else predicted * 1e6,
                "title": told,
            }
        )
    if story.checkpoint is not None and step is not None:
        found.append(
            {
                "label": "checkpoint",
                "value": story.checkpoint["step"],
                "as": "number",
                "title": "the step of the newest checkpoint, from which it can go on",
                "time": story.checkpoint["time"],
            }
        )
    return found


def charts(
    story: Story, points: int, start: float | None = None, stop: float | None = None
) -> list[dict[str, Any]]:
    """Give the numbers that the job has told by step, a chart each; a held-out one joins its own.

    Args:
        story: What the job has told.
        points: How many of each at most.
        start: The first step; all when left out.
        stop: The last step.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for (part, name), series in story.series.items():
        base = next((name.removeprefix(head) for head in HELD_OUT if name.startswith(head)), name)
        held_out = base != name
        chart = found.setdefault(
            (part, base),
            {"name": base, "label": base.replace("_", " "), "part": part, "series": []},
        )
        steps, values = series.thin(points, start, stop)
        chart["series"].append(
            {
                "name": name,
                "label": "held out" if held_out else "train",
                "held_out": held_out,
                "x": steps,
                "y": values,
                "count": len(series),
            }
        )
    for chart in found.values():
        chart["series"].sort(key=lambda series: series["held_out"])
        if len(chart["series"]) == 1 and not chart["series"][0]["held_out"]:
            chart["series"][0]["label"] = chart["label"]
    # What was told first is what the work is about; speeds and sizes stand behind.
    return sorted(found.values(), key=lambda chart: chart["name"].endswith(RATE))


def numbers(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the headline numbers of a run, each with its interval when it has one.

    A report writes `name`, `name.lower` and `name.upper`; others a mapping with `value`.
    """
    found: list[dict[str, Any]] = []
    for name, value in metrics.items():
        head, dot, part = name.rpartition(".")
        if dot and part in ("lower", "upper") and head in metrics:
            continue
        given = value if isinstance(value, dict) else {"value": value}
        lower = given.get("lower", metrics.get(f"{name}.lower"))
        upper = given.get("upper", metrics.get(f"{name}.upper"))
        found.append({"name": name, "value": given.get("value"), "lower": lower, "upper": upper})
    return found


def actions(job: Job, state: State, story: Story) -> list[dict[str, Any]]:
    """List what can be done about a job now, the likeliest last; with what would be lost by it."""
    asked = job.folder.requested()
    operation = operation_of(job)
    endless = operation is not None and operation.endless
    saves = operation is not None and operation.saves
    if state.state in ACTIVE:
        lost = None if saves else _lost(job, state)
        if endless:
            lost = said("Whoever asks it gets no answer any more. What it has recorded stays.")
        found = []
        if not endless and asked is None:
            found.append(
                {
                    "name": "pause",
                    "label": said("Pause"),
                    "icon": "pause",
                    "title": said("let it write a checkpoint and end, to go on from there later"),
                    "confirm": lost,
                }
            )
        if asked != STOP:
            found.append(
                {
                    "name": "cancel",
                    "label": said("Stop & save") if saves else said("Stop"),
                    "icon": "stop",
                    "title": said("end it; what is saved stays, and it can be resumed"),
                    "confirm": lost,
                }
            )
        return found
    if state.state not in RESUMABLE:
        return []
    latest = Checkpoints.open(job.folder.checkpoints).latest()
    place = f"from step {latest.step}" if latest is not None else "from the beginning"
    return [
        {
            "name": "resume",
            "label": said("Try again") if state.state == FAILED else said("Resume"),
            "icon": "play",
            "title": f"go on {place}, in the same run",
            "confirm": None,
        }
    ]


def _lost(job: Job, state: State) -> str | None:
    if state.state == PAUSED or state.handle is None:
        return None
    latest = Checkpoints.open(job.folder.checkpoints).latest()
    if latest is not None:
        return (
            f"What it did since its checkpoint at step {latest.step} is lost: "
            "it goes on from there when it is resumed."
        )
    return said("It has written no checkpoint: it begins again when it is resumed.")
