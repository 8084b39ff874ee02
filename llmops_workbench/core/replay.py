"""The line that does the same again, for every face that is written as text."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.operations import to_json
from llmops_workbench.core.shapes import flag, is_file_text, shape, write

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation

_HEREDOC = "LLMOPS"


def python_line(name: str, arguments: dict[str, Any]) -> str:
    """Write a call as Python.

    Args:
        name: The verb.
        arguments: Pinned arguments; those that equal the default are left out.

    Returns:
        One line for a notebook that has `import llmops_workbench as lw`.
    """
    given = _given(operations.get(name), arguments)
    return f"lw.{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})"


def magic(name: str, arguments: dict[str, Any], output: str | None = None) -> str:
    """Write a call as a cell: one line, or a cell magic when it holds a file's text.

    Args:
        name: The verb.
        arguments: Pinned arguments; those that equal the default are left out.
        output: The name to store the result under.
    """
    operation = operations.get(name)
    given = _given(operation, arguments)
    body = _body(operation, given)
    words = _words(operation, given, leave_out=body)
    if output:
        words += ["-o", output]
    line = " ".join(["llmops", name, *words])
    return f"%%{line}\n{given[body]}" if body else f"%{line}"


def shell(name: str, arguments: dict[str, Any]) -> str:
    """Write a call as a shell command; a file's text is handed over on standard input."""
    operation = operations.get(name)
    given = _given(operation, arguments)
    body = _body(operation, given)
    words = _words(operation, given, leave_out=body)
    if body is None:
        return " ".join(["llmops", name, *words])
    mark = _HEREDOC
    text = given[body]
    while mark in text.splitlines():
        mark += "_"
    line = " ".join(["llmops", name, *words, f"--{body.replace('_', '-')}", "-"])
    return f"{line} <<'{mark}'\n{text.removesuffix(chr(10))}\n{mark}"


def _given(operation: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for parameter in operation.parameters:
        if parameter.name not in arguments:
            continue
        value = to_json(arguments[parameter.name])
        if parameter.required or value != to_json(parameter.default):
            found[parameter.name] = value
    return found


def _body(operation: Operation, given: dict[str, Any]) -> str | None:
    """Find the argument that becomes the cell's body or the standard input."""
    for parameter in operation.parameters:
        value = given.get(parameter.name)
        if is_file_text(parameter) and isinstance(value, str) and value.strip():
            return parameter.name
    return None


def _words(operation: Operation, given: dict[str, Any], leave_out: str | None) -> list[str]:
    words = []
    for name, value in given.items():
        parameter = operation.parameter(name)
        named = flag(parameter)
        if name == leave_out:
            continue
        if shape(parameter.annotation).form == "flag" and isinstance(value, bool):
            words.append(named if value else f"--no-{named[2:]}")
            continue
        (text,) = write(parameter, value)
        quoted = shlex.quote(text)
        # A text that begins with a dash would be read as a flag of its own.
        words.append(f"{named}={quoted}" if text.startswith("-") else f"{named} {quoted}")
    return words
