"""What an evaluation gives back."""

import html
from typing import Any, ClassVar

from pydantic import BaseModel

from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.scoring.records import MetricScore, PairedScore


class SliceScore(BaseModel):
    """The scores of the rows that share one value of a column.

    Attributes:
        n: Rows in it.
        metrics: Score by metric.
        baseline_metrics: The baseline's scores of the same rows.
        paired: Difference by metric, tested on these rows.
        adjusted_p: The paired p-values after correction over all parts and metrics.
    """

    column: str
    value: str
    n: int
    metrics: dict[str, MetricScore]
    baseline_metrics: dict[str, MetricScore] = {}
    paired: dict[str, PairedScore] = {}
    adjusted_p: dict[str, float] = {}


class EvaluationReport(Result):
    """How good a model is on a dataset.

    Attributes:
        model: What was scored.
        baseline: What it is compared with, if anything.
        data: The rows.
        n: Rows that were asked.
        failed: Rows that the model could not answer or that have no right answer; they are in no
            score.
        baseline_failed: The same of the baseline.
        metrics: Score by metric.
        baseline_metrics: The baseline's scores.
        paired: Difference by metric, tested on the same rows.
        slices: Scores of parts of the rows: with a baseline those first where the most was lost,
            else the worst first.
        small_slices: Parts that are left out: too few rows, or too many better parts.
        scorers_failed: Metrics that could not be computed, with the reason.
        rows: Table of single rows (what was asked, said and right, and each metric), as a dataset
            reference.
    """

    view: ClassVar[str] = "evaluation"

    model: Volatile[str]
    baseline: Volatile[str | None] = None
    data: Volatile[str]
    prompt: Volatile[str | None] = None
    target: str
    choices: list[str] = []
    n: int
    metrics: dict[str, MetricScore]
    baseline_failed: int = 0
    baseline_metrics: dict[str, MetricScore] = {}
    paired: dict[str, PairedScore] = {}
    slices: list[SliceScore] = []
    small_slices: int = 0
    scorers_failed: dict[str, str] = {}
    cached: Volatile[int] = 0
    seconds: Volatile[float]
    rows: Volatile[str | None] = None
    worst: Volatile[list[dict[str, Any]]] = []

    def headline(self) -> dict[str, float]:
        """Give each metric with its interval, and each difference."""
        numbers: dict[str, float] = {"n": float(self.n), "failed": float(self.failed)}
        for name, score in self.metrics.items():
            for part in ("value", "lower", "upper"):
                value = getattr(score, part)
                if value is not None:
                    numbers[name if part == "value" else f"{name}.{part}"] = value
        for name, pair in self.paired.items():
            numbers[f"paired.{name}"] = pair.difference
            numbers[f"paired.{name}.lower"] = pair.lower
            numbers[f"paired.{name}.upper"] = pair.upper
        return numbers

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line a metric."""
        lines = []
        for name, score in self.metrics.items():
            line: dict[str, Any] = {"metric": name, **score.model_dump(include=_SHOWN)}
            if name in self.baseline_metrics:
                line["baseline"] = self.baseline_metrics[name].value
            if name in self.paired:
                pair = self.paired[name]
                line |= {
                    "difference": pair.difference,
                    "difference_lower": pair.lower,
                    "difference_upper": pair.upper,
                    "p": pair.p,
                }
            lines.append(line)
        return lines

    def html_body(self) -> str:
        """Give scores, differences and the rows that went wrong, without scripts."""
        head = f"<p><b>{html.escape(self.model)}</b> on {html.escape(self.data)}: {self.n} rows"
        head += f", {self.failed} failed" if self.failed else ""
        head += f", against <b>{html.escape(self.baseline)}</b></p>" if self.baseline else "</p>"
        lines = "".join(self._line(name) for name in self.metrics)
        columns = ["metric", "score", "95 % interval", "n"]
        columns += ["baseline", "difference", "95 % interval", "p"] if self.paired else []
        heads = "".join(f"<th style='text-align:left'>{title}</th>" for title in columns)
        wrong = "".join(
            f"<p>{html.escape(name)} could not be computed: {html.escape(reason)}</p>"
            for name, reason in self.scorers_failed.items()
        )
        parts = self._slices() + self._worst()
        return f"{head}<table><tr>{heads}</tr>{lines}</table>{wrong}{parts}"

    def _line(self, name: str) -> str:
        score = self.metrics[name]
        cells = [name, _number(score.value), _range(score.lower, score.upper), str(score.n)]
        pair = self.paired.get(name)
        if self.paired:
            base = self.baseline_metrics.get(name)
            cells += [_number(base.value if base else None)]
            cells += (
                [f"{pair.difference:+.3g}", _range(pair.lower, pair.upper), f"{pair.p:.3g}"]
                if pair
                else ["", "", ""]
            )
        grey = pair is not None and pair.lower <= 0 <= pair.upper
        style = " style='color:gray' title='the interval holds 0'" if grey else ""
        return f"<tr{style}>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"

    def _slices(self) -> str:
        if not self.slices:
            return ""
        names = list(self.metrics)
        heads = "".join(
            f"<th style='text-align:left'>{html.escape(title)}</th>"
            for name in names
            for title in ([name, f"{name}: difference"] if self.paired else [name])
        )
        heads = "".join(f"<th style='text-align:left'>{title}</th>" for title in _PART) + heads
        lines = ""
        for part in self.slices:
            cells = [part.column, part.value, str(part.n)]
            for name in names:
                score = part.metrics.get(name)
                shown = _range(score.lower, score.upper) if score else ""
                cells.append(f"{_number(score.value if score else None)} ({shown})")
                cells += [_change(part, name)] if self.paired else []
            lines += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        left = f"<p>{self.small_slices} smaller or better parts left out</p>"
        return f"<table><tr>{heads}</tr>{lines}</table>{left if self.small_slices else ''}"

    def _worst(self) -> str:
        if not self.worst:
            return ""
        names = list(self.worst[0])
        heads = "".join(f"<th style='text-align:left'>{html.escape(name)}</th>" for name in names)
        lines = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(str(row.get(name))[:200])}</td>" for name in names)
            + "</tr>"
            for row in self.worst
        )
        return (
            f"<details><summary>{len(self.worst)} rows that went wrong</summary>"
            f"<table><tr>{heads}</tr>{lines}</table></details>"
        )


_SHOWN = {"value", "lower", "upper", "n", "failed"}
_PART = ("column", "value", "n")


def _change(part: SliceScore, name: str) -> str:
    pair = part.paired.get(name)
    if pair is None:
        return "–"
    p = part.adjusted_p.get(name, pair.p)
    return f"{pair.difference:+.3g} ({_range(pair.lower, pair.upper)}), p = {p:.3g} corrected"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _range(lower: float | None, upper: float | None) -> str:
    return "" if lower is None or upper is None else f"{lower:.3g} … {upper:.3g}"
