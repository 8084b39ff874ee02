"""Prompt templates: text with `{{name}}` places that are filled from a row.

Strict on purpose: no filters, no logic, no expansion of what was inserted. Single braces, and
double braces around something that is no name (JSON), are plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from llmops_workbench.core.errors import DataError, UsageError, did_you_mean
from llmops_workbench.core.places import PLACE, names
from llmops_workbench.text.words import is_missing

Message = dict[str, str]
Template = str | Sequence[Mapping[str, str]]

ROLES = ("system", "developer", "user", "assistant", "tool")


def variables(template: Template) -> list[str]:
    """The names in a template, in the order of their first use.

    Args:
        template: A text, or a list of messages with `role` and `content`.
    """
    texts = [template] if isinstance(template, str) else [m["content"] for m in _checked(template)]
    return names(texts)


def render(template: str, row: Mapping[str, Any]) -> str:
    """Fill a template from a row.

    Args:
        template: Text with `{{name}}` places.
        row: Values by name. Text is inserted as it is, once: braces in a value stay braces.
            Lists and mappings are written as JSON, other values as Python writes them.

    Raises:
        UsageError: a name is not in the row; the closest one is given.
        DataError: a value is missing in this row.

    Example:
        >>> render('{"q": "{{question}}"}', {"question": "Why {{x}}?"})
        '{"q": "Why {{x}}?"}'
    """

    def fill(match: re.Match[str]) -> str:
        name = _name(match)
        return _written(name, row) if name else match[0]

    return PLACE.sub(fill, template)


def render_messages(template: Template, row: Mapping[str, Any]) -> list[Message]:
    """Fill a chat template from a row.

    Args:
        template: A list of messages with `role` and `content`; a text is one user message.
        row: Values by name.

    Raises:
        UsageError: a message or a role is wrong, or a name is not in the row.
        DataError: a value is missing in this row.
    """
    if isinstance(template, str):
        return [{"role": "user", "content": render(template, row)}]
    return [
        {"role": message["role"], "content": render(message["content"], row)}
        for message in _checked(template)
    ]


def check_columns(template: Template, columns: Sequence[str]) -> None:
    """Refuse a template that asks for a column that is not there, before any row is touched.

    Raises:
        UsageError: names the unknown column and the closest one.
    """
    for name in variables(template):
        if name not in columns:
            raise _unknown(name, columns)


def _name(match: re.Match[str]) -> str:
    return match[1].strip()


def _written(name: str, row: Mapping[str, Any]) -> str:
    if name not in row:
        raise _unknown(name, list(row))
    value = row[name]
    if isinstance(value, str):
        return value
    if is_missing(value):
        raise DataError(f"the value of '{{{{{name}}}}}' is missing in this row")
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _unknown(name: str, known: Sequence[str]) -> UsageError:
    return UsageError(f"the template asks for '{{{{{name}}}}}'; {did_you_mean(name, known)}")


def _checked(template: Sequence[Mapping[str, str]]) -> Sequence[Mapping[str, str]]:
    if not template:
        raise UsageError("the chat template has no messages")
    for place, message in enumerate(template, start=1):
        if not isinstance(message, Mapping):
            raise UsageError(f"message {place} is {message!r}: give a role and a content")
        extra = set(message) ^ {"role", "content"}
        if extra:
            raise UsageError(
                f"message {place} has or lacks {', '.join(sorted(extra))}: "
                "it has exactly a role and a content"
            )
        if message["role"] not in ROLES:
            raise UsageError(
                f"message {place} has the role '{message['role']}'; "
                f"{did_you_mean(message['role'], ROLES)}"
            )
        if not isinstance(message["content"], str):
            raise UsageError(f"message {place} has content {message['content']!r}: give text")
    return template
