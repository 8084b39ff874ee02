"""`evaluate` against a plain computation with the engine, row by row."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from llmops_workbench.core.errors import JobError, LLMOpsError, NotFoundError, UsageError, outcome
from llmops_workbench.models.engine import Sampling
from llmops_workbench.models.prompting import build_prompt
from llmops_workbench.models.sources import open_model
from llmops_workbench.scoring.score import score
from tests.stock import Stock

CHOICES = ["good", "bad"]
SHORT = "{{text}}\nGood or bad?"
TEST = "dataset:reviews@1#test"


def chosen_plainly(stock: Stock, model: str, texts: list[str], choices: list[str]) -> list[str]:
    """One row at a time: the continuation with the highest log-likelihood."""
    found = []
    with stock.open(), open_model(model) as engine:
        for text in texts:
            prompt = build_prompt(SHORT, {"text": text}, chat=True)
            values = [engine.score([prompt], [[one]])[0][0].log_likelihood for one in choices]
            found.append(choices[max(range(len(choices)), key=values.__getitem__)])
    return found


def written_plainly(stock: Stock, model: str, texts: list[str], tokens: int) -> list[str]:
    with stock.open(), open_model(model) as engine:
        return [
            engine.generate(
                [build_prompt(SHORT, {"text": text}, chat=True)], Sampling(max_new_tokens=tokens)
            )[0].text
            for text in texts
        ]


def test_accuracy_is_that_of_the_likelier_choice_row_by_row(stock: Stock) -> None:
    rows = stock.rows(TEST)
    texts, labels = [row["text"] for row in rows], [row["label"] for row in rows]
    report = stock(
        "evaluate", model="tiny", data=TEST, prompt="short", choices=CHOICES,
        metrics=["accuracy"], baseline="other",
    )  # fmt: skip
    own, other = (chosen_plainly(stock, name, texts, CHOICES) for name in ("tiny", "other"))
    right = [a == b for a, b in zip(own, labels, strict=True)]
    base = [a == b for a, b in zip(other, labels, strict=True)]
    assert 0 < sum(right) < len(rows), "a model that is always right or wrong shows nothing"
    found = report.metrics["accuracy"]
    assert (found.value, report.n, report.failed) == (sum(right) / len(rows), len(rows), 0)
    wilson = stats.binomtest(sum(right), len(rows)).proportion_ci(method="wilson")
    assert (found.lower, found.upper) == pytest.approx((wilson.low, wilson.high))
    assert report.baseline_metrics["accuracy"].value == sum(base) / len(rows)
    pair = report.paired["accuracy"]
    assert pair.difference == pytest.approx((sum(right) - sum(base)) / len(rows))
    won = sum(a and not b for a, b in zip(right, base, strict=True))
    lost = sum(b and not a for a, b in zip(right, base, strict=True))
    assert won + lost > 0
    assert pair.p == pytest.approx(stats.binomtest(won, won + lost).pvalue)  # exact McNemar
    assert pair.lower <= pair.difference <= pair.upper
    kept = stock.rows(report.rows)
    assert [row["choice"] for row in kept] == own
    assert [row["baseline_choice"] for row in kept] == other
    assert [row["row_id"] for row in kept] == [row["__id__"] for row in rows]
    assert any("likelihood" in note for note in found.notes)


def with_known_answers(stock: Stock) -> str:
    """Rows of which the model gets every other one right, to the letter."""
    rows = stock.rows(TEST)
    said = written_plainly(stock, "tiny", [row["text"] for row in rows], 5)
    made = [
        {
            "text": row["text"],
            "label": text if place % 2 else f"{text} and more",
            "domain": "odd" if place % 2 else "even",
        }
        for place, (row, text) in enumerate(zip(rows, said, strict=True))
    ]
    return stock.dataset("echoed", made)


def test_metrics_of_what_is_written_equal_the_score_of_the_stored_rows(stock: Stock) -> None:
    data = with_known_answers(stock)
    names = ["exact_match", "token_f1", "bleu", "chrf", "rougeL", "edit_similarity", "ter"]
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="label", metrics=names,
        max_new_tokens=5, slices=["domain"],
    )  # fmt: skip
    rows = stock.rows(data)
    texts = [row["text"] for row in rows]
    kept = stock.rows(report.rows)
    assert [row["answer"] for row in kept] == written_plainly(stock, "tiny", texts, 5)
    assert [row["expected"] for row in kept] == [row["label"] for row in rows]
    said = [row["answer"] for row in kept]
    for name in names:
        own = said if name == "exact_match" else [text.strip() for text in said]
        again = score(name, own, [row["label"] for row in rows])
        found = report.metrics[name]
        assert found.value == pytest.approx(again.value), name
        assert again.interval is not None
        assert (found.lower, found.upper) == pytest.approx(tuple(again.interval)[:2]), name
        assert found.lower <= found.value <= found.upper, name
        assert [row[name] for row in kept] == pytest.approx(again.rows), name
    assert report.metrics["exact_match"].value == pytest.approx(0.5, abs=0.02)
    first = {part.value: part.metrics["exact_match"].value for part in report.slices}
    assert first == {"odd": 1.0, "even": 0.0}
    assert [part.value for part in report.slices] == ["even", "odd"], "the worst first"
    assert {row["domain"] for row in report.worst} == {"even"}
    assert len(report.worst) == 15


def test_the_worst_rows_are_the_worst_also_where_less_is_better(stock: Stock) -> None:
    data = with_known_answers(stock)
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="label", metrics=["ter"],
        max_new_tokens=5,
    )  # fmt: skip
    values = [row["ter"] for row in report.worst]
    assert values == sorted(values, reverse=True)
    assert min(values) > 0


def test_failed_rows_are_counted_kept_and_in_no_score(stock: Stock) -> None:
    rows: list[dict[str, Any]] = [
        {"text": row["text"], "label": row["label"]} for row in stock.rows(TEST)
    ]
    rows[3]["label"] = None
    rows[7]["text"] = None
    rows[11]["text"] = rows[11]["label"] = None
    data = stock.dataset("gaps", rows)
    call: dict[str, Any] = {
        "model": "tiny", "data": data, "prompt": "short", "target": "label", "choices": CHOICES,
        "metrics": ["accuracy", "token_f1"], "baseline": "other", "max_new_tokens": 3,
    }  # fmt: skip
    report = stock("evaluate", **call)
    assert (report.n, report.failed, report.baseline_failed) == (30, 3, 3)
    assert report.to_dict()["failed"] == 3
    for name in ("accuracy", "token_f1"):
        assert (report.metrics[name].n, report.metrics[name].failed) == (27, 3)
    assert report.paired["accuracy"].n == 27
    kept = stock.rows(report.rows)
    assert [at for at, row in enumerate(kept) if row["error"]] == [3, 7, 11]
    assert "right answer is missing" in kept[3]["error"]
    assert "'{{text}}' is missing" in kept[7]["error"]
    assert [kept[at]["accuracy"] for at in (3, 7, 11)] == [None, None, None]
    good = [row for at, row in enumerate(rows) if at not in (3, 7, 11)]
    alone = stock("evaluate", **{**call, "data": stock.dataset("whole", good)})
    assert alone.metrics["accuracy"].value == report.metrics["accuracy"].value
    stock("evaluate", **call, max_failed=0.1)
    with pytest.raises(JobError, match="3 of 30 rows failed; row 3: the right answer") as caught:
        stock("evaluate", **call, max_failed=0.09)
    assert outcome(caught.value).exit_code == 1


def test_all_rows_failed_is_an_error_with_the_first_reason(stock: Stock) -> None:
    rows = [{"text": None, "label": "good", "n": at} for at in range(4)]
    data = stock.dataset("nothing", rows)
    with pytest.raises(JobError, match="4 of 4 rows failed; row 0") as caught:
        stock("evaluate", model="tiny", data=data, prompt="short", target="label")
    assert outcome(caught.value).exit_code == 1


def test_a_baseline_that_fails_leaves_the_candidates_score(stock: Stock) -> None:
    long = [{"text": "film " * 400, "label": "good"}, *({"text": "a film", "label": "bad"},) * 3]
    data = stock.dataset("long", long)
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="label", max_new_tokens=3,
        baseline="other", metrics=["exact_match"],
    )  # fmt: skip
    assert (report.failed, report.baseline_failed) == (1, 1), "256 tokens fit, 400 words do not"
    assert report.metrics["exact_match"].n == 3


def test_a_metric_that_cannot_be_computed_is_named_and_the_others_go_on(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tokenizer that would drop the text is refused, as for rouge with its own on Chinese."""
    from llmops_workbench.scoring.metric import METRICS

    # What rouge-score itself does; our default would have picked words.
    part = replace(METRICS.get("rougeL"), name="rouge_latin", pick=lambda *_: ("default", ()))
    METRICS.get("chrf")
    monkeypatch.setitem(METRICS._parts, "rouge_latin", part)
    rows = [{"text": "电影很好看", "label": "非常好看的电影"}] * 3
    data = stock.dataset("chinese", [{**row, "n": at} for at, row in enumerate(rows)])
    call: dict[str, Any] = {
        "model": "tiny", "data": data, "prompt": "short", "target": "label", "max_new_tokens": 3,
    }  # fmt: skip
    report = stock("evaluate", **call, metrics=["rouge_latin", "chrf"])
    assert set(report.metrics) == {"chrf"}
    assert "tokenizer='words'" in report.scorers_failed["rouge_latin"]
    assert "rouge_latin could not be computed" in stock.warnings
    with pytest.raises(JobError, match=r"no metric could be computed; rouge_latin: .*='words'"):
        stock("evaluate", **call, metrics=["rouge_latin"])


