"""Gates: what they decide, what they keep, and which rows they refuse to judge by."""

from __future__ import annotations

import json
import operator
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.errors import GateNotPassedError, UsageError, outcome
from llmops_workbench.faces import cli
from llmops_workbench.tracking import decisions, events
from llmops_workbench.tracking.catalogue import Catalogue
from tests.stock import Stock

CHOICES = ["good", "bad"]


def evaluated(stock: Stock, data: str = "reviews#test", **more: Any) -> Any:
    call = {"model": "tiny", "prompt": "short", "choices": CHOICES, "metrics": ["accuracy"]}
    return stock("evaluate", **{**call, "data": data, **more})


def tuned(
    stock: Stock, adapter: Path, data: str, *, validation: str | None = None, base: str = "tiny"
) -> str:
    """Register an adapter as the output of a finished run of tune that read this data."""
    from llmops_workbench.models.registration import register_folder

    book = Catalogue(stock.workspace)
    arguments = {"model": f"model:{base}@1", "data": book.pin(data, "dataset")}
    if validation is not None:
        arguments["validation"] = book.pin(validation, "dataset")
    run_id = book.start_run("tune", arguments, inputs=list(arguments.values()))
    with stock.open():
        meta = {"prompt": "prompt:short@1", "choices": CHOICES, "roles": {"target": "label"}}
        made = register_folder(
            "tuned",
            adapter,
            base=base,
            meta=meta,
            run_id=run_id,
            parents=[book.pin(data, "dataset")],
        )
    book.finish_run(run_id, "done")
    return str(made.ref)


def plain(stock: Stock, ref: str) -> list[dict[str, Any]]:
    keys = ("text", "label", "domain")
    return [{key: row[key] for key in keys} for row in stock.rows(ref)]


SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


def test_every_operator_decides_as_python_does_and_each_decision_is_kept(stock: Stock) -> None:
    report = evaluated(stock, slices=["domain"], baseline="other")
    value = report.metrics["accuracy"].value
    assert value is not None
    part = report.slices[0]
    numbers = {
        "accuracy": value,
        "accuracy.lower": report.metrics["accuracy"].lower,
        "paired.accuracy.lower": report.paired["accuracy"].lower,
        "failed": 0.0,
        f"slices.domain.{part.value}.accuracy.upper": part.metrics["accuracy"].upper,
        f"slices.domain.{part.value}.paired.accuracy.lower": part.paired["accuracy"].lower,
    }
    expected = []
    for sign, holds in SIGNS.items():
        for name, number in numbers.items():
            for bound in (number - 0.25, number, number + 0.25):
                expected.append((f"{name} {sign} {bound!r}", holds(number, bound), number))
    with pytest.raises(GateNotPassedError) as caught:
        stock("gate", rules=[rule for rule, _, _ in expected], run=report.run_id)
    found = caught.value.result
    assert [(one.rule, one.passed) for one in found.rules] == [
        (rule, passed) for rule, passed, _ in expected
    ]
    for one, (_, _, number) in zip(found.rules, expected, strict=True):
        assert one.observed == pytest.approx(number)
    assert 0 < sum(one.passed for one in found.rules) < len(expected)
    every = [rule for rule, passed, _ in expected if passed]
    assert stock("gate", rules=every, run=report.run_id).passed


def test_a_decision_is_an_audit_event_about_exactly_this(stock: Stock) -> None:
    report = evaluated(stock, baseline="other")
    rules = ["accuracy >= 0", "failed == 0"]
    decision = stock("gate", rules=rules, run=report.run_id[:8])
    book = Catalogue(stock.workspace)
    with stock.open():
        (event,) = decisions.of(book.get("model:tiny@1").ref, decisions.GATE)
        assert events.verify_chain("audit").whole
    assert event["id"] == decision.decision
    assert event["run_id"] == decision.run_id
    assert event["actor"] == stock.workspace.user()
    assert event["subject"] == event["model_version"] == "model:tiny@1"
    kept = event["payload"]
    assert kept["passed"] is True
    assert kept["model_hash"] == decision.model_hash == book.get("model:tiny@1").hash
    assert kept["data"] == decision.data == "dataset:reviews@1#test"
    assert kept["data_hash"] == decision.data_hash == book.get("dataset:reviews@1").hash
    assert kept["evaluation"] == decision.evaluation == report.run_id
    assert [rule["rule"] for rule in kept["rules"]] == rules
    assert (kept["prompt"], kept["baseline"], kept["n"]) == ("prompt:short@1", "model:other@1", 30)
    run = book.run(decision.run_id)
    assert (run["state"], run["inputs"]) == ("done", [f"run:{report.run_id}"])


