"""A profile agrees with pandas, DuckDB's SUMMARIZE and brute force, and counts what is planted."""

import datetime as dt
import math
import random
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.references import parse
from llmops_workbench.data import profiling
from llmops_workbench.data.explore import explore
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.text.words import words
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.storage import keep_table

SENTENCES = {
    "en": "The quick brown fox jumps over the lazy dog and runs into the forest again",
    "ru": "Быстрая коричневая лиса прыгает через ленивую собаку и снова бежит в лес",
    "zh": "敏捷的棕色狐狸跳过懒惰的狗又跑进了森林里面去了",
    "ar": "الثعلب البني السريع يقفز فوق الكلب الكسول ويعود إلى الغابة مرة أخرى",
    "th": "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจแล้ววิ่งเข้าป่าอีกครั้ง",
}


@pytest.fixture(autouse=True)
def opened(workspace):
    with activate(workspace):
        yield workspace


def look(source, **options):
    return explore(datasets.snapshot(source).ref, **options)


def frame(rows=3000, seed=0):
    dice = np.random.default_rng(seed)
    values = dice.normal(10, 3, rows)
    values[dice.integers(0, rows, 50)] = np.nan
    return pd.DataFrame(
        {
            "x": values,
            "n": dice.integers(-(2**40), 2**40, rows),
            "label": dice.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]),
            "text": [f"row {k % 2500} says {k * 7919 % 1000}" for k in range(rows)],
            "flag": dice.integers(0, 2, rows).astype(bool),
            "day": pd.to_datetime(dice.integers(0, 10**9, rows), unit="s"),
        }
    )


def by_name(report):
    return {column.name: column for column in report.columns}


def test_columns_against_pandas():
    data = frame()
    columns = by_name(look(data))
    for name in data.columns:
        assert columns[name].missing == data[name].isna().sum()
        assert columns[name].unique == data[name].nunique()
        assert columns[name].unique_exact
    for name in ("x", "n"):
        spread, series = columns[name].spread, data[name].dropna().astype(float)
        assert spread.count == len(series)
        assert (spread.minimum, spread.maximum) == (series.min(), series.max())
        assert spread.mean == pytest.approx(series.mean())
        assert spread.deviation == pytest.approx(series.std())
        for part, value in spread.quantiles.items():
            assert value == pytest.approx(series.quantile(float(part)))
        counts, edges = np.histogram(series, bins=profiling.BINS)
        assert sum(spread.histogram.counts) == len(series)
        assert np.abs(np.array(spread.histogram.counts) - counts).sum() <= 4
        assert spread.histogram.edges == pytest.approx(edges.tolist())
    lengths = data["text"].str.len()
    assert columns["text"].spread.mean == pytest.approx(lengths.mean())
    assert columns["text"].spread.quantiles["0.95"] == pytest.approx(lengths.quantile(0.95))
    top = data["label"].value_counts()
    assert [(t.value, t.count) for t in columns["label"].top] == list(top.items())
    kinds = {name: column.type for name, column in columns.items()}
    assert kinds == {
        "x": "number",
        "n": "integer",
        "label": "text",
        "text": "text",
        "flag": "boolean",
        "day": "datetime",
    }


def test_columns_against_duckdbs_summarize():
    version = datasets.snapshot(frame(seed=1))
    path = datasets.content_path(version)
    rows = duckdb.sql(f"SUMMARIZE SELECT * FROM '{path}'").to_arrow_table().to_pylist()
    columns = by_name(explore(version.ref))
    for row in rows:
        column = columns[row["column_name"]]
        missing = float(row["null_percentage"]) / 100 * row["count"]
        assert column.missing == pytest.approx(missing, abs=0.02 * row["count"] / 100)
        assert column.unique == pytest.approx(row["approx_unique"], rel=0.2)
        if column.type in profiling.NUMERIC:
            assert column.spread.mean == pytest.approx(float(row["avg"]))
            assert column.spread.deviation == pytest.approx(float(row["std"]))
            for part, name in (("0.25", "q25"), ("0.5", "q50"), ("0.75", "q75")):
                scale = column.spread.deviation
                assert column.spread.quantiles[part] == pytest.approx(
                    float(row[name]), abs=0.1 * scale
                )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.floats(), min_size=1, max_size=30))
