"""Gate rules: one line each, checked against a report."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmops_workbench.core.errors import UsageError, nearest

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RULE = re.compile(rf"\s*(?P<path>.+?)\s*(?P<operator>>=|<=|==|!=|>|<)\s*(?P<bound>{_NUMBER})\s*")
_STEP = re.compile(r'"(?P<quoted>[^"]+)"|(?P<plain>[^\s."<>=!]+)')
# What a rule means that stops at a metric or a comparison.
_HEADLINES = ("value", "difference")
_SHOWN = 8


@dataclass(frozen=True)
class RuleResult:
    """What a rule found.

    Attributes:
        rule: The rule as it was written.
        passed: Whether it holds; a number that is missing never passes.
        observed: The number in the report; None when there is none.
        reason: One sentence for a person.
    """

    rule: str
    passed: bool
    observed: float | None
    reason: str


@dataclass(frozen=True)
class Rule:
    """A comparison of one number of a report with a bound.

    Attributes:
        text: The rule as it was written.
        path: Names that lead to the number.
        operator: One of >= <= == != > <.
        bound: What the number is compared with.
    """

    text: str
    path: tuple[str, ...]
    operator: str
    bound: float

    def check(self, report: Mapping[str, Any]) -> RuleResult:
        """Compare the report's number with the bound.

        Args:
            report: A report as a dictionary, such as an evaluation's `.to_dict()`.

        Raises:
            UsageError: The report has no such number; the nearest is named.
        """
        path = _resolve(self, report)
        value = _value_at(report, path)
        name = _written(path)
        if value is None or math.isnan(value):
            return RuleResult(self.text, False, None, f"{name} has no value in this report")
        passed = _OPERATORS[self.operator](value, self.bound)
        verdict = "holds" if passed else "does not hold"
        reason = f"{name} is {value:.6g}: {self.operator} {self.bound:g} {verdict}"
        return RuleResult(self.text, passed, value, reason)


def parse(rule: str) -> Rule:
    """Read a rule such as `accuracy.lower >= 0.7`.

    A path leads to a number of the report, by names with dots between them; a name with a space or
    dot stands in double quotes. `accuracy.lower` is short for `metrics.accuracy.lower`, and a path
    that stops at a metric means its `value`, one that stops at a comparison its `difference`.

    Args:
        rule: The text.

    Raises:
        UsageError: It is no rule.
    """
    found = _RULE.fullmatch(rule)
    path = _steps(found["path"]) if found else None
    if found is None or path is None:
        raise UsageError(
            f"'{rule}' is no rule; write NAME OPERATOR NUMBER, such as 'accuracy.lower >= 0.7'"
        )
    return Rule(rule, path, found["operator"], float(found["bound"]))


def _steps(text: str) -> tuple[str, ...] | None:
    steps, place = [], 0
    while True:
        found = _STEP.match(text, place)
        if found is None:
            return None
        steps.append(found["quoted"] or found["plain"])
        place = found.end()
        if place == len(text):
            return tuple(steps)
        if text[place] != ".":
            return None
        place += 1


def _resolve(rule: Rule, report: Mapping[str, Any]) -> tuple[str, ...]:
    known = dict.fromkeys(_numbers(report, ()))
    starts = (rule.path, ("metrics", *rule.path))
    for start in starts:
        for path in (start, *((*start, last) for last in _HEADLINES)):
            if path in known:
                return path
    # Paths as a person may write them: the short form of metrics first.
    names = [_written(path[1:] if path[0] == "metrics" else path) for path in known]
    wanted = _written(rule.path)
    near = nearest(wanted, names)
    if near is not None:
        hint = f"did you mean '{near}'?"
    else:
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        hint = f"there is {shown}" if names else "it has no numbers"
    raise UsageError(f"the rule '{rule.text}' names '{wanted}', which is not in the report; {hint}")


def _numbers(part: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, value in part.items():
        path = (*above, str(name))
        if isinstance(value, Mapping):
            yield from _numbers(value, path)
        elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield path


def _value_at(report: Mapping[str, Any], path: tuple[str, ...]) -> float | None:
    found: Any = report
    for step in path:
        # A report may use numbers as names, for example a slice by year.
        found = (
            found[step] if step in found else {str(key): one for key, one in found.items()}[step]
        )
    return None if found is None else float(found)


def _written(path: tuple[str, ...]) -> str:
    return ".".join(step if re.fullmatch(r'[^\s."<>=!]+', step) else f'"{step}"' for step in path)
