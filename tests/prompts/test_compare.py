"""`compare`: every prompt with every model, tested and corrected as the reference libraries do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from llmops_workbench.core.errors import JobError, LLMOpsError, NotFoundError, UsageError
from llmops_workbench.models.engine import Sampling
from llmops_workbench.models.prompting import build_prompt
from llmops_workbench.models.sources import open_model
from llmops_workbench.scoring.score import score
from llmops_workbench.tracking import prompts as kept_prompts
from tests.stock import Stock

CHOICES = ["good", "bad"]
TEST = "dataset:reviews@1#test"
CALL: dict[str, Any] = {
    "data": TEST,
    "prompts": ["short", "long", "{{text}} ({{domain}})"],
    "models": ["tiny", "other"],
    "target": "label",
    "choices": CHOICES,
    "metrics": ["accuracy", "chrf"],
    "max_new_tokens": 4,
}


@pytest.fixture
def asked(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many prompts the engine was given."""
    counted = {"generate": 0, "score": 0}
    with stock.open(), open_model("tiny") as engine:
        kind = type(engine)
    for name in counted:
        real = getattr(kind, name)

        def counting(self: Any, prompts: Any, *rest: Any, _real: Any = real, _name: str = name,
                     **options: Any) -> Any:  # fmt: skip
            counted[_name] += len(prompts)
            return _real(self, prompts, *rest, **options)

        monkeypatch.setattr(kind, name, counting)
    return counted


def plainly(stock: Stock, prompt: str, model: str) -> tuple[list[str], list[str]]:
    """Answer and choice of one variant, row by row."""
    said, chosen = [], []
    with stock.open(), open_model(model) as engine:
        template = kept_prompts.load(prompt).template
        for row in stock.rows(TEST):
            asked = build_prompt(template, row, chat=True)
            said.append(engine.generate([asked], Sampling(max_new_tokens=4))[0].text)
            values = [engine.score([asked], [[one]])[0][0].log_likelihood for one in CHOICES]
            chosen.append(CHOICES[int(np.argmax(values))])
    return said, chosen


def test_each_variant_is_the_plain_computation_and_the_grid_opens_again(stock: Stock) -> None:
    report = stock("compare", **CALL)
    assert (report.n, report.calls, len(report.columns), report.failed) == (30, 180, 6, 0)
    labels = [row["label"] for row in stock.rows(TEST)]
    ids = [row["__id__"] for row in stock.rows(TEST)]
    cells = stock.rows(report.cells)
    assert len(cells) == 180
    pairs = [(column.prompt, column.model) for column in report.columns]
    assert len(set(pairs)) == 6
    assert len({column.label for column in report.columns}) == 6
    for number, column in enumerate(report.columns, 1):
        own = [cell for cell in cells if cell["column"] == number]
        assert {(cell["prompt"], cell["model"]) for cell in own} == {pairs[number - 1]}
        assert [cell["row_id"] for cell in own] == ids
        assert [cell["row"] for cell in own] == [row["__row__"] for row in stock.rows(TEST)]
        assert column.prompt_tokens == sum(cell["prompt_tokens"] for cell in own)
        assert not any(cell["cached"] for cell in own)
        with stock.open():
            template = kept_prompts.load(column.prompt).template
        asked = [build_prompt(template, row, chat=True) for row in stock.rows(TEST)]
        assert [cell["sent"] for cell in own] == asked
        if number in (1, 5):  # asking all six row by row takes long and shows no more
            said, chosen = plainly(stock, column.prompt, column.model)
            assert [cell["answer"] for cell in own] == said
            assert [cell["choice"] for cell in own] == chosen
        again = {
            "accuracy": score("accuracy", [cell["choice"] for cell in own], labels),
            "chrf": score("chrf", [cell["answer"].strip() for cell in own], labels),
        }
        for name, one in again.items():
            found = column.metrics[name]
            assert found.value == pytest.approx(one.value)
            assert [cell[name] for cell in own] == pytest.approx(one.rows, nan_ok=True)
            assert found.lower <= found.value <= found.upper
        assert column.new_tokens == sum(cell["new_tokens"] for cell in own)
        assert column.p50_seconds == pytest.approx(
            np.percentile([cell["seconds"] for cell in own], 50), abs=1e-4
        )
        assert column.p95_seconds >= column.p50_seconds
    assert report.sample[0]["text"] == stock.rows(TEST)[0]["text"]


