"""Checks of one line."""

from __future__ import annotations

import time

import pytest

from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.scoring.check import CHECKS, parse_check


@pytest.mark.parametrize(
    ("check", "yes", "no"),
    [
        ("contains: refund", "a refund.", "Refund"),
        ('contains: " a "', "x a b", "xab"),
        ("icontains: STRASSE", "die Straße", "der Weg"),
        ("not_contains: http://", "ok", "see http://x"),
        ("equals: yes", " yes\n", "yes."),
        ("starts_with: {", "\n{}", "x{"),
        ("ends_with: 。", "好。 ", "好"),
        ("not_empty", "x", " \n"),
        ("json", '{"a": [1]}', "{a}"),
        (r"regex: ^\d{2}:\d{2}$", "12:30", "12:3"),
        ("words < 4", "今天好", "今天很好"),
        ("characters<=3", "abc", "abcd"),
    ],
)
def test_an_answer_passes_or_not(check: str, yes: str, no: str) -> None:
    read = parse_check(check)
    assert read(yes).passed is True
    assert read(no).passed is False
    assert "does not hold" in read(no).reason


def test_measures_with_references_and_facts() -> None:
    rouge = parse_check("rougeL > 0.4")
    assert rouge("a b c", "a x c").passed is True
    assert rouge("z", ["a b", "c"]).observed == 0
    assert rouge("z").passed is None and "needs a reference" in rouge("z").reason
    latency = parse_check("latency < 800ms")
    assert latency("x", facts={"latency": 0.5}).passed is True
    assert latency("x", facts={"latency": 0.9}).passed is False
    assert latency("x").passed is None
    assert parse_check("latency <= 2 s")("x", facts={"latency": 2}).passed is True
    assert parse_check("tokens < 10")("x", facts={"tokens": 10}).passed is False
    assert parse_check("accuracy == 1")("a\x00", "a").passed is None


@pytest.mark.parametrize(
    ("check", "error", "hint"),
    [
        ("contain: x", NotFoundError, "did you mean 'contains'"),
        ("rouge_l > 0.4", UsageError, "did you mean 'rouge"),
        ("latency < 800h", UsageError, "'s' or 'ms' or no unit"),
        ("tokens < 8ms", UsageError, "takes no unit"),
        ("contains:", UsageError, "needs something after its colon"),
        ("json: x", UsageError, "takes nothing after a colon"),
        ("regex: (", UsageError, "no regular expression"),
        ("words < 1.2.3", UsageError, "no number"),
        ("a b", UsageError, "is no check"),
    ],
)
def test_wrong_checks_are_refused(check: str, error: type, hint: str) -> None:
    with pytest.raises(error) as caught:
        parse_check(check)
    assert hint in str(caught.value)


def test_a_pattern_that_never_ends_is_given_up() -> None:
    started = time.monotonic()
    found = parse_check(r"regex: ^(a|a|b?a)*$")("a" * 60 + "c")
    assert found.passed is None and "could not be checked" in found.reason
    assert time.monotonic() - started < 20


def test_every_check_says_what_it_does() -> None:
    assert {"contains", "regex", "equals", "json", "not_empty"} <= set(CHECKS.names())
    assert all(part.help.endswith(".") for _, part in CHECKS.items())
