"""The parser that the shell and the magic share."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core import operations
from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.faces.arguments import RESERVED, parse
from llmops_workbench.faces.help import describe, overview


def given(*tokens: str, verb: str = "echo", **options: Any) -> dict[str, Any]:
    return parse(operations.get(verb), tokens, **options).arguments


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["hi"], {"text": "hi"}),
        (["--text", "hi"], {"text": "hi"}),
        (["--text=-1"], {"text": "-1"}),
        (["hi", "a", "b,c"], {"text": "hi", "words": ["a", "b,c"]}),
        (["a", "b", "--text", "hi"], {"text": "hi", "words": ["a", "b"]}),
        (["--tone", "cool", "hi", "--times", "3", "a"], None),
        (["hi", "--words", "a,b", "--words", "c"], {"text": "hi", "words": ["a", "b", "c"]}),
        (["hi", "--loud"], {"text": "hi", "loud": True}),
        (["hi", "--no-loud"], {"text": "hi", "loud": False}),
        (["hi", "--label", "none"], {"text": "hi", "label": None}),
        (["hi", "--label", '"none"'], {"text": "hi", "label": "none"}),
        (["hi", "--label", ""], {"text": "hi", "label": None}),
        (["hi", "-p", "a=1", "-p", "b=x"], {"text": "hi", "extra": {"a": 1, "b": "x"}}),
        (["hi", "--extra", '{"a": [1]}'], {"text": "hi", "extra": {"a": [1]}}),
        (["--", "--text"], {"text": "--text"}),
    ],
)
def test_what_a_line_means(tokens: list[str], expected: dict[str, Any] | None) -> None:
    if expected is None:
        expected = {"text": "hi", "words": ["a"], "tone": "cool", "times": "3"}
    assert given(*tokens) == expected


def test_underscores_and_hyphens_are_the_same_in_a_flag() -> None:
    for flag in ("--dry-run", "--dry_run"):
        assert given(flag, verb="gc") == {"dry_run": True}


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        (["hi", "--tme", "cool"], "echo has no flag --tme; did you mean --times?"),
        (["hi", "--loudd"], "echo has no flag --loudd; did you mean --loud?"),
        (["hi", "--zzzzzz"], "echo has no flag --zzzzzz; see 'llmops echo --help'"),
        (["hi", "-z"], "echo has no flag -z"),
        (["hi", "--times"], "echo: --times needs a value"),
        (["hi", "--tone", "warn"], "tone is 'warn'; did you mean 'warm'?"),
        (["hi", "--times", "1", "--times", "2"], "--times was given 2 times"),
        (["hi", "--set", "execution.max_local_job=1"], "did you mean execution.max_local_jobs?"),
        (["hi", "--set", "x"], "KEY=VALUE"),
    ],
)
def test_a_wrong_line_gets_one_sentence(tokens: list[str], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        given(*tokens)
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message


def test_too_many_places_say_what_can_be_given_by_place() -> None:
    with pytest.raises(UsageError, match="has no place for 'b': it takes seconds by place"):
        given("1", "b", verb="linger")


def test_common_flags_are_taken_apart() -> None:
    parsed = parse(
        operations.get("echo"),
        ["hi", "--json", "--workspace", "w", "--set", "models.threads=2", "--quiet"],
    )
    assert parsed.switches == {"json", "quiet"}
    assert parsed.workspace == "w"
    assert parsed.settings == {"models.threads": 2}
    assert parsed.arguments == {"text": "hi"}


def test_help_is_shown_whatever_else_is_wrong() -> None:
    assert "help" in parse(operations.get("echo"), ["--help", "--zzz"]).switches


def test_a_file_is_read_and_standard_input_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "note.txt"
    file.write_text("\ufeffzwei\nZeilen 你好\n", encoding="utf-8")
    assert given("hi", "--note", str(file))["note"] == "zwei\nZeilen 你好\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("typed\n"))
    assert given("hi", "--note", "-")["note"] == "typed\n"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="not UTF-8"):
        given("hi", "--note", str(file))
    with pytest.raises(NotFoundError, match=r"there is no file 'nowhere\.txt'"):
        given("hi", "--note", "nowhere.txt")


def test_the_body_of_a_cell_is_the_text_that_the_verb_takes() -> None:
    assert given("hi", body="a {{b}}\n", magic=True) == {"text": "hi", "note": "a {{b}}\n"}
    with pytest.raises(UsageError, match="takes no text from the cell"):
        given("1", body="x", magic=True, verb="linger")


@pytest.mark.parametrize("verb", sorted(operations.built_in()))
def test_no_parameter_hides_a_common_flag(verb: str) -> None:
    assert not {p.name for p in operations.get(verb).parameters} & RESERVED


@pytest.mark.parametrize("verb", [*sorted(operations.built_in()), "echo"])
def test_help_has_usage_every_parameter_and_an_example_that_parses(verb: str) -> None:
    operation = operations.get(verb)
    text = describe(operation)
    assert text.startswith(f"usage: llmops {verb}")
    for parameter in operation.parameters:
        assert f"--{parameter.name.replace('_', '-')}" in text
        assert parameter.help or verb == "echo", f"{verb}: {parameter.name} has no help"
    assert operation.summary in text
    assert f"llmops {verb}" in operation.example


def test_the_overview_lists_every_verb_under_its_stage() -> None:
    text = overview()
    for entry in operations.index().values():
        assert f"\n  {entry.name} " in text
        assert f"\n{entry.stage}:" in text