def test_p_values_are_paired_with_the_first_column_and_corrected_over_all(stock: Stock) -> None:
    report = stock("compare", **CALL)
    cells = stock.rows(report.cells)
    right = [
        [cell["accuracy"] == 1 for cell in cells if cell["column"] == number]
        for number in range(1, 7)
    ]
    plain, corrected, sure = [], [], []
    assert report.columns[0].paired == {}
    for number, column in enumerate(report.columns[1:], 1):
        won = sum(b and not a for a, b in zip(right[0], right[number], strict=True))
        lost = sum(a and not b for a, b in zip(right[0], right[number], strict=True))
        p = stats.binomtest(won, won + lost).pvalue if won + lost else 1.0
        assert column.paired["accuracy"].p == pytest.approx(p)
        assert column.paired["accuracy"].difference == pytest.approx((won - lost) / 30)
        for name in ("accuracy", "chrf"):
            plain.append(column.paired[name].p)
            corrected.append(column.adjusted_p[name])
            sure.append(column.adjusted_p[name] < 0.05)
    assert len(plain) == 10
    assert len(set(plain)) > 2
    assert corrected == pytest.approx(stats.false_discovery_control(plain, method="bh"))
    assert report.differs is any(sure)


def test_where_no_difference_is_seen_it_says_how_many_rows_it_takes(stock: Stock) -> None:
    call = {**CALL, "prompts": ["short", "long"], "models": ["tiny"], "metrics": ["accuracy"]}
    report = stock("compare", **call)
    if report.differs:
        assert report.more_rows == {}
        return
    cells = stock.rows(report.cells)
    first, second = (
        np.array([cell["accuracy"] for cell in cells if cell["column"] == number])
        for number in (1, 2)
    )
    gaps = second - first
    reach = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    if gaps.mean() == 0:
        assert report.more_rows == {}
    else:
        expected = int(np.ceil((reach * gaps.std() / gaps.mean()) ** 2))
        assert report.more_rows == {"accuracy": max(2, expected)}


def test_a_second_comparison_asks_nothing(stock: Stock, asked: dict[str, int]) -> None:
    first = stock("compare", **CALL)
    assert asked == {"generate": 180, "score": 180}
    again = stock("compare", **CALL)
    assert asked == {"generate": 180, "score": 180}
    assert [column.cached for column in first.columns] == [0] * 6
    assert [column.cached for column in again.columns] == [30] * 6
    assert all(cell["cached"] for cell in stock.rows(again.cells))
    assert again.columns[0].p50_seconds is None, "nothing was measured"
    assert first.digest() == again.digest()
    swapped = stock("compare", **{**CALL, "prompts": ["long", "short"], "models": ["other"]})
    assert asked == {"generate": 180, "score": 180}
    assert [column.prompt for column in swapped.columns] == ["prompt:long@1", "prompt:short@1"]
    stock("compare", **{**CALL, "max_new_tokens": 3, "models": ["tiny"], "prompts": ["short"]})
    assert asked == {"generate": 210, "score": 180}, "other answers, the same likelihoods"
    fresh = stock("compare", **CALL, fresh=True)
    assert asked == {"generate": 390, "score": 360}
    assert fresh.digest() == first.digest()
    # evaluate asks the same, so it finds the same answers.
    stock("evaluate", data=TEST, model="tiny", prompt="short", target="label", choices=CHOICES,
          metrics=["accuracy"])  # fmt: skip
    assert asked == {"generate": 390, "score": 360}


def test_drawn_answers_are_fixed_by_the_seed(stock: Stock) -> None:
    call = {**CALL, "prompts": ["short"], "models": ["tiny"], "metrics": [], "temperature": 1.5}
    one, two, other = (
        stock("compare", **call, seed=seed, fresh=True, limit=8) for seed in (1, 1, 2)
    )
    assert one.digest() == two.digest()
    assert one.digest() != other.digest()
    assert (one.n, one.target) == (8, None)