def test_any_numbers_can_be_profiled(tmp_path_factory, values):
    table = pa.table({"v": pa.array(values, pa.float64())})
    path = keep_table(tmp_path_factory.mktemp("t") / "t.parquet", table)
    source = profiling.Source(path, ["v"], table.schema, len(values))
    (column,), _ = profiling.profile_columns(source, {}, 3)
    there = [value for value in values if value is not None]
    finite = [value for value in there if math.isfinite(value)]
    assert column.missing == len(values) - len(there)
    assert column.not_finite == len(there) - len(finite)
    assert column.spread.count == len(finite)
    if finite:
        assert column.spread.minimum == min(finite)
        assert column.spread.maximum == max(finite)
        assert sum(column.spread.histogram.counts) == len(finite)
        exact = sum(map(Fraction, finite)) / len(finite)
        near = pytest.approx(float(exact), rel=1e-9, abs=max(map(abs, finite)) * 1e-9)
        assert column.spread.mean == near
    if len(finite) > 1:
        scale = max(map(abs, finite)) or 1.0
        expected = float(np.std([value / scale for value in finite], ddof=1)) * scale
        assert column.spread.deviation == pytest.approx(expected, rel=1e-6, abs=scale * 1e-9)


def test_duplicates_are_those_that_the_steps_would_take_out():
    dice = random.Random(1)
    vocabulary = [f"w{n}" for n in range(60)] + ["日本", "语言", "ไทย"]
    texts = [" ".join(dice.choices(vocabulary, k=8)) for _ in range(120)]
    texts += [texts[3], texts[3], texts[7], *(f"{texts[n]} extra" for n in range(10, 15)), "", ""]

    def similar(one, two):
        left, right = set(words(one)), set(words(two))
        return len(left & right) / len(left | right) >= 0.7 if left and right else False

    kept = []
    for text in texts:
        if not any(similar(text, other) for other in kept):
            kept.append(text)
    found = look([{"text": text} for text in texts]).duplicates
    assert found.exact == len(texts) - len(set(texts)) == 4
    assert found.near == len(texts) - len(kept) >= 8
    assert (found.near_rows, found.method) == (len(texts), "exact")