def test_a_refusal_is_kept_says_why_and_ends_with_100(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    report = evaluated(stock)
    with pytest.raises(GateNotPassedError, match=r"accuracy.lower is .*: >= 2 does not hold") as no:
        stock("gate", rules=["accuracy.lower >= 2", "failed == 0"], run=report.run_id)
    assert outcome(no.value).exit_code == 100
    assert [rule.passed for rule in no.value.result.rules] == [False, True]
    book = Catalogue(stock.workspace)
    run = book.run(no.value.result.run_id)
    assert (run["state"], run["result"]["passed"]) == ("done", False)
    with stock.open():
        (event,) = decisions.of(book.get("model:tiny@1").ref, decisions.GATE)
    assert event["payload"]["passed"] is False
    capsys.readouterr()
    words = ["gate", "accuracy.lower >= 2", "--run", report.run_id, "--json"]
    assert cli.main([*words, "--workspace", str(stock.workspace.root)]) == 100
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (record["passed"], record["exit_code"], record["looks"]) == (False, 100, 1)
    assert record["rules"][0]["observed"] == report.metrics["accuracy"].lower


def test_looks_at_the_same_rows_are_counted_wherever_they_stand(stock: Stock) -> None:
    def looks(report: Any) -> int:
        return int(stock("gate", rules=["n > 0"], run=report.run_id).looks)

    first = evaluated(stock)
    assert looks(first) == 1
    assert "evaluations have looked" not in stock.warnings
    evaluated(stock, model="other")
    assert looks(first) == 2
    assert "2 evaluations have looked at dataset:reviews@1#test" in stock.warnings
    evaluated(stock, data="reviews#validation")
    assert looks(first) == 2, "other rows"
    evaluated(stock, data=stock.dataset("copy", plain(stock, "reviews#test")[:5]))
    assert looks(first) == 3, "the same rows in another data set"
    whole = evaluated(stock, data="reviews")
    assert looks(first) == 4
    assert looks(whole) == 5, "each of the looks at a part of them"
    gone = stock.dataset("gone", plain(stock, "reviews#test")[:5])
    evaluated(stock, data=gone)
    stock("rm", ref=gone)
    assert looks(first) == 4, "rows that are gone can be compared with nothing"


def test_rows_that_tune_read_cannot_judge(stock: Stock, tiny_adapter: Path) -> None:
    model = tuned(stock, tiny_adapter, "reviews")
    fair = evaluated(stock, model=model, data="reviews#test")
    assert stock("gate", rules=["n > 0"], run=fair.run_id).passed
    for split in ("train", "validation"):
        unfair = evaluated(stock, model=model, data=f"reviews#{split}")
        with pytest.raises(UsageError, match=r"rows of .* were used by tune .* judge it by other"):
            stock("gate", rules=["n > 0"], run=unfair.run_id)
    with stock.open():
        assert len(decisions.of(Catalogue(stock.workspace).get(model).ref)) == 1


@pytest.mark.parametrize("way", ["another file", "fewer columns", "another name", "spaces"])
def test_the_same_rows_are_found_in_another_data_set(
    stock: Stock, tiny_adapter: Path, way: str
) -> None:
    train, test = plain(stock, "reviews#train"), plain(stock, "reviews#test")
    learned = [*train, *test[:3]]
    if way == "fewer columns":
        learned = [{"text": row["text"], "label": row["label"]} for row in learned]
    elif way == "another name":
        learned = [{"review": row["text"], "answer": row["label"]} for row in learned]
    elif way == "spaces":
        learned = [{**row, "text": f" {row['text'].replace(' ', '  ')}\n"} for row in learned]
    data = stock.dataset("learned", learned)
    model = tuned(stock, tiny_adapter, data)
    report = evaluated(stock, model=model)
    with pytest.raises(UsageError, match="3 rows of dataset:reviews@1#test were used by tune"):
        stock("gate", rules=["n > 0"], run=report.run_id)


def test_rows_of_validation_and_of_what_the_model_came_from_count(
    stock: Stock, tiny_adapter: Path
) -> None:
    model = tuned(stock, tiny_adapter, "reviews#train", validation="reviews#test")
    report = evaluated(stock, model=model)
    with pytest.raises(UsageError, match=r"30 rows of .* were used by tune"):
        stock("gate", rules=["n > 0"], run=report.run_id)
    # A model that was merged from the tuned one knows what that one knew.
    book = Catalogue(stock.workspace)
    with stock.open():
        from llmops_workbench.models.registration import register_folder

        child = register_folder("child", Path(tiny_folder(stock)), parents=[model])
    assert book.get(child.ref).run_id is None
    report = evaluated(stock, model="child")
    with pytest.raises(UsageError, match=r"30 rows of .* were used by tune"):
        stock("gate", rules=["n > 0"], run=report.run_id)


def tiny_folder(stock: Stock) -> str:
    from llmops_workbench.tracking import models

    with stock.open():
        return str(models.model_path("tiny"))


def compared(stock: Stock, data: str, prompts: list[str], models: list[str]) -> Any:
    return stock(
        "compare", data=data, prompts=prompts, models=models, target="label", choices=CHOICES,
        metrics=["accuracy"],
    )  # fmt: skip


def refused(stock: Stock, report: Any) -> bool:
    try:
        stock("gate", rules=["n > 0"], run=report.run_id)
    except UsageError as error:
        assert "were used by compare" in error.message
        return True
    return False


def test_rows_that_chose_the_prompt_cannot_judge(stock: Stock) -> None:
    report = evaluated(stock)
    compared(stock, "reviews#validation", ["short", "long"], ["tiny"])
    assert not refused(stock, report), "chosen on other rows"
    compared(stock, "reviews#test", ["short", "long"], ["other"])
    assert refused(stock, report), "chosen with another model, but on these rows"


def test_a_prompt_is_known_by_its_words_not_by_its_name(stock: Stock) -> None:
    compared(stock, "reviews#test", ["{{text}}\nGood or bad?", "long"], ["other"])
    assert refused(stock, evaluated(stock))
    free = evaluated(stock, prompt="{{text}}\nGood, or bad?")
    assert not refused(stock, free)


def test_a_comparison_of_models_chose_one(stock: Stock) -> None:
    compared(stock, "reviews#test", ["long"], ["other"])
    report = evaluated(stock)
    assert not refused(stock, report), "neither its prompt nor the model"
    compared(stock, "reviews#test", ["long"], ["other", "tiny"])
    assert refused(stock, report)


def test_a_base_that_was_chosen_among_models_counts_and_one_that_was_only_asked_does_not(
    stock: Stock, tiny_adapter: Path
) -> None:
    model = tuned(stock, tiny_adapter, "reviews")
    report = evaluated(stock, model=model)
    compared(stock, "reviews#test", ["long"], ["tiny"])
    assert not refused(stock, report), "its base alone, with another prompt: nothing was chosen"
    compared(stock, "reviews#test", ["long"], ["tiny", "other"])
    assert refused(stock, report)


def test_a_row_is_known_by_its_id_where_its_words_are_gone(
    stock: Stock, tiny_adapter: Path
) -> None:
    from llmops_workbench.tracking import datasets

    with stock.open():
        rows = datasets.load("reviews#test").slice(0, 4)
        bare = datasets.register("bare", rows.select(["label", "domain", "__row__", "__id__"]))
    model = tuned(stock, tiny_adapter, str(bare.ref))
    report = evaluated(stock, model=model)
    with pytest.raises(UsageError, match=r"4 rows of dataset:reviews@1#test were used by tune"):
        stock("gate", rules=["n > 0"], run=report.run_id)


def test_a_name_that_begins_alike_is_another_one(stock: Stock) -> None:
    from llmops_workbench.tracking import prompts

    with stock.open():
        for number in range(2, 11):
            prompts.register("short", f"{{{{text}}}} number {number}")
    compared(stock, "reviews#test", ["short@10"], ["other"])
    assert not refused(stock, evaluated(stock, prompt="short@1")), "short@1 is no short@10"


def test_rows_that_nobody_can_look_up_any_more_are_refused(
    stock: Stock, tiny_adapter: Path
) -> None:
    data = stock.dataset("learned", plain(stock, "reviews#train"))
    model = tuned(stock, tiny_adapter, data)
    report = evaluated(stock, model=model)
    stock("rm", ref=data)
    with pytest.raises(UsageError, match=r"tune .* read dataset:learned@1, which is removed"):
        stock("gate", rules=["n > 0"], run=report.run_id)


def test_what_cannot_be_judged_is_said(stock: Stock) -> None:
    report = evaluated(stock)
    gate = stock("gate", rules=["n > 0"], run=report.run_id)
    for rules, run, sentence in (
        ([], report.run_id, "a gate needs rules"),
        (["accuracy => 1"], report.run_id, "is no rule"),
        (["acuracy.lower > 0"], report.run_id, "did you mean 'accuracy.lower'"),
        (["n > 0"], gate.run_id, "is gate (done): a gate needs a finished evaluate"),
    ):
        with pytest.raises(UsageError) as caught:
            stock("gate", rules=rules, run=run)
        assert sentence in caught.value.message
    outside = evaluated(stock, model=tiny_folder(stock))
    with pytest.raises(UsageError, match="is not registered"):
        stock("gate", rules=["n > 0"], run=outside.run_id)