def test_failures_of_some_rows_and_of_whole_variants_leave_the_rest(stock: Stock) -> None:
    rows = [
        {"text": row["text"], "label": row["label"], "note": "x" if at == 2 else None}
        for at, row in enumerate(stock.rows(TEST)[:8])
    ]
    rows[1]["text"] = None
    rows[5]["label"] = None
    data = stock.dataset("gaps", rows)
    call = {**CALL, "data": data, "models": ["tiny"], "metrics": ["accuracy", "chrf"]}
    report = stock("compare", **{**call, "prompts": ["short", "{{text}} {{note}}"]})
    assert [column.failed for column in report.columns] == [2, 7]
    assert report.failed == 9
    assert [column.metrics["accuracy"].n for column in report.columns] == [6, 1]
    assert report.columns[1].paired["accuracy"].n == 1
    errors = [cell["error"] for cell in stock.rows(report.cells)]
    assert [at for at, error in enumerate(errors) if error is None] == [0, 2, 3, 4, 6, 7, 10]
    assert "right answer is missing" in errors[5]
    assert "'{{note}}' is missing" in errors[8]
    assert any(str(value).startswith("failed: ") for value in report.sample[1].values())

    none = [{**row, "note": None} for row in rows]
    data = stock.dataset("none", none)
    for prompts in (["short", "{{text}} {{note}}"], ["{{text}} {{note}}", "short"]):
        report = stock("compare", **{**call, "data": data, "prompts": prompts})
        assert sorted(column.failed for column in report.columns) == [2, 8]
        assert report.columns[1].paired == {}
        assert report.more_rows == {}
        assert "every row failed" in stock.warnings
    with pytest.raises(JobError, match="every row failed for every variant"):
        stock("compare", **{**call, "data": data, "prompts": ["{{text}} {{note}}"]})


def test_models_bring_their_own_prompt_and_choices(stock: Stock, tiny_adapter: Any) -> None:
    from llmops_workbench.models.registration import register_folder

    with stock.open():
        for name, choices in (("one", CHOICES), ("two", ["yes", "no"])):
            meta = {"prompt": f"prompt:{'short' if name == 'one' else 'long'}@1"}
            meta |= {"choices": choices, "roles": {"target": "label"}}
            register_folder(name, tiny_adapter, base="tiny", meta=meta)
    call: dict[str, Any] = {"data": TEST, "metrics": ["accuracy"]}
    report = stock("compare", **call, models=["one", "tiny"])
    assert [column.prompt for column in report.columns] == ["prompt:short@1"] * 2
    assert (report.choices, report.target) == (CHOICES, "label")
    with pytest.raises(UsageError, match=r"chooses among good, bad and .* among yes, no"):
        stock("compare", **call, models=["one", "two"])
    both = stock("compare", **call, models=["one", "two"], choices=CHOICES)
    assert {column.prompt for column in both.columns} == {"prompt:short@1", "prompt:long@1"}
    with pytest.raises(UsageError, match=r"no prompt was given and model:tiny@1 remember"):
        stock("compare", **call, models=["tiny"])


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"metrics": ["acuracy"]}, NotFoundError, "did you mean 'accuracy'"),
        ({"target": "lable"}, UsageError, "did you mean 'label'"),
        ({"prompts": ["Is {{txet}} good?"]}, UsageError, "did you mean 'text'"),
        ({"prompts": ["shrot"]}, NotFoundError, "did you mean 'short'"),
        ({"models": []}, UsageError, "at least one model"),
        ({"choices": ["a", "a"]}, UsageError, "at least two different"),
        ({"choices": ["x", "y"]}, UsageError, "no right answer is among the choices x, y"),
        ({"data": "reviews#tset"}, NotFoundError, "did you mean 'test'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    stock: Stock, arguments: dict[str, Any], error: type[LLMOpsError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        stock("compare", **{**CALL, **arguments})
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message


def test_the_page_shows_answers_as_text_and_how_sure_a_difference_is(stock: Stock) -> None:
    rows = [{"text": "<script>x</script>", "label": "good"}, {"text": "a film", "label": "bad"}]
    data = stock.dataset("page", rows)
    report = stock("compare", **{**CALL, "data": data, "prompts": ["short", "long"]})
    page = report.html_body()
    assert "<script>" not in page
    assert "corrected" in page
    assert "No column differs from the first by more than chance." in page
    frame = report.to_frame()
    assert len(frame) == 8
    assert list(frame["column"].unique()) == [column.label for column in report.columns]
    assert report.headline()["1.accuracy"] == report.columns[0].metrics["accuracy"].value
