"""Checks of one answer, written as one line: `contains: refund`, `rougeL > 0.4`, `latency < 800ms`.

A check by name is a plain function of the answer and of what stands after the colon:

    @check("ends_with", help="The answer ends with the text.")
    def ends_with(answer: str, argument: str) -> bool:
        return answer.rstrip().endswith(argument)
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.core.registry import Registry
from llmops_workbench.scoring.metric import METRICS
from llmops_workbench.scoring.score import score
from llmops_workbench.text.words import words

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
# What a caller may know about an answer, with the units of its bounds in the unit that is kept.
FACTS: dict[str, dict[str, float]] = {
    "latency": {"s": 1.0, "ms": 0.001, "": 1.0},  # seconds
    "tokens": {"": 1.0},
}
# What can be counted on the answer itself.
_COUNTS: dict[str, Callable[[str], int]] = {"characters": len, "words": lambda one: len(words(one))}
_NAMED = re.compile(r"\s*(?P<name>\w+)\s*(?::(?P<argument>.*))?", re.DOTALL)
_MEASURE = re.compile(
    r"\s*(?P<name>\w+)\s*(?P<operator>>=|<=|==|!=|>|<)\s*(?P<bound>[-+]?[\d.]+)\s*(?P<unit>[a-z]*)\s*"
)
_QUOTED = re.compile(r"""(["'])(?P<inside>.*)\1""", re.DOTALL)


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        check: The check as it was written.
        passed: Whether it holds; None when it could not be checked, for example without a
            reference.
        observed: The number that was compared, if there is one.
        reason: One sentence for a person.
    """

    check: str
    passed: bool | None
    observed: float | None
    reason: str


@dataclass(frozen=True)
class NamedCheck:
    """A registered check.

    Attributes:
        function: From the answer and the argument to whether it holds.
        argument: Whether something must stand after the colon, may not, or both are fine.
        help: One line for a form.
        validate: Looks at the argument when the check is read, and raises `UsageError`.
    """

    function: Callable[[str, str], bool | None]
    argument: Literal["required", "none"]
    help: str
    validate: Callable[[str], None] | None = None


CHECKS: Registry[NamedCheck] = Registry("check", "llmops_workbench.scoring.checks")


def check(
    name: str,
    *,
    help: str,
    argument: Literal["required", "none"] = "required",
    validate: Callable[[str], None] | None = None,
) -> Callable[[Callable[[str, str], bool | None]], Callable[[str, str], bool | None]]:
    """Register a plain function as a check; see `NamedCheck` for the arguments."""

    def add(function: Callable[[str, str], bool | None]) -> Callable[[str, str], bool | None]:
        CHECKS.register(name)(NamedCheck(function, argument, help, validate))
        return function

    return add


@dataclass(frozen=True)
class Check:
    """A check that was read, ready for answers.

    Attributes:
        text: The check as it was written.
        run: From answer, references and facts to what was found.
    """

    text: str
    run: Callable[[str, Sequence[str], Mapping[str, float]], CheckResult]

    def __call__(
        self,
        answer: str,
        references: str | Sequence[str] | None = None,
        facts: Mapping[str, float] | None = None,
    ) -> CheckResult:
        """Check one answer.

        Args:
            answer: What the model said.
            references: The right answer or answers, for checks by a metric.
            facts: What is known about the answer: `latency` in seconds, `tokens`.
        """
        several = [references] if isinstance(references, str) else list(references or ())
        return self.run(answer, several, facts or {})


def parse_check(text: str) -> Check:
    """Read a check.

    `NAME: argument` (or only `NAME`) asks a registered check; `MEASURE OPERATOR NUMBER` compares a
    metric with the references, `latency` (with `ms` or `s`), `tokens`, `characters` or `words`.
    Quotes around an argument are taken off, so that it may begin or end with a space.

    Args:
        text: The line.

    Raises:
        NotFoundError: There is no such check; the nearest is named.
        UsageError: It is no check, or its argument is wrong.
    """
    measure = _MEASURE.fullmatch(text)
    if measure is not None:
        return _read_measure(text, measure)
    named = _NAMED.fullmatch(text)
    if named is None:
        raise UsageError(
            f"'{text}' is no check; write 'contains: word', 'rougeL > 0.4' or 'latency < 800ms'"
        )
    name = named["name"]
    part = CHECKS.get(name)
    argument = (named["argument"] or "").strip()
    quoted = _QUOTED.fullmatch(argument)
    argument = quoted["inside"] if quoted else argument
    if part.argument == "required" and not argument:
        raise UsageError(f"the check '{name}' needs something after its colon: '{name}: …'")
    if part.argument == "none" and argument:
        raise UsageError(f"the check '{name}' takes nothing after a colon, and got '{argument}'")
    if part.validate is not None:
        part.validate(argument)

    def run(answer: str, references: Sequence[str], facts: Mapping[str, float]) -> CheckResult:
        passed = part.function(answer, argument)
        verdict = {True: "holds", False: "does not hold", None: "could not be checked"}[passed]
        return CheckResult(text, passed, None, f"'{text}' {verdict}")

    return Check(text, run)


def _read_measure(text: str, found: re.Match[str]) -> Check:
    name, sign, unit = found["name"], found["operator"], found["unit"]
    if name not in FACTS and name not in _COUNTS and name not in METRICS:
        known = [*FACTS, *_COUNTS, *METRICS.names()]
        raise UsageError(f"'{text}' measures '{name}'; {did_you_mean(name, known)}")
    units = FACTS.get(name, {"": 1.0})
    if unit not in units:
        raise UsageError(f"'{text}' has the unit '{unit}'; {name} takes {_written(units)}")
    try:
        bound = float(found["bound"]) * units[unit]
    except ValueError:
        raise UsageError(f"'{text}' compares with '{found['bound']}', which is no number") from None

    def run(answer: str, references: Sequence[str], facts: Mapping[str, float]) -> CheckResult:
        value: float | None
        if name in FACTS:
            value, missing = facts.get(name), f"the {name} of the answer is not known"
        elif name in _COUNTS:
            value, missing = _COUNTS[name](answer), ""
        elif not references:
            value, missing = None, f"'{name}' needs a reference"
        else:
            scored = score(name, [answer], [references])
            value, missing = scored.value, scored.failures.get(0, "")
        if value is None:
            return CheckResult(text, None, None, f"'{text}' could not be checked: {missing}")
        passed = _OPERATORS[sign](value, bound)
        verdict = "holds" if passed else "does not hold"
        return CheckResult(text, passed, value, f"{name} is {value:.6g}: '{text}' {verdict}")

    return Check(text, run)


def _written(units: Mapping[str, Any]) -> str:
    return " or ".join(f"'{unit}'" if unit else "no unit" for unit in units)
