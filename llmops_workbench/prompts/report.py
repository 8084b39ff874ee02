"""What a comparison of prompts and models gives back."""

import html
from typing import Any, ClassVar

from pydantic import BaseModel

from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.scoring.records import MetricScore, PairedScore


class Column(BaseModel):
    """One variant: a prompt with a model.

    Attributes:
        label: How it is headed.
        failed: Rows that it could not answer.
        cached: Rows whose answers were known already.
        new_tokens: Written in all, cached answers included.
        p50_seconds: Median time of an answer within its batch, of those that were not cached.
        p95_seconds: The 95th percentile of the same.
        metrics: Score by metric.
        paired: Difference to the first column by metric, tested on the same rows.
        adjusted_p: The paired p-values after correction over all columns and metrics.
    """

    label: str
    prompt: str
    model: Volatile[str]
    failed: int
    cached: Volatile[int]
    prompt_tokens: int
    new_tokens: int
    p50_seconds: Volatile[float | None] = None
    p95_seconds: Volatile[float | None] = None
    metrics: dict[str, MetricScore]
    paired: dict[str, PairedScore] = {}
    adjusted_p: dict[str, float] = {}


class ComparisonReport(Result):
    """Variants side by side on the same rows.

    Attributes:
        columns: One a variant; the first is what the others are compared with.
        n: Rows.
        failed: Answers that failed, over all columns.
        differs: Whether any column differs from the first by more than chance, after correction.
        more_rows: By metric: about how many rows it takes to see a difference as large as the
            largest one observed, with a power of 0.8; only where none was seen.
        cells: Table of all answers, as a dataset reference.
        sample: The first rows with every answer, to look at.
    """

    view: ClassVar[str] = "grid"

    columns: list[Column]
    data: Volatile[str]
    target: str | None = None
    choices: list[str] = []
    n: int
    calls: int
    differs: bool
    more_rows: dict[str, int] = {}
    scorers_failed: dict[str, str] = {}
    seconds: Volatile[float]
    cells: Volatile[str]
    sample: list[dict[str, Any]] = []

    def headline(self) -> dict[str, float]:
        """Give each column's scores."""
        return {
            f"{number}.{name}": score.value
            for number, column in enumerate(self.columns, 1)
            for name, score in column.metrics.items()
            if score.value is not None
        }

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line a column and metric."""
        lines = []
        for column in self.columns:
            for name, score in column.metrics.items():
                line: dict[str, Any] = {
                    "column": column.label,
                    "metric": name,
                    **score.model_dump(include={"value", "lower", "upper", "n", "failed"}),
                    "new_tokens": column.new_tokens,
                    "p50_seconds": column.p50_seconds,
                }
                if name in column.paired:
                    pair = column.paired[name]
                    line |= {
                        "difference": pair.difference,
                        "difference_lower": pair.lower,
                        "difference_upper": pair.upper,
                        "p": pair.p,
                        "adjusted_p": column.adjusted_p.get(name),
                    }
                lines.append(line)
        return lines

    def html_body(self) -> str:
        """Give the scores by column and the first answers, without scripts."""
        names = list(self.columns[0].metrics)
        heads = "".join(
            f"<th style='text-align:left'>{html.escape(column.label)}</th>"
            for column in self.columns
        )
        lines = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            + "".join(f"<td>{_cell(column, name)}</td>" for column in self.columns)
            + "</tr>"
            for name in names
        )
        costs = "".join(
            f"<td>{column.new_tokens:,} tokens, {column.failed} failed</td>"
            for column in self.columns
        )
        answers = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(str(value)[:300])}</td>" for value in row.values())
            + "</tr>"
            for row in self.sample
        )
        titles = "".join(f"<th>{html.escape(name)}</th>" for name in (self.sample or [{}])[0])
        verdict = (
            "A difference to the first column is more than chance."
            if self.differs
            else "No column differs from the first by more than chance."
        )
        return (
            f"<p>{self.n} rows × {len(self.columns)} variants. {verdict}</p>"
            f"<table><tr><th></th>{heads}</tr>{lines}<tr><th></th>{costs}</tr></table>"
            f"<details><summary>first rows</summary><table><tr>{titles}</tr>{answers}</table>"
            "</details>"
        )


def _cell(column: Column, name: str) -> str:
    score = column.metrics.get(name)
    if score is None or score.value is None:
        return "–"
    text = f"{score.value:.3g}"
    if score.lower is not None and score.upper is not None:
        text += f" <small style='color:gray'>{score.lower:.3g} … {score.upper:.3g}</small>"
    pair = column.paired.get(name)
    if pair is None:
        return text
    grey = "color:gray" if pair.lower <= 0 <= pair.upper else ""
    note = f"{pair.difference:+.3g}, p = {column.adjusted_p.get(name, pair.p):.3g} corrected"
    return f"{text}<br><small style='{grey}'>{html.escape(note)}</small>"
