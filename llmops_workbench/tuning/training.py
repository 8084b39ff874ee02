"""One training, by TRL and PEFT, with defaults that fit a CPU."""

from __future__ import annotations

import errno
import gc
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmops_workbench.core import context
from llmops_workbench.core.errors import CancelledError, StorageError
from llmops_workbench.models.hardware import pick_device, pick_dtype
from llmops_workbench.tuning.examples import Examples

if TYPE_CHECKING:
    from llmops_workbench.execution.checkpoints import Checkpoints

# How C++ and Rust say that there is no room: torch's archive writer, the system, safetensors.
_FULL = ("inline_container", "PytorchStreamWriter", "No space left", "os error 28")

# The learning rates at which a small model learns in a few hundred rows without losing the rest.
LEARNING_RATES = {"lora": 5e-4, "full": 5e-5}


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes:
        method: `lora` trains an adapter on all linear layers, `full` all weights.
        rank: Rank of the adapter's matrices; their scale is twice that.
        rows_per_step: Rows that one optimizer step sees, about: packs are filled to the brim.
        max_steps: Stop after so many optimizer steps; None trains whole epochs.
        checkpoints: How often the validation rows are looked at and the state is kept; of the
            kept ones the last and the best stay.
    """

    method: Literal["lora", "full"] = "lora"
    rank: int = 16
    dropout: float = 0.0
    learning_rate: float = 5e-4
    epochs: float = 1.0
    max_steps: int | None = None
    rows_per_step: int = 16
    warmup: float = 0.1
    weight_decay: float = 0.0
    checkpoints: int = 3
    seed: int = 0
    threads: int = 1
    dtype: str = "auto"


@dataclass(frozen=True)
class Training:
    """What came of it.

    Attributes:
        folder: The adapter, or the whole model, as safetensors.
        loss: Mean training loss of the last step, per trained token.
        validation_before: Loss on the validation rows before the first step.
        validation_after: The same after the last.
        cpu_seconds: Processor time of it all, loading and measuring included.
        tokens_per_cpu_second: Real tokens a second of processor time, in the steps alone.
        history: One record a logged step.
    """

    folder: Path
    steps: int
    loss: float
    validation_before: float | None
    validation_after: float | None
    seconds: float
    cpu_seconds: float
    tokens_per_cpu_second: float
    peak_memory_mb: int
    trainable_parameters: int
    all_parameters: int
    device: str
    dtype: str
    resumed_from: int
    history: list[dict[str, float]] = field(default_factory=list)


def train(
    base: Path,
    tokenizer: Any,
    rows: Examples,
    validation: Examples | None,
    settings: Settings,
    *,
    work: Path,
    kept: Checkpoints,
    record: Callable[[list[tuple[int, dict[str, float]]]], None],
    adapter: Path | None = None,
) -> Training:
    """Train until done or stopped, from the last checkpoint if there is one.

    Args:
        base: Folder of the base weights.
        tokenizer: Of the base.
        rows: What is learned.
        validation: What the loss is measured on, never learned.
        settings: How.
        work: An own folder for what the trainer writes.
        kept: Where checkpoints are kept.
        record: Takes numbers for the record of the run.
        adapter: An adapter that the training goes on from.

    Raises:
        CancelledError: It was asked to stop; a checkpoint is written.
        StorageError: The disk is full; the last whole checkpoint is kept.
        JobError: The loss is not a number any more.
    """
    import torch
    from transformers import set_seed

    from llmops_workbench.tuning.callbacks import Keeping, Reporting
    from llmops_workbench.tuning.packing import make_trainer

    torch.set_num_threads(settings.threads)
    set_seed(settings.seed)
    begun, cpu_begun = time.monotonic(), time.process_time()
    dtype = pick_dtype(settings.dtype, pick_device())
    model = _load(base, adapter, settings, dtype)
    reporting, keeping = Reporting(record), Keeping(kept, work)
    with told_as_storage(work):
        trainer = make_trainer(
            model, tokenizer, rows, validation, settings, dtype, work, [reporting, keeping]
        )
        latest = kept.resume()
        before = None
        if latest is not None:
            context.emit("log", message=f"resumed from the checkpoint of step {latest.step}")
            before = latest.facts.get("validation_before")
        elif validation is not None:
            before = float(trainer.evaluate()["eval_loss"])
        keeping.facts["validation_before"] = before
        trainer.train(resume_from_checkpoint=str(latest.path) if latest else None)
        reporting.flush()
        if keeping.stopped and trainer.state.global_step < trainer.state.max_steps:
            raise CancelledError(
                f"stopped at step {trainer.state.global_step} of {trainer.state.max_steps}; "
                "its checkpoint is kept"
            )
        after = _last_loss(trainer) if validation is not None else None
        folder = _write(trainer.model, work / "final")
    sizes = [(p.numel(), p.requires_grad) for p in trainer.model.parameters()]
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    trained = Training(
        folder=folder,
        steps=int(trainer.state.global_step),
        loss=float(losses[-1]),
        validation_before=before,
        validation_after=after,
        seconds=round(time.monotonic() - begun, 2),
        cpu_seconds=round(time.process_time() - cpu_begun, 2),
        tokens_per_cpu_second=round(reporting.tokens / max(reporting.cpu_seconds, 1e-9), 1),
        peak_memory_mb=_peak_memory_mb(),
        trainable_parameters=sum(size for size, trains in sizes if trains),
        all_parameters=sum(size for size, _ in sizes),
        device=str(trainer.args.device),
        dtype=str(dtype).removeprefix("torch."),
        resumed_from=latest.step if latest else 0,
        history=_merged(trainer.state.log_history),
    )
    del trainer, model
    gc.collect()
    return trained


def _load(base: Path, adapter: Path | None, settings: Settings, dtype: Any) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        base,
        # A step of AdamW is smaller than the gap between two neighbouring bfloat16 numbers: whole
        # weights are kept in float32, and only what is computed with them is rounded.
        dtype=torch.float32 if settings.method == "full" else dtype,
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=True,
    )
    model.config.use_cache = False
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(
            model, adapter, is_trainable=settings.method == "lora", autocast_adapter_dtype=False
        )
        if settings.method == "full":
            # Loading the adapter froze what is under it.
            model = model.merge_and_unload().requires_grad_(True)
    return model


@contextmanager
def told_as_storage(work: Path) -> Iterator[None]:
    """Say a full disk in our words, whichever library found it; its half-written files go.

    Raises:
        StorageError: The disk is full.
    """
    try:
        yield
    except Exception as error:
        if not is_full_disk(error):
            raise
        # Makes room for the record of what happened; whole checkpoints lie elsewhere.
        shutil.rmtree(work, ignore_errors=True)
        raise StorageError(
            "the disk is full: the last whole checkpoint is kept; free some space, then resume"
        ) from error


def is_full_disk(error: BaseException | None) -> bool:
    """Tell whether an error, or one that led to it, is about a full disk.

    torch and safetensors write outside of Python, and raise errors of their own kinds.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if any(sign in str(error) for sign in _FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def _last_loss(trainer: Any) -> float:
    """Give the validation loss after the last step, measured already or now."""
    for entry in reversed(trainer.state.log_history):
        if "eval_loss" in entry and entry["step"] == trainer.state.global_step:
            return float(entry["eval_loss"])
    return float(trainer.evaluate()["eval_loss"])


def _write(model: Any, folder: Path) -> Path:
    """Write the adapter or the weights where nothing half-written can be taken for whole."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    model.config.use_cache = True
    model.save_pretrained(fresh, safe_serialization=True)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)
    return folder


def _merged(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """Keep the numbers that a chart shows, one record a step."""
    by_step: dict[int, dict[str, float]] = {}
    for entry in history:
        kept: dict[str, float] = {
            name: round(float(entry[name]), 6) for name in ("loss", "eval_loss") if name in entry
        }
        if kept:
            step = int(entry["step"])
            by_step[step] = {"step": step, **by_step.get(step, {}), **kept}
    return [by_step[step] for step in sorted(by_step)]


def _peak_memory_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))
