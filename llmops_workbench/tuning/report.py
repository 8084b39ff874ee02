"""What a tuning gives back."""

import html
from typing import Any, ClassVar

from llmops_workbench.core.results import Result, Volatile


class TuneReport(Result):
    """A tuned model and how it came about.

    Attributes:
        ref: The new model version.
        hash: Its content hash.
        base: What it was tuned from.
        data: The rows that it learned from.
        rows: How many of them.
        tokens: Tokens in one pass over them, none of them padding.
        trained_tokens: Those that carry loss.
        steps: Optimizer steps.
        loss: Training loss of the last step, per trained token (natural logarithm).
        validation_before: Loss on the validation rows before the first step.
        validation_after: The same after the last.
        cpu_seconds: Processor time of the training, loading and measuring included.
        tokens_per_cpu_second: Real tokens learned from in a second of processor time, over the
            optimizer steps of the last start.
        failed: Rows that were left out; `failures` lists the first.
        resumed_from: The step of the checkpoint that the last start went on from; 0 for none.
    """

    view: ClassVar[str] = "job"

    ref: Volatile[str]
    hash: Volatile[str]
    name: str
    base: Volatile[str]
    data: Volatile[str]
    prompt: Volatile[str | None] = None
    method: str
    rows: int
    tokens: int
    trained_tokens: int
    steps: int
    loss: Volatile[float]
    validation_rows: int = 0
    validation_before: Volatile[float | None] = None
    validation_after: Volatile[float | None] = None
    trainable_parameters: int
    all_parameters: int
    seconds: Volatile[float]
    cpu_seconds: Volatile[float]
    tokens_per_cpu_second: Volatile[float]
    peak_memory_mb: Volatile[int]
    device: Volatile[str]
    dtype: Volatile[str]
    resumed_from: Volatile[int] = 0
    failures: list[dict[str, Any]] = []
    history: Volatile[list[dict[str, float]]] = []

    def headline(self) -> dict[str, float]:
        """Give the losses and the speed."""
        numbers = {
            "loss": self.loss,
            "validation_before": self.validation_before,
            "validation_after": self.validation_after,
            "tokens_per_cpu_second": self.tokens_per_cpu_second,
            "peak_memory_mb": float(self.peak_memory_mb),
        }
        return {name: value for name, value in numbers.items() if value is not None}

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give the loss by step."""
        return [dict(entry) for entry in self.history]

    def html_body(self) -> str:
        """Give the facts and the loss curve, without scripts."""
        facts = {
            "model": self.ref,
            "base": self.base,
            "data": f"{self.data} ({self.rows} rows, {self.tokens:,} tokens)",
            "method": f"{self.method}, {self.steps} steps",
            "loss": f"{self.loss:.3f}",
            "validation loss": _change(self.validation_before, self.validation_after),
            "speed": f"{self.tokens_per_cpu_second:.0f} tokens a CPU-second",
            "memory": f"{self.peak_memory_mb:,} MB at most",
            "left out": f"{self.failed} rows",
        }
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(label)}</th>"
            f"<td>{html.escape(value)}</td></tr>"
            for label, value in facts.items()
            if value
        )
        return f"<table>{rows}</table>{loss_curve(self.history)}"


def _change(before: float | None, after: float | None) -> str:
    if after is None:
        return ""
    return f"{after:.3f}" if before is None else f"{before:.3f} → {after:.3f}"


def loss_curve(history: list[dict[str, float]], width: int = 480, height: int = 160) -> str:
    """Draw training and validation loss by step as SVG.

    Args:
        history: Records with `step` and `loss`, `eval_loss` or both.
        width: In pixels.
        height: In pixels.

    Returns:
        SVG text; empty when there are fewer than two points.
    """
    train = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
    check = [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry]
    points = train + check
    if len(train) < 2:
        return ""
    last = max(step for step, _ in points) or 1
    top = max(loss for _, loss in points) or 1.0
    pad = 28

    def place(step: float, loss: float) -> tuple[float, float]:
        return (
            round(pad + step / last * (width - 2 * pad), 1),
            round(height - pad - loss / top * (height - 2 * pad), 1),
        )

    line = " ".join(f"{x},{y}" for x, y in (place(step, loss) for step, loss in train))
    dots = "".join(
        f"<circle cx='{x}' cy='{y}' r='3' fill='#d55e00'><title>validation loss {loss:.3f} at "
        f"step {step:.0f}</title></circle>"
        for step, loss in check
        for x, y in [place(step, loss)]
    )
    label = "font-size='11' font-family='sans-serif' fill='currentColor'"
    return (
        f"<svg viewBox='0 0 {width} {height}' width='{width}' height='{height}' role='img' "
        f"aria-label='loss by step'>"
        f"<line x1='{pad}' y1='{height - pad}' x2='{width - pad}' y2='{height - pad}' "
        "stroke='currentColor' stroke-opacity='.3'/>"
        f"<polyline points='{line}' fill='none' stroke='#0072b2' stroke-width='1.5'/>{dots}"
        f"<text x='{pad}' y='{pad - 10}' {label}>loss (● validation)</text>"
        f"<text x='2' y='{pad + 4}' {label}>{top:.2g}</text>"
        f"<text x='2' y='{height - pad}' {label}>0</text>"
        f"<text x='{width - pad}' y='{height - 8}' text-anchor='end' {label}>step {last:.0f}</text>"
        "</svg>"
    )
