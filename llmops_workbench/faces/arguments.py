"""One parser for the shell and the magic, made from an operation's parameters."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from llmops_workbench.core.errors import NotFoundError, UsageError, nearest
from llmops_workbench.core.settings import SETTINGS, Settings
from llmops_workbench.core.shapes import flag, is_file_text, loose, read, shape
from llmops_workbench.pipelines.files import is_path, read_text_file, whole_path

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter

# Flags of every verb; an operation's own parameter of the same name would hide one, so a test
# keeps these names free.
SWITCHES = {
    "json": "print one JSON object on the last line of standard output",
    "detach": "start the job and do not wait for it",
    "debug": "show the traceback of an error",
    "quiet": "show no progress",
    "schema": "print the JSON schema of the arguments and stop",
    "help": "print this help and stop",
}
VALUES = {
    "workspace": ("DIR", "the workspace; found upward from here when left out"),
    "set": ("KEY=VALUE", "a setting for this call alone; may be repeated"),
}
RESERVED = frozenset({*SWITCHES, *VALUES})


@dataclass
class Parsed:
    """A line taken apart.

    Attributes:
        arguments: What was given for the operation, by parameter name.
        switches: The common switches that were given.
        workspace: The folder that was given.
        settings: Settings for this call.
        output: The name that a magic stores the result under.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    workspace: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    output: str | None = None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        name, _, rest = message.removeprefix("argument ").partition(": ")
        text = f"{name} needs a value" if rest.startswith("expected") else message
        raise UsageError(f"{self.prog}: {text}")


def parse(
    operation: Operation,
    tokens: Sequence[str],
    *,
    body: str | None = None,
    magic: bool = False,
) -> Parsed:
    """Take a line apart.

    Args:
        operation: The verb, already looked up.
        tokens: What follows the verb.
        body: The body of a cell magic.
        magic: Whether `-o NAME` is known.

    Returns:
        What was given; defaults are not filled in.

    Raises:
        UsageError: A flag is unknown (the nearest is named), lacks its value, or does not fit.
        NotFoundError: A file that should be read is not there.
    """
    given = _parser(operation, magic)
    words, literal = _normalise(tokens)
    found, extra = given.parse_known_intermixed_args(words)
    values = vars(found)
    places: list[str] = [*values.pop("_places", []), *literal]
    switches = frozenset(name for name in SWITCHES if values.pop(f"_{name}", False))
    parsed = Parsed(
        switches=switches,
        workspace=values.pop("_workspace", None),
        output=values.pop("_output", None),
    )
    settings = values.pop("_set", [])
    if "help" in switches or "schema" in switches:
        return parsed
    for token in extra:
        raise _unknown_flag(operation, token)
    parsed.settings = _settings(settings)
    parsed.arguments = _arguments(operation, values, places, from_files=not magic)
    if body is not None and body.strip():
        parsed.arguments[_body_parameter(operation, parsed.arguments)] = body
    return parsed


def flags(parameter: Parameter) -> list[str]:
    """List the flags of a parameter, the long one first."""
    long = flag(parameter)
    short = _short_flag(parameter.annotation)
    return [long, short] if short else [long]


def all_flags(operation: Operation) -> list[str]:
    """List every long flag that a verb knows."""
    found = []
    for parameter in operation.parameters:
        long = flags(parameter)[0]
        found.append(long)
        if shape(parameter.annotation).form == "flag":
            found.append("--no-" + long[2:])
    return found + [f"--{name}" for name in (*VALUES, *SWITCHES)]