def test_without_a_text_column_whole_rows_are_compared():
    report = look([{"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 1, "b": 2}, {"a": None, "b": 2}])
    assert report.duplicates.exact == 1
    assert report.duplicates.near is None
    assert report.text is None


def test_texts_are_measured_in_characters_words_and_signs():
    texts = [
        *SENTENCES.values(),
        "NUL \x00 here",
        None,
        "",
        "mail ann@example.org",
        "cafÃ© au lait",
    ]
    report = look([{"text": text} for text in texts])
    column = by_name(report)["text"]
    assert (column.missing, column.empty, column.nul) == (1, 1, 1)
    there = [text for text in texts if text is not None]
    assert report.text.characters.maximum == max(map(len, there))
    assert report.text.words.mean == pytest.approx(np.mean([len(words(t)) for t in there]))
    assert report.encoding == {"nul": 1, "mojibake": 1}
    assert report.pii == {"email": 1}
    assert set(SENTENCES) <= set(report.languages)
    assert sum(report.languages.values()) == report.languages_rows == len(there) - 1
    assert not report.text.sampled


def test_a_sample_is_stated_and_the_rest_is_exact():
    rows = [{"text": f"text number {n} of many", "n": n % 7} for n in range(900)]
    report = look(rows, text_rows=200, language_rows=20, seed=3)
    assert (report.rows, report.text.rows, report.text.sampled) == (900, 200, True)
    assert report.languages_rows == 20
    assert report.duplicates.near_rows == 200
    assert by_name(report)["n"].unique == 7
    assert "a sample of 200" in report.html_body()
    assert report.digest() == look(rows, text_rows=200, language_rows=20, seed=3).digest()


def test_splits_and_limits_choose_rows():
    rows = [{"text": f"{n}", "__split__": "train" if n % 4 else "test"} for n in range(100)]
    datasets.register("parts", rows)
    report = explore(parse("dataset:parts@1#test"))
    assert (report.rows, report.ref) == (25, "dataset:parts@1#test")
    assert [column.name for column in report.columns] == ["text"]
    assert by_name(report)["text"].unique == 25
    assert report.splits == {"train": 75, "test": 25}
    assert explore(parse("dataset:parts@1"), limit=10).columns[0].unique == 10
    with pytest.raises(NotFoundError, match="did you mean 'test'"):
        explore(parse("dataset:parts@1#tset"))


def test_the_text_column_is_the_input_or_the_longest_or_the_named_one():
    rows = [{"short": "a b", "long": "many words stand in here", "n": 1}] * 3
    assert look(rows).text.column == "long"
    assert look(rows, column="short").text.column == "short"
    version = datasets.register("r", rows, meta={"roles": {"input": "short"}})
    report = explore(version.ref)
    assert (report.text.column, by_name(report)["short"].role) == ("short", "input")
    with pytest.raises(UsageError, match="'n' holds integer, not text"):
        look(rows, column="n")
    with pytest.raises(NotFoundError, match="did you mean 'long'"):
        look(rows, column="lonk")


def test_chats_and_nested_columns_are_profiled():
    chat = [{"role": "user", "content": "hello there"}, {"role": "assistant", "content": "hi"}]
    rows = [{"messages": chat, "tags": ["a", "b"], "meta": {"k": 1}}] * 2
    rows += [{"messages": chat[:1], "tags": [], "meta": None}]
    report = look(rows)
    kinds = {column.name: column.type for column in report.columns}
    assert kinds == {"messages": "chat", "tags": "list", "meta": "record"}
    columns = by_name(report)
    assert (columns["messages"].unique, columns["tags"].empty, columns["meta"].missing) == (2, 1, 1)
    assert columns["messages"].spread.maximum == 2
    assert (report.text.column, report.text.words.maximum) == ("messages", 3)
    assert report.duplicates.exact == 1


def test_tokens_are_counted_with_the_models_own_tokenizer(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?")
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    (tmp_path / "m").mkdir()
    made.save(str(tmp_path / "m" / "tokenizer.json"))
    (tmp_path / "m" / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "m" / "model.safetensors").write_bytes(b"\x02\x00\x00\x00\x00\x00\x00\x00{}")
    rows = [{"text": "a b"}, {"text": "a b c d"}, {"text": ""}, {"text": None}]
    report = look(rows, tokenizer=parse(f"model:{tmp_path / 'm'}"))
    assert report.text.tokens.lengths.maximum == 4
    assert report.text.tokens.lengths.count == 3
    assert (report.text.tokens.total, report.text.tokens.total_estimated) == (6, False)


def test_hostile_names_and_values_stay_text():
    name = "a\"b'); DROP TABLE x; --<script>alert(1)</script>"
    rows = [{name: "<img src=x onerror=alert(1)>"}] * 2 + [{name: "'; --"}]
    report = look(rows)
    assert report.columns[0].name == name
    assert report.columns[0].top[0].count == 2
    page = report._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img" in page
    assert "<svg" in page


def test_the_call_by_name_takes_a_file_and_counts_its_bad_rows(tmp_path, opened):
    path = tmp_path / "a.csv"
    path.write_text("text,when\nhello,2024-01-01\nragged\n,2024-01-02\n", encoding="utf-8")
    report = invoke("explore", {"source": str(path)}, workspace=opened)
    found = report.to_dict()
    assert (found["rows"], found["failed"], found["bad_rows"]) == (2, 1, 1)
    assert [(c["name"], c["type"], c["missing"], c["unique"]) for c in found["columns"]] == [
        ("text", "text", 1, 1),
        ("when", "date", 0, 2),
    ]
    assert found["duplicates"]["exact"] == 0
    assert report.to_frame()["name"].tolist() == ["text", "when"]
    assert dt.date(2024, 1, 1).isoformat() not in str(found["columns"][0])


def test_a_table_of_one_row_and_of_none():
    assert look([{"text": "one"}]).columns[0].spread.deviation is None
    empty = pa.table({"text": pa.array([], pa.string()), "n": pa.array([], pa.int64())})
    report = look(empty)
    assert (report.rows, report.duplicates.exact) == (0, 0)
    assert report.columns[1].spread.minimum is None
    assert "0 rows" in report.html_body()
