"""What a call would do, for the line that a form shows before: counted, or guessed and so said."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError

# How many earlier runs are looked at; of those that fit, the newest few set the pace.
_LOOKED_AT = 100
_FEW = 5


def plan(
    text: str,
    *,
    seconds: float | None = None,
    estimated_from: list[str] | None = None,
    **numbers: int | None,
) -> dict[str, Any]:
    """Put a plan together.

    Args:
        text: What will be done, in one line.
        seconds: How long it should take.
        estimated_from: The runs that this was guessed from.
        numbers: What was counted, such as rows, steps and calls.
    """
    return {
        "text": text,
        **{name: number for name, number in numbers.items() if number is not None},
        "seconds": None if seconds is None else round(seconds, 1),
        "estimated_from": estimated_from or [],
    }


def counted(number: int, what: str) -> str:
    """Write a number of things: 1 row, 10,605 rows."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def rows_of(data: str, limit: int | None = None) -> int | None:
    """Count the rows that a reference names; None for a file that was not read yet."""
    from llmops_workbench.core.references import parse
    from llmops_workbench.tracking import datasets

    try:
        number = datasets.count(parse(data, "dataset"))
    except LLMOpsError:
        return None
    return number if limit is None else min(number, limit)


def pace(
    operation: str, like: Mapping[str, Any], units: Callable[[Mapping[str, Any]], float | None]
) -> tuple[float | None, list[str]]:
    """Find how long one unit of work took in earlier runs that were like this one.

    Args:
        operation: The verb.
        like: Arguments that must have been the same, references pinned.
        units: How much work a run's result says that it did; None when it does not say.

    Returns:
        Seconds a unit, the median of the newest few, and the runs; None and no runs when there
        is nothing to go by.
    """
    from llmops_workbench.tracking.catalogue import Catalogue

    book = Catalogue(context.workspace())
    found, runs = [], []
    where = f"operation={operation} state=done"
    for item in book.runs(limit=_LOOKED_AT, where=where)[0]:
        if any(item["arguments"].get(name) != value for name, value in like.items()):
            continue
        run = book.run(item["run_id"])
        result = run["result"] or {}
        work, took = units(result), result.get("seconds") or _elapsed(run)
        if work and took:
            found.append(took / work)
            runs.append(item["ref"])
        if len(found) == _FEW:
            break
    return (statistics.median(found), runs) if found else (None, [])


def pinned(value: Any, kind: str) -> Any:
    """Pin a reference for `pace`; what names nothing stays as it is."""
    from llmops_workbench.tracking.catalogue import Catalogue

    book = Catalogue(context.workspace())
    if isinstance(value, list):
        return [pinned(item, kind) for item in value]
    try:
        return book.pin(str(value), kind)
    except LLMOpsError:
        return value


def _elapsed(run: Mapping[str, Any]) -> float | None:
    try:
        begun, ended = (
            datetime.fromisoformat(str(run[name]).replace("Z", "+00:00"))
            for name in ("started", "ended")
        )
    except ValueError:
        return None
    return (ended - begun).total_seconds()
