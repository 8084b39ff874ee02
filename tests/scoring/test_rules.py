"""Gate rules: what they mean, and how wrong ones are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.rules import parse

REPORT = {
    "run_id": "abc",
    "n": 200,
    "failed": 0,
    "metrics": {
        "accuracy": {"value": 0.8, "lower": 0.7395, "upper": 0.8495},
        "rougeL": {"value": 0.31, "lower": None, "upper": float("nan")},
    },
    "paired": {"accuracy": {"difference": 0.12, "lower": 0.05, "upper": 0.18, "p": 0.002}},
    "slices": {"movie reviews": {"accuracy": {"value": 0.5}}, 2024: {"n": 3}, "v1.5": {"n": 4}},
}


@pytest.mark.parametrize(
    ("rule", "passed", "observed"),
    [
        ("accuracy.lower >= 0.7", True, 0.7395),
        ("accuracy.lower>=0.75", False, 0.7395),
        ("metrics.accuracy.lower > 0.7", True, 0.7395),
        ("accuracy >= 0.8", True, 0.8),
        ("paired.accuracy.lower > 0", True, 0.05),
        ("paired.accuracy > .2", False, 0.12),
        ("paired.accuracy.p < 1e-2", True, 0.002),
        ("failed == 0", True, 0),
        ("n != 200", False, 200),
        ("  rougeL.value <= +0.31 ", True, 0.31),
        ('slices."movie reviews".accuracy < -1', False, 0.5),
        ("slices.2024.n == 3", True, 3),
        ('slices."v1.5".n >= 4', True, 4),
    ],
)
def test_rules_compare_numbers(rule: str, passed: bool, observed: float) -> None:
    found = parse(rule).check(REPORT)
    assert (found.rule, found.passed, found.observed) == (rule, passed, observed)
    assert ("does not hold" in found.reason) is not passed


@pytest.mark.parametrize("rule", ["rougeL.lower >= 0", "rougeL.upper >= 0", "rougeL.lower != 0"])
def test_a_missing_number_never_passes(rule: str) -> None:
    found = parse(rule).check(REPORT)
    assert (found.passed, found.observed) == (False, None)
    assert "has no value" in found.reason


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ("acuracy.lower > 0", "did you mean 'accuracy.lower'"),
        ("accuracy.lowr > 0", "did you mean 'accuracy.lower'"),
        ("paired.acc.lower > 0", "did you mean 'paired.accuracy.lower'"),
        ("zzz > 0", "there is n, failed, accuracy.value"),
        ("run_id > 0", "'run_id', which is not in the report"),
        ("metrics > 0", "'metrics', which is not in the report"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(rule: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(rule).check(REPORT)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "accuracy",
        "accuracy.lower >= high",
        "accuracy >= 0.7 and n > 3",
        "> 3",
        "a..b > 1",
        "a b > 1",
        'a."b > 1',
        "a => 1",
        "a >= 1 2",
        "a >= nan",
    ],
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(UsageError, match="is no rule"):
        parse(rule)


@given(
    st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from([">=", "<=", "==", "!=", ">", "<"])
)
def test_every_operator_means_what_python_means(value: float, bound: float, sign: str) -> None:
    found = parse(f"x{sign}{bound!r}").check({"x": value})
    assert found.passed is eval(f"{value!r} {sign} {bound!r}")