def test_chinese_is_scored_with_words_by_default(stock: Stock) -> None:
    said = written_plainly(stock, "tiny", ["电影很好看"], 4)[0]
    data = stock.dataset("chinese", [{"text": "电影很好看", "label": "非常好看的电影" + said}])
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="label",
        metrics=["rougeL", "bleu"], max_new_tokens=4,
    )  # fmt: skip
    assert report.metrics["rougeL"].options["tokenizer"] == "words"
    assert report.metrics["bleu"].options["tokenizer"] == "zh"
    assert report.scorers_failed == {}


def test_what_a_model_version_remembers_is_used_unless_told_otherwise(
    stock: Stock, tiny_adapter: Any
) -> None:
    from llmops_workbench.models.registration import register_folder

    meta = {"prompt": "prompt:short@1", "roles": {"target": "label"}, "choices": CHOICES}
    with stock.open():
        register_folder("triage", tiny_adapter, base="tiny", meta=meta)
    rows = [{"answer": "x", **row} for row in stock.rows(TEST)]
    for row in rows:
        del row["__row__"], row["__id__"], row["__split__"]
    # The guess for this data would be the column answer.
    data = stock.dataset("renamed", rows, roles={"input": "text", "target": "answer"})
    silent = stock("evaluate", model="triage", data=data, metrics=["accuracy"])
    assert (silent.prompt, silent.target, silent.choices) == ("prompt:short@1", "label", CHOICES)
    said = stock(
        "evaluate", model="triage", data=data, metrics=["accuracy"], prompt="short",
        target="label", choices=CHOICES,
    )  # fmt: skip
    assert said.digest() == silent.digest()
    told = stock(
        "evaluate", model="triage", data=data, metrics=["accuracy"], prompt="long",
        target="answer", choices=["x", "y"],
    )  # fmt: skip
    assert (told.prompt, told.target, told.choices) == ("prompt:long@1", "answer", ["x", "y"])


