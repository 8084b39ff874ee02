"""Operations that a plug-in brings, with every shape of parameter that there is."""

import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from llmops_workbench.core.context import check_cancelled, progress, warn, workspace
from llmops_workbench.core.errors import GateNotPassedError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef, FileText, MetricName
from llmops_workbench.core.results import Result, Volatile


class EchoReport(Result):
    given: dict[str, Any]
    moment: Volatile[float] = 0.0


@operation(stage="data", records=False)
def echo(
    text: str,
    words: list[str] = [],
    *,
    tone: Literal["warm", "cool"] = "warm",
    times: Annotated[int | None, Field(gt=0)] = None,
    rate: float = 0.5,
    label: str | None = None,
    loud: bool = False,
    extra: Annotated[dict[str, Any], Field(json_schema_extra={"x-llmops-short": "p"})] = {},
    note: FileText | None = None,
    failed: int = 0,
) -> EchoReport:
    """Give back what was given.

    Args:
        text: What to say.
        words: More words.
        tone: How it sounds.
        times: How often; once when left out.
        label: A name for it.
        loud: Whether all hear it.
        extra: Anything else.
        note: A longer text.

    Raises:
        UsageError: Something is wrong.

    Example:
        llmops echo hello --tone cool
    """
    given = {
        "text": text,
        "words": words,
        "tone": tone,
        "times": times,
        "rate": rate,
        "label": label,
        "loud": loud,
        "extra": extra,
        "note": note,
    }
    if failed:
        warn(f"{failed} are lost")
    return EchoReport(given=given, moment=time.monotonic(), failed=failed)


class Rows(Result):
    rows: int
    column: str | None
    metric: str


@operation(stage="data", records=False)
def rows_of(
    source: DatasetRef, *, column: ColumnName | None = None, metric: MetricName = "exact_match"
) -> Rows:
    """Count the rows of a data set."""
    from llmops_workbench.tracking import datasets

    return Rows(rows=datasets.load(source).num_rows, column=column, metric=metric)


class Lingered(Result):
    seconds: float


@operation(stage="data", runs="job")
def linger(seconds: float, *, mark: str = "started") -> Lingered:
    """Work for a while, and say in a file that it has begun."""
    (workspace().root / mark).touch()
    until = time.monotonic() + seconds
    with progress("waiting", int(seconds * 10)) as bar:
        while time.monotonic() < until:
            bar.advance(0)
            check_cancelled()
            time.sleep(0.02)
    return Lingered(seconds=seconds)


@operation(stage="evaluation", records=False)
def refuse(reason: str = "too low") -> Lingered:
    """Be a gate that is not passed."""
    error = GateNotPassedError(f"the gate is closed: {reason}")
    error.result = EchoReport(given={"reason": reason})  # type: ignore[attr-defined]
    raise error


@operation(stage="data", records=False)
def stumble(times: int, *, mark: str) -> Lingered:
    """Fail the first times that it is called, with an error that is not ours."""
    file = Path(workspace().root / mark)
    before = len(file.read_text()) if file.exists() else 0
    file.write_text("x" * (before + 1))
    if before < times:
        raise ValueError(f"call {before + 1} of {times} that fail")
    return Lingered(seconds=0.0)