def _parser(operation: Operation, magic: bool) -> _Parser:
    parser = _Parser(
        prog=operation.name,
        add_help=False,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    for parameter in operation.parameters:
        if shape(parameter.annotation).form == "flag":
            parser.add_argument(
                *flags(parameter), dest=parameter.name, action=argparse.BooleanOptionalAction
            )
        else:
            parser.add_argument(*flags(parameter), dest=parameter.name, action="append")
    for name in SWITCHES:
        short = ["-h"] if name == "help" else []
        parser.add_argument(f"--{name}", *short, dest=f"_{name}", action="store_true")
    parser.add_argument("--workspace", dest="_workspace")
    parser.add_argument("--set", dest="_set", action="append")
    if magic:
        parser.add_argument("-o", dest="_output")
    parser.add_argument("_places", nargs="*", default=[])
    return parser


def _short_flag(annotation: Any) -> str | None:
    """Find `-x` in `Annotated[..., Field(json_schema_extra={"x-llmops-short": "x"})]`."""
    for mark in getattr(annotation, "__metadata__", ()):
        extra = getattr(mark, "json_schema_extra", None)
        if isinstance(extra, dict) and "x-llmops-short" in extra:
            return f"-{extra['x-llmops-short']}"
    return None


def _normalise(tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    """Write `--some_flag` as `--some-flag`; what follows a bare `--` is by place, as it stands."""
    words = list(tokens)
    end = words.index("--") if "--" in words else len(words)
    found = []
    for word in words[:end]:
        name, equals, value = word.partition("=")
        found.append(name.replace("_", "-") + equals + value if word.startswith("--") else word)
    return found, words[end + 1 :]


def _unknown_flag(operation: Operation, token: str) -> UsageError:
    name = token.partition("=")[0]
    if not name.startswith("-"):
        return UsageError(f"{operation.name} does not take '{token}'")
    near = nearest(name, all_flags(operation))
    hint = f"did you mean {near}?" if near else f"see 'llmops {operation.name} --help'"
    return UsageError(f"{operation.name} has no flag {name}; {hint}")


def _arguments(
    operation: Operation, values: dict[str, Any], places: list[str], *, from_files: bool
) -> dict[str, Any]:
    texts: dict[str, tuple[list[str], bool]] = {}
    found: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.name not in values:
            continue
        value = values[parameter.name]
        if isinstance(value, bool):
            found[parameter.name] = value
        else:
            texts[parameter.name] = (value, True)
    free = [p for p in operation.parameters if p.positional and p.name not in values]
    rest = list(places)
    for parameter in free:
        if not rest:
            break
        count = len(rest) if shape(parameter.annotation).form == "list" else 1
        texts[parameter.name], rest = (rest[:count], False), rest[count:]
    if rest:
        names = ", ".join(p.name for p in operation.parameters if p.positional) or "nothing"
        raise UsageError(
            f"{operation.name} has no place for '{rest[0]}': it takes {names} by place, "
            "the others as --flag VALUE"
        )
    for parameter in operation.parameters:
        if parameter.name not in texts:
            continue
        given, split = texts[parameter.name]
        if from_files and is_file_text(parameter) and len(given) == 1:
            found[parameter.name] = _content(parameter, given[0])
        else:
            value = read(parameter, given, split=split)
            found[parameter.name] = whole_path(value) if is_path(parameter) else value
    return found


def _content(parameter: Parameter, given: str) -> str | None:
    if given == "-":
        return sys.stdin.read()
    if given in ("", "none") and not parameter.required:
        return None
    path = Path(given).expanduser()
    if "\n" not in given and not path.is_file():
        raise NotFoundError(f"{parameter.name}: there is no file '{given}': check the path")
    return read_text_file(given)


def _body_parameter(operation: Operation, given: dict[str, Any]) -> str:
    """Find the parameter that a cell's body is for: a file's text, else a prompt template."""
    waiting = [p for p in operation.parameters if p.name not in given]
    for parameter in waiting:
        if is_file_text(parameter):
            return parameter.name
    for parameter in waiting:
        if parameter.points is not None and parameter.points.kind == "prompt":
            return parameter.name
    raise UsageError(
        f"{operation.name} takes no text from the cell: write it on one line, as %llmops"
    )


def _settings(given: list[str]) -> dict[str, Any]:
    found = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set is '{text}', but must be KEY=VALUE")
        if key not in SETTINGS:
            near = nearest(key, SETTINGS)
            hint = f"did you mean {near}?" if near else "'llmops doctor' lists them"
            raise UsageError(f"no setting is called '{key}'; {hint}")
        found[key] = loose(value)
        Settings(None, found).get(key)  # a wrong type is said now, not when it is used
    return found