def test_a_cached_evaluation_asks_nothing_and_says_the_same(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmops_workbench.models.engines import local

    asked = {"generate": 0, "score": 0}
    engine = type(open_of(stock, "tiny"))
    for name in asked:
        real = getattr(engine, name)

        def counting(self: Any, prompts: Any, *rest: Any, _real: Any = real, _name: str = name,
                     **options: Any) -> Any:  # fmt: skip
            asked[_name] += len(prompts)
            return _real(self, prompts, *rest, **options)

        monkeypatch.setattr(engine, name, counting)
    assert engine.__module__.startswith(local.__name__.rpartition(".")[0])
    call: dict[str, Any] = {
        "model": "tiny", "data": TEST, "prompt": "short", "choices": CHOICES,
        "metrics": ["accuracy", "exact_match", "chrf"], "max_new_tokens": 3,
    }  # fmt: skip
    first = stock("evaluate", **call)
    assert asked == {"generate": 30, "score": 30}
    again = stock("evaluate", **call)
    assert asked == {"generate": 30, "score": 30}
    assert (first.cached, again.cached) == (0, 30)
    fresh = stock("evaluate", **call, fresh=True)
    assert asked == {"generate": 60, "score": 60}
    assert first.digest() == again.digest() == fresh.digest()
    assert stock.rows(first.rows) == stock.rows(again.rows) == stock.rows(fresh.rows)
    # Half of the rows are known, the other half is not: batches differ, answers do not.
    more = stock("evaluate", **{**call, "data": "reviews"})
    assert asked == {"generate": 96, "score": 96}
    assert more.cached == 30


def open_of(stock: Stock, model: str) -> Any:
    with stock.open(), open_model(model) as engine:
        return engine


def test_the_same_question_is_asked_once(stock: Stock) -> None:
    rows = [{"text": "a dull film", "label": "bad", "n": at} for at in range(40)]
    data = stock.dataset("same", rows)
    stock.events.clear()
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="label", max_new_tokens=3,
        choices=CHOICES, metrics=["accuracy", "exact_match"],
    )  # fmt: skip
    kept = stock.rows(report.rows)
    assert len(kept) == 40
    assert len({(row["answer"], row["choice"]) for row in kept}) == 1
    last = [e.data for e in stock.events if e.kind == "progress"][-1]
    assert (last["done"], last["total"]) == (40, 40)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"metrics": ["acuracy"]}, NotFoundError, "did you mean 'accuracy'"),
        ({"metrics": []}, UsageError, "give --metrics"),
        ({"target": "lable"}, UsageError, "no column 'lable'; did you mean 'label'"),
        ({"slices": ["domian"]}, UsageError, "no column 'domian'; did you mean 'domain'"),
        ({"slices": ["__split__"]}, UsageError, "no column '__split__'"),
        ({"prompt": "Is {{txet}} good?"}, UsageError, "{{txet}}, which is no column; did you mean"),
        ({"prompt": None}, UsageError, "nothing says what the model is asked"),
        ({"prompt": "shrot"}, NotFoundError, "did you mean 'short'"),
        ({"model": "tinny"}, NotFoundError, "did you mean 'tiny'"),
        ({"data": "reviws"}, NotFoundError, "did you mean 'reviews'"),
        ({"data": "reviews#tset"}, NotFoundError, "did you mean 'test'"),
        ({"choices": ["good"], "metrics": ["accuracy"]}, UsageError, "at least two different"),
        ({"choices": ["Good", "Bad"], "metrics": ["accuracy"]}, UsageError, "did you mean 'Good'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    stock: Stock, arguments: dict[str, Any], error: type[LLMOpsError], sentence: str
) -> None:
    given = {"model": "tiny", "data": TEST, "prompt": "short", **arguments}
    with pytest.raises(error) as caught:
        stock("evaluate", **{key: value for key, value in given.items() if value is not None})
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message
    assert outcome(caught.value).exit_code == 2


