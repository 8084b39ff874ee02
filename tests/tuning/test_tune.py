"""Tuning from references to a registered version that remembers how it was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.tracking import models
from llmops_workbench.tracking.catalogue import catalogue
from tests.stock import Stock

FAST: dict[str, Any] = {
    "model": "tiny",
    "data": "reviews",
    "prompt": "short",
    "choices": ["good", "bad"],
    "steps": 12,
    "rows_per_step": 8,
    "learning_rate": 2e-2,
    "checkpoints": 1,
}


def answers(stock: Stock, ref: str, texts: list[str]) -> list[str]:
    from llmops_workbench.models.engine import Sampling
    from llmops_workbench.models.sources import open_model

    with stock.open(), open_model(ref) as engine:
        prompts = [[{"role": "user", "content": f"{text}\nGood or bad?"}] for text in texts]
        return [answer.text for answer in engine.generate(prompts, Sampling(max_new_tokens=6))]


def folder_of(stock: Stock, ref: str) -> Path:
    with stock.open():
        return models.model_path(ref)


TEXTS = ["film delight", "dull dull scene", "great year", "worst first last"]


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_tuned_model_answers_otherwise_and_remembers_how_it_was_made(stock: Stock, method: str):
    rate = 2e-2 if method == "lora" else 2e-3
    found = stock("tune", name="triage", method=method, **{**FAST, "learning_rate": rate})
    assert found.failed == 0
    assert found.validation_rows == 12
    assert found.validation_after < found.validation_before - 0.5
    assert found.history[-1]["loss"] < found.history[0]["loss"]
    assert answers(stock, found.ref, TEXTS) != answers(stock, "model:tiny@1", TEXTS)
    with stock.open():
        version = catalogue().get(found.ref)
        meta = models.load_meta(found.ref)
    assert (meta.prompt, meta.data) == ("prompt:short@1", "dataset:reviews@1#train")
    assert (meta.roles, meta.choices) == ({"target": "label"}, ["good", "bad"])
    assert (meta.method, meta.tokens) == (method, found.tokens)
    assert meta.parameters["learning_rate"] == rate
    assert set(version.parents) == {"model:tiny@1", "dataset:reviews@1", "prompt:short@1"}
    assert version.run_id == found.run_id
    assert meta.format == ("peft" if method == "lora" else "hf")
    assert meta.base == ("model:tiny@1" if method == "lora" else None)


def test_an_adapter_names_its_base_and_no_path_of_this_machine(stock: Stock, tmp_path: Path):
    ref = stock("tune", name="triage", **FAST).ref
    folder = folder_of(stock, ref)
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "model:tiny@1"
    for file in folder.iterdir():
        content = file.read_bytes()
        assert str(stock.workspace.root).encode() not in content, file.name
        assert str(tmp_path).encode() not in content, file.name


def test_a_base_from_outside_is_kept_so_that_the_workspace_can_be_moved(
    stock: Stock, tmp_path: Path
):
    import shutil

    from tests.tiny import make_tiny

    outside = make_tiny(tmp_path / "outsider", seed=4)
    found = stock("tune", name="triage", **{**FAST, "model": str(outside)})
    assert found.base == "model:outsider@1"
    before = answers(stock, found.ref, TEXTS)
    shutil.rmtree(outside)
    assert answers(stock, found.ref, TEXTS) == before


def test_an_adapter_goes_on_as_an_adapter_of_the_same_base(stock: Stock):
    first = stock("tune", name="triage", rank=4, **FAST)
    again = stock("tune", name="triage", **{**FAST, "model": first.ref, "learning_rate": 1e-3})
    assert again.ref == "model:triage@2"
    # It begins where the first one ended.
    assert again.validation_before == pytest.approx(first.validation_after, abs=1e-6)
    with stock.open():
        meta = models.load_meta(again.ref)
        parents = catalogue().get(again.ref).parents
    assert (meta.format, meta.base) == ("peft", "model:tiny@1")
    assert meta.parameters["rank"] == 4
    assert "rank 4, and keeps it" in stock.warnings
    assert {"model:triage@1", "model:tiny@1"} <= set(parents)
    assert answers(stock, again.ref, TEXTS)


def test_prompt_and_choices_are_taken_over_from_the_model_that_is_tuned_on(stock: Stock):
    first = stock("tune", name="triage", **FAST)
    given = {k: v for k, v in FAST.items() if k not in ("prompt", "choices")}
    again = stock("tune", name="triage", **{**given, "model": first.ref})
    with stock.open():
        meta = models.load_meta(again.ref)
    assert (meta.prompt, meta.choices) == ("prompt:short@1", ["good", "bad"])


def test_an_adapter_under_all_weights_is_merged_first(stock: Stock):
    first = stock("tune", name="triage", **FAST)
    changed = {**FAST, "model": first.ref, "learning_rate": 1e-9, "steps": 1}
    whole = stock("tune", name="whole", method="full", **changed)
    assert "merged into its base" in stock.warnings
    assert answers(stock, whole.ref, TEXTS) == answers(stock, first.ref, TEXTS)


def test_the_same_seed_gives_the_same_version_and_another_one_does_not(stock: Stock):
    one = stock("tune", name="triage", **FAST)
    same = stock("tune", name="triage", **FAST)
    assert (same.ref, same.hash) == (one.ref, one.hash)
    assert same.digest() == one.digest()
    other = stock("tune", name="triage", seed=1, **FAST)
    assert (other.ref, other.hash != one.hash) == ("model:triage@2", True)


def test_it_learns_the_training_split_and_never_the_test(stock: Stock):
    found = stock("tune", name="triage", **FAST)
    assert (found.data, found.rows, found.validation_rows) == ("dataset:reviews@1#train", 24, 12)
    with pytest.raises(UsageError, match="reviews@1#test is kept for the test"):
        stock("tune", name="triage", **{**FAST, "data": "reviews#test"})
    with pytest.raises(UsageError, match="reviews@1#test is kept for the test"):
        stock("tune", name="triage", validation="reviews#test", **FAST)
    with pytest.raises(UsageError, match="its loss says nothing"):
        stock("tune", name="triage", validation="reviews#train", **FAST)


def test_splits_without_train_are_not_learned_all_together(stock: Stock):
    rows = [{"text": "good film", "label": "good", "__split__": s} for s in ("dev", "test")]
    stock.dataset("odd", rows)
    with pytest.raises(UsageError, match=r"none called train: give one of dataset:odd@1#dev$"):
        stock("tune", name="triage", target="label", **{**FAST, "data": "odd"})


def test_validation_rows_of_another_dataset_are_those_of_its_validation_split(stock: Stock):
    plain = [{"text": f"good film {n}", "label": "good"} for n in range(9)]
    ref = stock.dataset("plain", plain)
    given = {**FAST, "data": ref, "target": "label"}
    found = stock("tune", name="triage", validation="reviews", **given)
    assert (found.rows, found.validation_rows) == (9, 12)


def test_at_most_sixty_four_validation_rows_are_drawn_from_all_over(stock: Stock):
    sorted_rows = [
        {"text": f"{word} {n}", "label": word} for word in ("good", "bad") for n in range(200)
    ]
    ref = stock.dataset("sorted", sorted_rows)
    found = stock("tune", name="triage", validation=ref, **FAST)
    assert found.validation_rows == 64
    from llmops_workbench.tracking import datasets
    from llmops_workbench.tuning.session import _drawn

    with stock.open():
        drawn = _drawn(datasets.load(ref, columns=["label"]), 64).column("label").to_pylist()
    assert 20 < drawn.count("bad") < 44


def test_rows_that_cannot_be_used_are_counted_and_listed(stock: Stock):
    rows = [{"text": "good film", "label": "good"}] * 5 + [
        {"text": None, "label": "bad"},
        {"text": "word " * 300, "label": "bad"},
    ]
    ref = stock.dataset("mixed", rows)
    found = stock("tune", name="triage", target="label", **{**FAST, "data": ref})
    assert (found.rows, found.failed) == (5, 2)
    assert found.failures[0] == {"row": 5, "reason": "its 'text' is missing"}
    # The model reads 256 tokens; max_tokens alone would have let it through.
    assert "more than the limit of 256" in found.failures[1]["reason"]
    assert "2 of 7 rows were left out" in stock.warnings


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        ({"target": "labels"}, UsageError, "no column 'labels'; did you mean 'label'"),
        ({"prompt": "{{txt}} ?"}, UsageError, "no column 'txt'; did you mean 'text'"),
        ({"choices": ["yes", "no"]}, DataError, "no row can be trained on: .*none of yes, no"),
        ({"choices": ["good"]}, UsageError, "two or more different answers"),
        ({"model": "tinny"}, NotFoundError, "tinny.*did you mean '(model:)?tiny'"),
        ({"data": "review"}, NotFoundError, "review.*did you mean '(dataset:)?reviews'"),
        ({"name": "no/name"}, UsageError, "no/name"),
        ({"model": "openai:http://127.0.0.1:9#x"}, UsageError, "no weights here"),
        ({"max_tokens": 9}, DataError, "no row can be trained on: .*limit of 9"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    stock: Stock, change: dict[str, Any], kind: type[Exception], sentence: str
):
    with pytest.raises(kind, match=sentence) as caught:
        stock("tune", **{"name": "triage", **FAST, **change})
    assert "\n" not in str(caught.value)


def test_losses_are_in_mlflow_once_a_step(stock: Stock):
    found = stock("tune", name="triage", **FAST)
    metrics = recorded(stock, found.run_id)
    assert sorted(step for key, step in metrics if key == "loss") != []
    assert len(metrics) == len(set(metrics))
    assert {step for key, step in metrics if key == "eval_loss"} == {0, 12}
    assert {step for key, step in metrics if key == "learning_rate"} == set(range(1, 13))


def recorded(stock: Stock, run_id: str) -> list[tuple[str, int]]:
    """Read MLflow's own table of metrics."""
    import sqlite3

    file = next(f for f in stock.workspace.dot.rglob("mlflow*.db"))
    with sqlite3.connect(file) as connection:
        query = "select key, step from metrics where run_uuid = ?"
        return list(connection.execute(query, (run_id,)))


def test_when_mlflow_cannot_be_reached_training_goes_on_and_says_so(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
):
    from llmops_workbench.core.errors import StorageError
    from llmops_workbench.tracking import mlflow_bridge

    def unreachable(*given: Any, **named: Any) -> None:
        raise StorageError("the tracking server does not answer")

    monkeypatch.setattr(mlflow_bridge, "live_metrics", unreachable)
    found = stock("tune", name="triage", **FAST)
    assert found.steps == 12
    assert stock.warnings.count("cannot be recorded in MLflow for now") == 1
    assert sum(event.kind == "metric" for event in stock.events) >= 12


def test_the_report_shows_the_losses_without_scripts(stock: Stock):
    found = stock("tune", name="triage", **FAST)
    page = found._repr_html_()
    assert "<svg" in page
    assert "script" not in page.lower()
    assert f"{found.validation_before:.3f} → {found.validation_after:.3f}" in page
    frame = found.to_frame()
    assert list(frame["step"]) == list(range(1, 13)) or list(frame["step"])[-1] == 12
