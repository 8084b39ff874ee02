"""Checks of what stands in an answer."""

from __future__ import annotations

import importlib
from typing import Any

from llmops_workbench.core.errors import UsageError
from llmops_workbench.scoring.check import check

# A pattern that backtracks without end must not stop the rows after it.
_REGEX_SECONDS = 1.0


@check("contains", help="The answer contains the text; case counts.")
def contains(answer: str, argument: str) -> bool:
    """Look for a text in the answer."""
    return argument in answer


@check("icontains", help="The answer contains the text; case does not count.")
def icontains(answer: str, argument: str) -> bool:
    """Look for a text in the answer, whatever its case."""
    return argument.casefold() in answer.casefold()


@check("not_contains", help="The answer does not contain the text.")
def not_contains(answer: str, argument: str) -> bool:
    """Look for a text that must not be in the answer."""
    return argument not in answer


@check("equals", help="The answer is the text, but for spaces at its ends.")
def equals(answer: str, argument: str) -> bool:
    """Compare the whole answer."""
    return answer.strip() == argument.strip()


@check("starts_with", help="The answer starts with the text.")
def starts_with(answer: str, argument: str) -> bool:
    """Compare the start of the answer, after spaces."""
    return answer.lstrip().startswith(argument)


@check("ends_with", help="The answer ends with the text.")
def ends_with(answer: str, argument: str) -> bool:
    """Compare the end of the answer, before spaces."""
    return answer.rstrip().endswith(argument)


@check("not_empty", argument="none", help="The answer holds something beside spaces.")
def not_empty(answer: str, argument: str) -> bool:
    """Ask for any answer at all."""
    return bool(answer.strip())


def _engine() -> Any:
    """Give the package `regex`, which unlike `re` can stop a search; it ships no types."""
    return importlib.import_module("regex")


def _check_pattern(argument: str) -> None:
    engine = _engine()
    try:
        engine.compile(argument)
    except engine.error as error:
        raise UsageError(f"'{argument}' is no regular expression: {error}") from None


@check("regex", validate=_check_pattern, help="The pattern is found in the answer.")
def matches(answer: str, argument: str) -> bool | None:
    """Search for a pattern; after a second the answer counts as not checked."""
    try:
        return _engine().search(argument, answer, timeout=_REGEX_SECONDS) is not None
    except TimeoutError:
        return None