def test_right_answers_outside_the_choices_are_said(stock: Stock) -> None:
    rows = [{"text": f"film {at}", "label": "good" if at else "so-so"} for at in range(3)]
    data = stock.dataset("so", rows)
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="label", choices=CHOICES,
        metrics=["accuracy"],
    )  # fmt: skip
    assert "1 rows have a right answer that is not among the choices, such as 'so-so'" in (
        stock.warnings
    )
    assert report.metrics["accuracy"].n == 3


def test_several_right_answers_each_count(stock: Stock) -> None:
    said = written_plainly(stock, "tiny", ["one", "two"], 3)
    data = stock.dataset(
        "several",
        [
            {"text": "one", "answers": ["no", said[0]]},
            {"text": "two", "answers": ["no", "never"]},
        ],
    )
    report = stock(
        "evaluate", model="tiny", data=data, prompt="short", target="answers", max_new_tokens=3
    )
    assert report.metrics["exact_match"].value == 0.5
    assert stock.rows(report.rows)[0]["expected"] == ["no", said[0]]


def test_the_newest_scores_stand_beside_the_version(stock: Stock) -> None:
    report = stock(
        "evaluate", model="tiny", data=TEST, prompt="short", choices=CHOICES, metrics=["accuracy"]
    )
    (item,) = stock("ls", kind="models", where="name=tiny").items
    kept = item["scores"]["accuracy"]
    assert kept["value"] == report.metrics["accuracy"].value
    assert (kept["data"], kept["run_id"]) == (TEST, report.run_id)
    assert not math.isnan(kept["lower"])
    graph = stock("lineage", ref=report.rows)
    assert {f"run:{report.run_id}", "model:tiny@1", "dataset:reviews@1", "prompt:short@1"} <= {
        node["ref"] for node in graph.nodes
    }
