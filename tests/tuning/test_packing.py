"""Packed rows do not see each other, every token counts the same, and the counts are true."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core import context
from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.tuning.examples import NO_LOSS, Examples
from llmops_workbench.tuning.packing import make_trainer, plan_packs
from llmops_workbench.tuning.training import Settings, Training, train


def examples(count: int, *, seed: int = 0, most: int = 60) -> Examples:
    draw = random.Random(seed)
    found = Examples()
    for _ in range(count):
        length = draw.randint(8, most)
        ids = [draw.randrange(2, 300) for _ in range(length)]
        cut = draw.randint(3, length - 2)
        found.input_ids.append(ids)
        found.labels.append([NO_LOSS] * cut + ids[cut:])
    return found


def load(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.config.use_cache = False
    return model


def separate_losses(model: Any, rows: Examples) -> tuple[float, int]:
    """The sum of the loss, one row at a time, by torch's own cross entropy, and the tokens."""
    import torch

    total, count = 0.0, 0
    with torch.no_grad():
        for ids, labels in zip(rows.input_ids, rows.labels, strict=True):
            logits = model(torch.tensor([ids])).logits[0, :-1].double()
            goal = torch.tensor(labels[1:])
            total += float(
                torch.nn.functional.cross_entropy(
                    logits, goal, ignore_index=NO_LOSS, reduction="sum"
                )
            )
            count += int((goal != NO_LOSS).sum())
    return total, count


def trainer(tiny: Path, rows: Examples, held: Examples, work: Path, **settings: Any) -> Any:
    import torch
    from transformers import AutoTokenizer

    return make_trainer(
        load(tiny),
        AutoTokenizer.from_pretrained(tiny),
        rows,
        held,
        Settings(method="full", dtype="float32", **settings),
        torch.float32,
        work,
        [],
    )


def test_the_loss_of_packs_equals_that_of_separate_rows(tiny: Path, tmp_path: Path):
    rows, held = examples(30), examples(17, seed=1)
    made = trainer(tiny, rows, held, tmp_path, rows_per_step=6)
    assert len(made.eval_dataset) < len(held.input_ids) / 2, "nothing was packed"
    total, count = separate_losses(load(tiny), held)
    assert made.evaluate()["eval_loss"] == pytest.approx(total / count, abs=1e-4)
    # The same of a batch in training: the sum over the pack by the tokens that are trained.
    model = made.model.train()
    batch = made.data_collator([made.train_dataset[0]])
    lengths = made.train_dataset[0]["seq_lengths"]
    assert len(lengths) > 1
    pack, begin = Examples(), 0
    for length in lengths:
        part = slice(begin, begin + length)
        pack.input_ids.append(made.train_dataset[0]["input_ids"][part])
        pack.labels.append(made.train_dataset[0]["labels"][part])
        begin += length
    total, count = separate_losses(load(tiny), pack)
    loss = float(made.compute_loss(model, dict(batch), num_items_in_batch=count).detach())
    assert loss == pytest.approx(total / count, abs=1e-4)


def test_a_pack_that_is_seen_as_one_text_has_another_loss(tiny: Path):
    """The check above can fail: without the borders of the rows the loss is another."""
    import torch

    rows = examples(4)
    model = load(tiny)
    total, count = separate_losses(model, rows)
    ids = [token for row in rows.input_ids for token in row]
    labels = [label for row in rows.labels for label in row]
    joined, _ = separate_losses(model, Examples([ids], [labels]))
    assert abs(joined - total) / count > 1e-2
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(("rows_per_step", "most"), [(1, 60), (4, 60), (16, 60), (64, 250)])
def test_a_step_sees_about_the_rows_that_were_asked_for(rows_per_step: int, most: int):
    rows = examples(200, most=most)
    pack, packs = plan_packs(rows, most, rows_per_step)
    mean = rows.tokens / len(rows.input_ids)
    assert pack >= most
    wanted = rows_per_step * mean
    assert wanted <= pack * packs <= max(wanted + packs, most)


def run(tiny: Path, rows: Examples, folder: Path, settings: Settings, **more: Any) -> Training:
    from transformers import AutoTokenizer

    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    events = more.pop("events", [])
    cancelled = more.pop("cancelled", lambda: False)
    with context.activate(None, listener=events.append, cancelled=cancelled):
        return train(
            tiny,
            AutoTokenizer.from_pretrained(tiny),
            rows,
            more.pop("held", None),
            settings,
            work=work,
            kept=Checkpoints(folder / "kept"),
            record=lambda waiting: None,
            **more,
        )


