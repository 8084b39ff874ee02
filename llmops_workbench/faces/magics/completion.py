"""Completion inside the magics: verbs, flags, choices, registered names and tables.

IPython's command hooks miss `y = %llmops …`, so this is a context matcher. It only reads the
catalogue and the signatures, and must never break typing: whatever goes wrong becomes "nothing to
offer", with the reason in the log.
"""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from llmops_workbench.core import operations
from llmops_workbench.core.errors import LLMOpsError, WorkspaceError
from llmops_workbench.core.shapes import shape
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces import functions
from llmops_workbench.faces.arguments import VALUES, all_flags, flags
from llmops_workbench.faces.choices import choices
from llmops_workbench.faces.magics.frames import frames

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

    from llmops_workbench.core.operations import Operation, Parameter

_LOG = logging.getLogger(__name__)
_LINE = re.compile(r"(?:^|=)\s*%{1,2}llmops\s+(?P<rest>.*)\Z")
_WORD = re.compile(r"[^\s,]*\Z")


def matcher(shell: InteractiveShell) -> Callable[[CompletionContext], dict[str, Any]]:
    """Make the matcher of one shell."""

    @context_matcher()  # type: ignore[untyped-decorator]
    def llmops_matcher(context: CompletionContext) -> dict[str, Any]:
        try:
            return offer(context, shell.user_ns)
        except Exception:
            _LOG.debug("completion failed", exc_info=True)
            return {"completions": []}

    llmops_matcher.__module__ = __name__
    return llmops_matcher  # type: ignore[no-any-return]


def offer(context: CompletionContext, namespace: dict[str, Any]) -> dict[str, Any]:
    """Answer IPython: what fits at the cursor, in place of its own token.

    Returns:
        A matcher's result; other matchers are silenced only where the magic is being written.
    """
    match = _LINE.search(context.text_until_cursor)
    if match is None:
        return {"completions": []}
    rest = match["rest"]
    word = _typed(rest)
    # IPython may cut the token at a dash or a colon: what it replaces is the end of our word.
    token = context.token
    cut = len(word) - len(token) if word.endswith(token) else 0
    fitting = [text for text in complete(rest, namespace) if text.startswith(word)]
    found = [SimpleCompletion(text=text[cut:], type="param") for text in fitting]
    return {"completions": found, "suppress": True, "ordered": True, "matched_fragment": token}


def complete(rest: str, namespace: dict[str, Any]) -> list[str]:
    """List what may stand at the end of a magic's line.

    Args:
        rest: What follows `%llmops ` up to the cursor.
        namespace: The kernel's variables.
    """
    tokens = _tokens(rest)
    if len(tokens) <= 1:
        return [*sorted(operations.index()), "--help"]
    try:
        operation = operations.get(tokens[0])
    except LLMOpsError:
        return []
    before, word = tokens[1:-1], tokens[-1]
    if word.startswith("-") and "=" not in word:
        return [flag for flag in all_flags(operation) if flag not in before] + ["-o"]
    flag, equals, _ = word.partition("=")
    attached = word.startswith("--") and bool(equals)
    parameter = _wanted(operation, [*before, flag] if attached else before)
    if parameter is None:
        return all_flags(operation)
    found = _values(operation, parameter, before, namespace)
    kind = parameter.points.kind if parameter.points is not None else None
    if kind is not None and word.startswith(f"{kind}:"):
        found = [f"{kind}:{name}" for name in found]
    return found or ([] if before and before[-1].startswith("--") else all_flags(operation))


def _values(
    operation: Operation, parameter: Parameter, before: list[str], namespace: dict[str, Any]
) -> list[str]:
    workspace = _workspace(before)
    found = choices(operation, parameter, workspace, _given(operation, before))
    if parameter.points is not None and parameter.points.kind == "dataset":
        found = [*found, *frames(namespace)]
    source = parameter.choices.source if parameter.choices is not None else None
    if source == "columns":
        found = [*found, *_frame_columns(operation, before, namespace)]
    return list(dict.fromkeys(found))


def _frame_columns(operation: Operation, before: list[str], namespace: dict[str, Any]) -> list[str]:
    for name, value in _given(operation, before).items():
        points = operation.parameter(name).points
        if points is not None and points.kind == "dataset" and value in frames(namespace):
            table = namespace[value]
            return [str(column) for column in getattr(table, "column_names", table.columns)]
    return []


def _wanted(operation: Operation, before: list[str]) -> Parameter | None:
    """Find the parameter whose value is being typed: that of the flag before, else the place."""
    last = before[-1] if before else ""
    if last.startswith("--"):
        name = last[2:].replace("-", "_")
        for parameter in operation.parameters:
            if parameter.name == name and shape(parameter.annotation).form != "flag":
                return parameter
    given = _given(operation, before)
    for parameter in operation.parameters:
        if parameter.positional and (
            parameter.name not in given or shape(parameter.annotation).form == "list"
        ):
            return parameter
    return None


def _given(operation: Operation, before: list[str]) -> dict[str, Any]:
    """Read, loosely, what the finished words of an unfinished line say."""
    by_flag = {flag: p for p in operation.parameters for flag in flags(p)}
    found: dict[str, Any] = {}
    places: list[str] = []
    words = iter(before)
    for word in words:
        name, equals, value = word.partition("=")
        name = name.replace("_", "-") if name.startswith("--") else name
        parameter = by_flag.get(name)
        if parameter is not None and shape(parameter.annotation).form != "flag":
            found[parameter.name] = value if equals else next(words, "")
        elif name[2:] in VALUES or name == "-o":
            next(words, "")
        elif not word.startswith("-"):
            places.append(word)
    free = [p for p in operation.parameters if p.positional and p.name not in found]
    found.update({p.name: place for p, place in zip(free, places, strict=False)})
    return found


def _workspace(before: list[str]) -> Workspace | None:
    folder = None
    if "--workspace" in before[:-1]:
        folder = before[before.index("--workspace") + 1]
    if folder is None and functions.opened() is not None:
        return functions.opened()
    try:
        return Workspace.find(folder)
    except WorkspaceError:
        return None


def _tokens(rest: str) -> list[str]:
    """Split as the magic will; the last token is the unfinished word, which may be empty."""
    try:
        tokens = shlex.split(rest)
    except ValueError:  # a quotation mark is still open
        tokens = rest.split()
    if not tokens or rest[-1:].isspace():
        tokens.append("")
    return tokens


def _typed(rest: str) -> str:
    found = _WORD.search(rest)
    word = found.group() if found is not None else ""
    return word.partition("=")[2] if word.startswith("--") and "=" in word else word
