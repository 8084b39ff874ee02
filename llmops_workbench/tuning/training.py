"""One training, by TRL and PEFT, with defaults that fit a CPU."""

from __future__ import annotations

import gc
import resource
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmops_workbench.core import context
from llmops_workbench.core.errors import CancelledError
from llmops_workbench.models.hardware import pick_device, pick_dtype
from llmops_workbench.tuning.examples import Examples

if TYPE_CHECKING:
    from llmops_workbench.execution.checkpoints import Checkpoints

# Rows are packed up to this many tokens: longer packs cost attention over rows that cannot see
# each other, shorter ones leave the matrices too small to be fast.
PACK_TOKENS = 512

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
        history: One record a logged step.
    """

    folder: Path
    steps: int
    loss: float
    validation_before: float | None
    validation_after: float | None
    seconds: float
    cpu_seconds: float
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
    """
    import torch
    from transformers import set_seed

    from llmops_workbench.tuning.callbacks import Keeping, Reporting

    torch.set_num_threads(settings.threads)
    set_seed(settings.seed)
    begun, cpu_begun = time.monotonic(), time.process_time()
    model = _load(base, adapter, settings)
    config = _config(rows, validation, settings, work)
    steps_tokens = rows.tokens * settings.rows_per_step / len(rows.input_ids)
    reporting, keeping = Reporting(steps_tokens, record), Keeping(kept, work)
    trainer = _trainer(model, config, tokenizer, rows, validation, settings, [reporting, keeping])
    latest = kept.latest()
    before = None
    if latest is None and validation is not None:
        before = float(trainer.evaluate()["eval_loss"])
        reporting.flush()
    elif latest is not None:
        context.emit("log", text=f"resumed from the checkpoint of step {latest.step}")
        before = latest.facts.get("validation_before")
    result = trainer.train(resume_from_checkpoint=str(latest.path) if latest else None)
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
        loss=float(losses[-1]) if losses else float(result.training_loss),
        validation_before=before,
        validation_after=after,
        seconds=round(time.monotonic() - begun, 2),
        cpu_seconds=round(time.process_time() - cpu_begun, 2),
        peak_memory_mb=_peak_memory_mb(),
        trainable_parameters=sum(size for size, trains in sizes if trains),
        all_parameters=sum(size for size, _ in sizes),
        device=str(trainer.args.device),
        dtype=str(pick_dtype(settings.dtype, pick_device())).removeprefix("torch."),
        resumed_from=latest.step if latest else 0,
        history=_merged(trainer.state.log_history),
    )
    del trainer, model
    gc.collect()
    return trained


def _load(base: Path, adapter: Path | None, settings: Settings) -> Any:
    from transformers import AutoModelForCausalLM

    device = pick_device()
    model = AutoModelForCausalLM.from_pretrained(
        base,
        dtype=pick_dtype(settings.dtype, device),
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=True,
    )
    model.config.use_cache = False
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter, is_trainable=settings.method == "lora")
        if settings.method == "full":
            model = model.merge_and_unload()
    return model


def _config(rows: Examples, validation: Examples | None, settings: Settings, work: Path) -> Any:
    """Make TRL's configuration: packed rows, no recomputation, nothing reported elsewhere."""
    from trl import SFTConfig

    longest = max(len(ids) for ids in rows.input_ids)
    if validation is not None:
        longest = max(longest, *(len(ids) for ids in validation.input_ids))
    pack = max(longest, PACK_TOKENS)
    mean = rows.tokens / len(rows.input_ids)
    packs_per_step = max(1, round(settings.rows_per_step * mean / pack))
    steps = settings.max_steps or _steps(rows, pack, packs_per_step, settings.epochs)
    return SFTConfig(
        output_dir=str(work),
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=packs_per_step,
        packing=True,
        packing_strategy="bfd",
        eval_packing=True,
        max_length=pack,
        # Recomputing activations saves memory that a small model on a CPU has, and costs a third.
        gradient_checkpointing=False,
        bf16=False,
        fp16=False,
        use_cpu=pick_device() == "cpu",
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=int(settings.warmup * steps),
        weight_decay=settings.weight_decay,
        max_steps=steps,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if validation is not None else "no",
        # A loss and a checkpoint at the same steps, so that each checkpoint has its own loss.
        eval_steps=-(-steps // settings.checkpoints),
        save_strategy="steps",
        save_steps=-(-steps // settings.checkpoints),
        save_total_limit=None,
        seed=settings.seed,
        data_seed=settings.seed,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        disable_tqdm=True,
        report_to="none",
        dataset_num_proc=None,
    )


def _steps(rows: Examples, pack: int, packs_per_step: int, epochs: float) -> int:
    """Estimate the optimizer steps of some epochs from how full best-fit packs become."""
    packs = _count_packs([len(ids) for ids in rows.input_ids], pack)
    return max(1, round(epochs * packs / packs_per_step))


def _count_packs(lengths: list[int], pack: int) -> int:
    """Count the bins that best-fit decreasing needs."""
    import bisect

    free: list[int] = []
    for length in sorted(lengths, reverse=True):
        place = bisect.bisect_left(free, length)
        room = free.pop(place) - length if place < len(free) else pack - length
        bisect.insort(free, room)
    return len(free)


def _trainer(
    model: Any,
    config: Any,
    tokenizer: Any,
    rows: Examples,
    validation: Examples | None,
    settings: Settings,
    callbacks: list[Any],
) -> Any:
    from datasets import Dataset, disable_progress_bars
    from peft import LoraConfig, PeftModel
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTTrainer

    disable_progress_bars()

    def tokens(examples: Examples) -> Any:
        return Dataset.from_dict({"input_ids": examples.input_ids, "labels": examples.labels})

    adapter = None
    if settings.method == "lora" and not isinstance(model, PeftModel):
        adapter = LoraConfig(
            r=settings.rank,
            lora_alpha=2 * settings.rank,
            lora_dropout=settings.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
    with warnings.catch_warnings():
        # It asks for FlashAttention, which no CPU has; without a cache the mask is right anyway.
        warnings.simplefilter("ignore")
        trainer = SFTTrainer(
            model=model,
            args=config,
            train_dataset=tokens(rows),
            eval_dataset=tokens(validation) if validation is not None else None,
            processing_class=tokenizer,
            peft_config=adapter,
            callbacks=callbacks,
        )
    trainer.remove_callback(PrinterCallback)
    return trainer


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