@pytest.mark.parametrize("epochs", [1.0, 2.0])
def test_every_row_is_learned_in_each_epoch_and_the_speed_counts_real_tokens(
    tiny: Path, tmp_path: Path, epochs: float, monkeypatch: pytest.MonkeyPatch
):
    from trl import SFTTrainer

    seen: dict[tuple[int, ...], int] = {}
    original = SFTTrainer.training_step

    def training_step(self: Any, model: Any, inputs: Any, *rest: Any) -> Any:
        ids, places = inputs["input_ids"][0].tolist(), inputs["position_ids"][0].tolist()
        begins = [at for at, place in enumerate(places) if place == 0] + [len(ids)]
        for begin, end in pairwise(begins):
            row = tuple(ids[begin:end])
            seen[row] = seen.get(row, 0) + 1
        return original(self, model, inputs, *rest)

    monkeypatch.setattr(SFTTrainer, "training_step", training_step)
    rows = examples(100)
    settings = Settings(method="full", epochs=epochs, rows_per_step=40, dtype="float32")
    packs = len(trainer(tiny, rows, examples(2), tmp_path, rows_per_step=40).train_dataset)
    assert packs % plan_packs(rows, 60, 40)[1] > 0, "the last step of an epoch is not a short one"
    events: list[Any] = []
    done = run(tiny, rows, tmp_path, settings, events=events)
    assert seen == {tuple(row): epochs for row in rows.input_ids}
    speed = done.tokens_per_cpu_second
    assert speed * done.cpu_seconds >= rows.tokens * epochs, "the steps are a part of the whole"
    last = [event.data for event in events if event.kind == "metric"][-1]
    assert last["step"] == last["steps"] == done.steps
    assert last["tokens_per_second"] > 0


def test_a_loss_that_is_no_number_stops_with_a_sentence(tiny: Path, tmp_path: Path):
    from llmops_workbench.core.errors import JobError

    settings = Settings(method="full", learning_rate=1e30, max_steps=6, warmup=0, dtype="float32")
    with pytest.raises(JobError, match=r"loss at step .* is not a number any more.*learning-rate"):
        run(tiny, examples(12), tmp_path, settings)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_stopped_it_keeps_the_step_and_goes_on_bit_by_bit(
    tiny: Path, tmp_path: Path, method: Any, dtype: str
):
    from safetensors.torch import load_file

    from llmops_workbench.core.errors import CancelledError

    rows, held = examples(24), examples(8, seed=1)
    settings = Settings(
        method=method, dropout=0.1, max_steps=12, rows_per_step=4, dtype=dtype, checkpoints=2
    )
    whole = run(tiny, rows, tmp_path / "whole", settings, held=held)

    events: list[Any] = []

    def asked() -> bool:
        return any(event.kind == "metric" and event.data["step"] >= 4 for event in events)

    with pytest.raises(CancelledError, match="stopped at step 5 of 12"):
        run(tiny, rows, tmp_path / "parts", settings, held=held, events=events, cancelled=asked)
    latest = Checkpoints.open(tmp_path / "parts" / "kept").latest()
    assert latest is not None
    # Nothing was measured at that step, so that it is not compared with a loss of another one.
    assert (latest.step, latest.metric) == (5, None)
    events.clear()
    parts = run(tiny, rows, tmp_path / "parts", settings, held=held, events=events)
    assert (parts.resumed_from, parts.steps) == (5, 12)
    assert [event.data["step"] for event in events if event.kind == "resumed"] == [5]
    assert parts.validation_before == whole.validation_before
    assert parts.validation_after == whole.validation_after
    assert [entry["step"] for entry in parts.history] == [entry["step"] for entry in whole.history]
    assert parts.loss == whole.loss
    names = ("adapter_model.safetensors",) if method == "lora" else ("model.safetensors",)
    for name in names:
        one, two = load_file(whole.folder / name), load_file(parts.folder / name)
        assert one.keys() == two.keys()
        assert all((one[key] == two[key]).all() for key in one), "not bit by bit the same"


def test_small_steps_are_not_lost_to_bfloat16(tiny: Path, tmp_path: Path):
    """A step of 1e-4 is less than half the gap of two bfloat16 numbers near 0.2."""
    from safetensors.torch import load_file

    settings = Settings(
        method="full", learning_rate=1e-4, max_steps=2, warmup=0, dtype="bfloat16", rows_per_step=8
    )
    done = run(tiny, examples(12), tmp_path, settings)
    before, after = (
        load_file(tiny / "model.safetensors"),
        load_file(done.folder / "model.safetensors"),
    )
    key = "model.layers.0.mlp.down_proj.weight"
    assert str(after[key].dtype) == "torch.float32"
    moved = (before[key] - after[key]).abs()
    # AdamW moves a weight by the learning rate a step at most; rounding would move it by more.
    assert float((moved > 0).double().mean()) > 0.99
    assert float(moved.max()) < 2.5e-4
