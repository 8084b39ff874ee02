"""Help for a verb and for all of them, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.shapes import is_file_text, shape, write
from llmops_workbench.faces.arguments import SWITCHES, VALUES, flags
from llmops_workbench.pipelines.templates import example_lines

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter

WIDTH = 100
_COLUMN = 30


def overview() -> str:
    """List all verbs by stage, from the index alone."""
    stages: dict[str, list[operations.Entry]] = {}
    for entry in operations.index().values():
        stages.setdefault(entry.stage, []).append(entry)
    lines = ["usage: llmops VERB … [--json] [--workspace DIR]", ""]
    lines += ["The whole life of a language model, from raw text to a monitored endpoint.", ""]
    for stage, entries in stages.items():
        lines.append(f"{stage}:")
        lines += _columns((entry.name, entry.summary) for entry in entries)
        lines.append("")
    lines.append("'llmops VERB --help' shows what a verb takes, with an example.")
    return "\n".join(lines)


def usage(operation: Operation) -> str:
    """Give the one-line usage of a verb."""
    parts = []
    for parameter in operation.parameters:
        flag = flags(parameter)[0]
        if parameter.positional:
            many = "…" if shape(parameter.annotation).form == "list" else ""
            word = parameter.name.upper() + many
        elif shape(parameter.annotation).form == "flag":
            word = flag
        else:
            word = f"{flag} {metavar(parameter)}"
        parts.append(word if parameter.required else f"[{word}]")
    return f"llmops {operation.name} {' '.join(parts)}".rstrip()


def describe(operation: Operation, *, magic: bool = False) -> str:
    """Give the whole help of a verb: usage, parameters, choices, errors, an example."""
    text = usage(operation)
    if magic:
        text = "%" + text + " [-o NAME]"
    lines = textwrap.wrap(
        f"usage: {text}", WIDTH, subsequent_indent=" " * 7, break_on_hyphens=False
    )
    lines += ["", operation.summary]
    if operation.description:
        lines += ["", *textwrap.wrap(operation.description, WIDTH)]
    if operation.parameters:
        lines += ["", "parameters:"]
        lines += _columns((_label(item), _about(item)) for item in operation.parameters)
    lines += ["", "also:"]
    common = [(f"--{name} {value}", text) for name, (value, text) in VALUES.items()]
    if magic:
        common.insert(0, ("-o NAME", "store the result under this name"))
    lines += _columns([*common, *((f"--{name}", text) for name, text in SWITCHES.items())])
    if operation.errors:
        lines += ["", "errors:"]
        lines += _columns((kind, " ".join(text.split())) for kind, text in operation.errors)
    if operation.example:
        sign = "%" if magic else ""
        lines += ["", "example:", *(f"  {sign}{line}" for line in example_lines(operation))]
    return "\n".join(lines)


def metavar(parameter: Parameter) -> str:
    """Name what a parameter takes, as in DATASET or N."""
    known = shape(parameter.annotation)
    if known.options:
        word = "{" + ",".join(known.options) + "}"
    elif known.form == "mapping":
        word = "NAME=VALUE"
    elif parameter.points is not None:
        word = (parameter.points.kind or "reference").upper()
    elif is_file_text(parameter):
        word = "FILE"
    elif known.kinds in ((int,), (float,)):
        word = "N" if known.kinds == (int,) else "X"
    elif parameter.choices is not None:
        word = parameter.choices.source.removesuffix("s").upper()
    else:
        word = "TEXT"
    return f"{word},…" if known.form == "list" else word


def _label(parameter: Parameter) -> str:
    form = shape(parameter.annotation).form
    names = ", ".join(reversed(flags(parameter)))
    if form == "flag":
        return f"{names}, --no-{flags(parameter)[0][2:]}"
    return f"{names} {metavar(parameter)}"


def _about(parameter: Parameter) -> str:
    text = parameter.help
    if parameter.required:
        return f"{text} (required)".strip()
    default: Any = parameter.default
    if default is None or default in ([], {}, ""):
        return text
    if isinstance(default, bool):
        return f"{text} (default: {'on' if default else 'off'})".strip()
    return f"{text} (default: {write(parameter, default)[0]})".strip()


def _columns(rows: Iterable[tuple[str, str]]) -> list[str]:
    lines: list[str] = []
    for left, right in rows:
        wrapped = textwrap.wrap(right, WIDTH - _COLUMN - 2) or [""]
        head = f"  {left}"
        if len(head) > _COLUMN:
            lines.append(head)
            head = ""
        lines.append(f"{head:<{_COLUMN}}  {wrapped[0]}".rstrip())
        lines += [" " * (_COLUMN + 2) + line for line in wrapped[1:]]
    return lines
