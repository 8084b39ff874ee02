"""What happens while a trainer runs: events, checkpoints, and stopping when asked."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from llmops_workbench.core import context

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_workbench.execution.checkpoints import Checkpoints

# The record in MLflow is brought up to date this often; each time costs about 20 ms.
RECORD_SECONDS = 5.0


class Reporting(TrainerCallback):  # type: ignore[misc]
    """Tell every logged number, with how far the training is.

    Args:
        tokens_per_step: Real tokens in an optimizer step, on average.
        record: Takes a list of (step, numbers) for the record of the run.
    """

    def __init__(
        self,
        tokens_per_step: float,
        record: Callable[[list[tuple[int, dict[str, float]]]], None],
    ) -> None:
        self.history: list[dict[str, float]] = []
        self._tokens_per_step = tokens_per_step
        self._record = record
        self._waiting: list[tuple[int, dict[str, float]]] = []
        self._recorded = time.monotonic()
        self._begun = 0.0
        self._first_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Start the clock; after a resume only this start's steps count for the estimate."""
        self._begun = time.monotonic()
        self._first_step = state.global_step
        context.emit("training", step=state.global_step, steps=state.max_steps)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:
        """Pass on the numbers of a step or of an evaluation."""
        numbers = {
            name: float(value)
            for name, value in (logs or {}).items()
            if name in ("loss", "eval_loss", "learning_rate", "grad_norm")
            and math.isfinite(float(value))
        }
        if not numbers:
            return
        seconds = time.monotonic() - self._begun
        done = state.global_step - self._first_step
        left = seconds / done * (state.max_steps - state.global_step) if done else None
        if "loss" in numbers and done:
            numbers["tokens_per_second"] = round(self._tokens_per_step * done / seconds, 1)
        self.history.append({"step": state.global_step, **numbers})
        context.emit("metric", step=state.global_step, steps=state.max_steps, **numbers)
        context.emit(
            "progress",
            label="training",
            done=state.global_step,
            total=state.max_steps,
            unit="steps",
            elapsed_seconds=round(seconds, 1),
            eta_seconds=None if left is None else round(left, 1),
        )
        self._waiting.append((state.global_step, numbers))
        if time.monotonic() - self._recorded > RECORD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Bring what waits into the record."""
        if self._waiting:
            self._record(self._waiting)
            self._waiting = []
        self._recorded = time.monotonic()


class Keeping(TrainerCallback):  # type: ignore[misc]
    """Take over each checkpoint as soon as it is written, and stop after one when asked.

    Args:
        kept: Where checkpoints are kept, whole or not at all.
        folder: Where the trainer writes them.
    """

    def __init__(self, kept: Checkpoints, folder: Path) -> None:
        self._kept = kept
        self._folder = folder
        self._loss: float | None = None
        self.stopped = False

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **rest: Any
    ) -> None:
        """Remember the loss by which checkpoints are compared."""
        value = (metrics or {}).get("eval_loss")
        self._loss = float(value) if value is not None else None

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Save and stop at the end of a step once somebody asked for it."""
        if context.current().cancelled():
            self.stopped = True
            control.should_save = True
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Move the checkpoint to where it is kept."""
        written = self._folder / f"checkpoint-{state.global_step}"
        self._kept.adopt(state.global_step, written, self._loss)
        self._loss = None
