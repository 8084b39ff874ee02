"""What happens while a trainer runs: events, checkpoints, and stopping when asked."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from llmops_workbench.core import context
from llmops_workbench.core.errors import JobError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_workbench.execution.checkpoints import Checkpoints

    Record = Callable[[list[tuple[int, dict[str, float]]]], None]

# The record in MLflow is brought up to date this often; each time costs about 20 ms.
RECORD_SECONDS = 5.0
NUMBERS = ("loss", "eval_loss", "learning_rate", "grad_norm")


class Reporting(TrainerCallback):  # type: ignore[misc]
    """Tell every logged number, with how far and how fast the training is.

    Tokens and seconds are those of this start alone: after a resume, what an attempt before has
    done says nothing about the speed now.

    Args:
        record: Takes a list of (step, numbers) for the record of the run.

    Attributes:
        tokens: Tokens that this start has learned from, none of them padding.
        seconds: Time of its optimizer steps; measuring and saving are not in it.
        cpu_seconds: Processor time of the same.
    """

    def __init__(self, record: Record) -> None:
        self.tokens = 0
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self._record = record
        self._waiting: list[tuple[int, dict[str, float]]] = []
        self._recorded = time.monotonic()
        self._unreachable = False
        self._begun = 0.0
        self._first_step = 0
        self._first_tokens = 0
        self._step_begun = (0.0, 0.0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Start the clock; after a resume only this start's steps count for the estimate."""
        self._begun = time.monotonic()
        self._first_step = state.global_step
        self._first_tokens = state.num_input_tokens_seen
        context.emit("training", step=state.global_step, steps=state.max_steps)

    def on_step_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Note when a step begins."""
        self._step_begun = (time.monotonic(), time.process_time())

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Add up what the step took, and what it has learned from."""
        self.seconds += time.monotonic() - self._step_begun[0]
        self.cpu_seconds += time.process_time() - self._step_begun[1]
        self.tokens = state.num_input_tokens_seen - self._first_tokens

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:
        """Pass on the numbers of a step or of an evaluation.

        Raises:
            JobError: The loss is not a number any more.
        """
        numbers = {name: float(value) for name, value in (logs or {}).items() if name in NUMBERS}
        for name in ("loss", "eval_loss"):
            if not math.isfinite(numbers.get(name, 0.0)):
                raise JobError(
                    f"the {name} at step {state.global_step} is not a number any more: give a "
                    "smaller --learning-rate, or set models.dtype to float32"
                )
        numbers = {name: value for name, value in numbers.items() if math.isfinite(value)}
        if not numbers:
            return
        elapsed = time.monotonic() - self._begun
        done = state.global_step - self._first_step
        left = elapsed / done * (state.max_steps - state.global_step) if done else None
        if "loss" in numbers and self.seconds > 0:
            numbers["tokens_per_second"] = round(self.tokens / self.seconds, 1)
        context.emit("metric", step=state.global_step, steps=state.max_steps, **numbers)
        if state.max_steps:  # not yet, while the loss before the first step is measured
            context.emit(
                "progress",
                label="training",
                done=state.global_step,
                total=state.max_steps,
                unit="steps",
                elapsed_seconds=round(elapsed, 1),
                eta_seconds=None if left is None else round(left, 1),
            )
        self._waiting.append((state.global_step, numbers))
        if time.monotonic() - self._recorded > RECORD_SECONDS:
            self.flush()

    def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Record all up to a checkpoint before it counts: a resume does not tell them again."""
        self.flush()

    def flush(self) -> None:
        """Bring what waits into the record; when it cannot be reached, training goes on."""
        self._recorded = time.monotonic()
        if not self._waiting:
            return
        try:
            self._record(self._waiting)
        except StorageError as error:
            # Every number is in the job's events as well, and what waits is tried again.
            if not self._unreachable:
                context.warn(f"the losses cannot be recorded in MLflow for now: {error.message}")
            self._unreachable = True
        else:
            self._waiting = []
            self._unreachable = False


class Keeping(TrainerCallback):  # type: ignore[misc]
    """Take over each checkpoint as soon as it is written, and stop after one when asked.

    Args:
        kept: Where checkpoints are kept, whole or not at all.
        folder: Where the trainer writes them.

    Attributes:
        facts: What is noted beside each checkpoint.
        stopped: Whether somebody asked to stop before the end.
    """

    def __init__(self, kept: Checkpoints, folder: Path) -> None:
        self._kept = kept
        self._folder = folder
        self._measured: tuple[int, float] | None = None
        self.facts: dict[str, Any] = {}
        self.stopped = False

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **rest: Any
    ) -> None:
        """Remember the loss by which checkpoints are compared."""
        value = (metrics or {}).get("eval_loss")
        self._measured = None if value is None else (state.global_step, float(value))

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Save and stop at the end of a step once somebody asked for it."""
        if context.current().cancelled():
            self.stopped = True
            control.should_save = True
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Move the checkpoint to where it is kept."""
        written = self._folder / f"checkpoint-{state.global_step}"
        # A loss measured at another step says nothing about these weights.
        fresh = self._measured is not None and self._measured[0] == state.global_step
        loss = self._measured[1] if self._measured is not None and fresh else None
        _forget_places(written)
        self._kept.adopt(state.global_step, written, loss, **self.facts)


def _forget_places(checkpoint: Path) -> None:
    """Take out what names folders of this machine: the workspace may be moved with its jobs.

    The trainer's own arguments and the model card are read by nobody; an adapter gets its base
    from whoever resumes.
    """
    for name in ("training_args.bin", "README.md"):
        (checkpoint / name).unlink(missing_ok=True)
    config = checkpoint / "adapter_config.json"
    if config.is_file():
        known = json.loads(config.read_text(encoding="utf-8"))
        known["base_model_name_or_path"] = Path(known.get("base_model_name_or_path") or "").name
        config.write_text(json.dumps(known, indent=2, sort_keys=True), encoding="utf-8")
