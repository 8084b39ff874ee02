"""The page of one verb: what it takes, what it gives, and its five faces."""

from __future__ import annotations

import contextlib
import inspect
import json
import shlex
import tempfile
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import errors
from llmops_workbench.core.operations import Operation, Parameter, to_json
from llmops_workbench.core.shapes import shape
from llmops_workbench.faces.arguments import flags, parse
from llmops_workbench.faces.help import usage
from llmops_workbench.faces.reference.markdown import fence, python_call, table
from llmops_workbench.faces.reference.type_words import default, holds, models, takes, varies
from llmops_workbench.pipelines.templates import example_lines

if TYPE_CHECKING:
    from pydantic import BaseModel

# Where the templates are, seen from a page of the reference.
_TEMPLATES = "../../templates"


def page(operation: Operation) -> str:
    """Write the page of a verb as Markdown; the same for the same signature and docstring."""
    lines = [f"# {operation.name}", "", operation.summary, ""]
    if operation.description:
        lines += [operation.description, ""]
    lines += [_nature(operation), ""]
    lines += fence("text", [usage(operation)])
    lines += ["## Parameters", ""]
    rows = [
        (_named(item), takes(operation, item), default(item), item.help)
        for item in operation.parameters
    ]
    lines += table(["parameter", "takes", "default", "what for"], rows) or ["It takes none.", ""]
    lines += ["Every verb also takes the [common flags](index.md#common-flags).", ""]
    lines += _faces(operation)
    lines += _result(operation)
    lines += _errors(operation)
    return "\n".join(lines).rstrip() + "\n"


def _nature(operation: Operation) -> str:
    parts = [f"Stage: {operation.stage}."]
    if operation.endless:
        parts.append("It starts a job that goes on until it is cancelled.")
    elif operation.runs == "job":
        parts.append("It runs as a job: it outlives the shell or the kernel that started it.")
    else:
        parts.append("It runs in the caller's process.")
    parts.append("Each call is a run." if operation.records else "A call leaves no run behind.")
    if not operation.workspace:
        parts.append("It needs no workspace.")
    return " ".join(parts)


def _named(parameter: Parameter) -> str:
    marks = []
    if parameter.positional:
        marks.append("by place")
    marks += [f"`{flag}`" for flag in flags(parameter)[1:]]
    if shape(parameter.annotation).form == "flag":
        marks.append(f"`--no-{flags(parameter)[0][2:]}`")
    return f"`{parameter.name}`" + (f" ({', '.join(marks)})" if marks else "")


def _faces(operation: Operation) -> list[str]:
    """Write the docstring's example in each of the five faces."""
    commands = [line for line in example_lines(operation) if line.startswith("llmops ")]
    command = commands[0] if commands else f"llmops {operation.name}"
    arguments = _arguments(operation, command)
    step = {operation.name: {"template": operation.name, "with": to_json(arguments)}}
    if not arguments:
        del step[operation.name]["with"]
    lines = ["## Five faces", "", "Shell:", ""]
    lines += fence("shell", commands or [command])
    lines += ["Notebook:", "", *fence("python", [f"%{command} -o result"])]
    lines += ["Python:", ""]
    lines += fence("python", python_call(operation.name, to_json(arguments)))
    name = operation.name
    lines += [f"Step of a pipeline, by the notebook [`{name}.ipynb`]({_TEMPLATES}/{name}.ipynb):"]
    lines += ["", *fence("yaml", ["steps:", *_yaml(step)])]
    lines += [
        f"Form: drawn from the JSON schema [`schemas/{name}.json`](schemas/{name}.json), which",
        f"`llmops {name} --schema` prints.",
        "",
    ]
    return lines


def _arguments(operation: Operation, command: str) -> dict[str, Any]:
    """Read a command's arguments as they stand, whatever files the folder here holds."""
    tokens = shlex.split(command)[2:]
    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty):
        return parse(operation, tokens, magic=True).arguments


def _yaml(record: dict[str, Any]) -> list[str]:
    lines = []
    for name, spec in record.items():
        lines += [f"  {name}:", f"    template: {spec['template']}"]
        if "with" in spec:
            lines.append("    with:")
            for key, value in spec["with"].items():
                lines.append(f"      {key}: {json.dumps(value, ensure_ascii=False)}")
    return lines


def _result(operation: Operation) -> list[str]:
    kind = operation.result_type
    lines = [
        "## Result",
        "",
        f"`{kind.__name__}`: {_texts(kind)[0]}",
        "",
        "`--json` prints one object with these keys. Two equal calls differ in no key but those",
        "that vary.",
        "",
        *_fields(kind),
    ]
    seen = {kind}
    waiting = _inner(kind)
    while waiting:
        found = waiting.pop(0)
        if found in seen:
            continue
        seen.add(found)
        lines += [f"### {found.__name__}", ""]
        about = _texts(found)[0]
        lines += [about, ""] if about else []
        lines += _fields(found)
        waiting += _inner(found)
    return lines


def _inner(kind: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for info in kind.model_fields.values() for one in models(info.annotation)]


def _fields(kind: type[BaseModel]) -> list[str]:
    texts = _texts(kind)[1]
    # A result's own fields first; those that all results have come last.
    inherited = [name for name in ("run_id", "failed") if name in kind.model_fields]
    names = [name for name in kind.model_fields if name not in inherited] + inherited
    rows = []
    for name in names:
        info = kind.model_fields[name]
        mark = "yes" if varies(info) else ""
        rows.append((f"`{name}`", holds(info.annotation), mark, texts.get(name, "")))
    return table(["key", "holds", "varies", "what it is"], rows)


def _texts(kind: type[BaseModel]) -> tuple[str, dict[str, str]]:
    """Give a record's first line and what its docstrings say of each field."""
    from docstring_parser.google import parse as parse_docstring

    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("pydantic") or "__doc__" not in vars(each):
            continue
        document = parse_docstring(inspect.cleandoc(each.__doc__ or ""))
        for item in document.params:
            if item.args[0] == "attribute":
                found[item.arg_name] = " ".join((item.description or "").split())
    own = parse_docstring(inspect.cleandoc(vars(kind).get("__doc__") or ""))
    return own.short_description or "", found


def _errors(operation: Operation) -> list[str]:
    rows = []
    for name, when in operation.errors:
        kind = getattr(errors, name, None)
        known = isinstance(kind, type) and issubclass(kind, errors.LLMOpsError)
        found = errors.outcome(kind("")) if known and kind is not None else None
        code, status = (found.exit_code, found.status) if found else ("", "")
        rows.append((f"`{name}`", when, code, status))
    if not rows:
        return []
    lines = ["## Errors", "", *table(["error", "when", "exit code", "HTTP status"], rows)]
    return [*lines, "All codes: [errors](errors.md).", ""]
