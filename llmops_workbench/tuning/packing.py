"""TRL's trainer with defaults that fit a CPU: packed rows, nothing recomputed, nothing padded."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.models.hardware import pick_device

if TYPE_CHECKING:
    from llmops_workbench.tuning.examples import Examples
    from llmops_workbench.tuning.training import Settings

# Rows are packed up to this many tokens: longer packs cost memory (twice as long, 0.4 GB more for
# the embedded model) and attention over rows that cannot see each other, shorter ones leave the
# matrices too small to be fast.
PACK_TOKENS = 256


def plan_packs(rows: Examples, longest: int, rows_per_step: int) -> tuple[int, int]:
    """Choose packs so that a step sees about the rows that were asked for.

    Args:
        rows: What is learned.
        longest: Tokens of the longest row of all, which must fit.
        rows_per_step: Rows that a step should see.

    Returns:
        Tokens that a pack holds at most, and packs of a step.
    """
    wanted = rows.tokens / len(rows.input_ids) * rows_per_step
    packs = max(1, math.ceil(wanted / max(longest, PACK_TOKENS)))
    return max(longest, math.ceil(wanted / packs)), packs


def make_trainer(
    model: Any,
    tokenizer: Any,
    rows: Examples,
    validation: Examples | None,
    settings: Settings,
    dtype: Any,
    work: Path,
    callbacks: list[Any],
) -> Any:
    """Make TRL's trainer: packed rows, no recomputation, nothing reported elsewhere.

    Args:
        model: The loaded model; an adapter is put on it unless it has one.
        tokenizer: Of the model.
        rows: What is learned.
        validation: What the loss is measured on.
        settings: How.
        dtype: The number format to compute in.
        work: Where the trainer writes.
        callbacks: What listens to it.
    """
    import torch
    from datasets import Dataset, disable_progress_bars
    from peft import LoraConfig, PeftModel
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTConfig

    disable_progress_bars()
    longest = max(len(ids) for part in (rows, validation) if part for ids in part.input_ids)
    pack, packs_per_step = plan_packs(rows, longest, settings.rows_per_step)
    config = SFTConfig(
        output_dir=str(work),
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=packs_per_step,
        packing=True,
        packing_strategy="bfd",
        eval_packing=True,
        max_length=pack,
        # Recomputing activations saves memory that a small model on a CPU has, and costs a third.
        activation_checkpointing=False,
        bf16=settings.method == "full" and dtype == torch.bfloat16,
        fp16=False,
        use_cpu=pick_device() == "cpu",
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        weight_decay=settings.weight_decay,
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="all",
        eval_strategy="steps" if validation is not None else "no",
        save_strategy="steps",
        save_total_limit=None,
        seed=settings.seed,
        data_seed=settings.seed,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        disable_tqdm=True,
        report_to="none",
        dataset_num_proc=None,
    )

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
        trainer = _trainer_class()(
            model=model,
            args=config,
            train_dataset=tokens(rows),
            eval_dataset=tokens(validation) if validation is not None else None,
            processing_class=tokenizer,
            peft_config=adapter,
            callbacks=callbacks,
        )
    trainer.remove_callback(PrinterCallback)
    if validation is not None:
        trainer.tokens_per_eval_pack = validation.trained_tokens / len(trainer.eval_dataset)
    # Only now is it known how many packs there are. The last step of an epoch may have fewer.
    an_epoch = math.ceil(len(trainer.train_dataset) / packs_per_step)
    steps = settings.max_steps or max(1, math.ceil(settings.epochs * an_epoch))
    config.max_steps = steps
    config.warmup_steps = int(settings.warmup * steps)
    # A loss and a checkpoint at the same steps, so that each checkpoint has its own loss.
    config.eval_steps = config.save_steps = math.ceil(steps / settings.checkpoints)
    return trainer


def _trainer_class() -> Any:
    from trl import SFTTrainer

    class PackedTrainer(SFTTrainer):  # type: ignore[misc]
        """TRL's trainer, with a validation loss in which every token counts the same.

        The mean over packs, which it would give, lets a token of a nearly empty pack count more.
        """

        tokens_per_eval_pack = 0.0

        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            if not self.model.training and num_items_in_batch is None:
                num_items_in_batch = self.tokens_per_eval_pack
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)

    return PackedTrainer
