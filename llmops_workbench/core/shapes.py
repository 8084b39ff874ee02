"""How a parameter is written as text: its shape, and text to value and back.

Text is what a shell line and a magic have; the type of the parameter decides what it becomes, and
pydantic has the last word. `write` is the inverse of `read`, so that a call can be replayed.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmops_workbench.core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Parameter

# Words for "no value"; a text that is one of them is written as a JSON string instead.
NOTHING = ("", "none", "None", "null")


@dataclass(frozen=True)
class Shape:
    """What a parameter takes, seen from its outside.

    Attributes:
        form: A `flag` (true or false), a `list`, a `mapping` or a `scalar`.
        nullable: Whether None is allowed.
        options: The only texts allowed; empty when others are.
        kinds: The plain types of the value, or of a list's items.
    """

    form: Literal["flag", "list", "mapping", "scalar"]
    nullable: bool
    options: tuple[str, ...]
    kinds: tuple[Any, ...]


def shape(annotation: Any) -> Shape:
    """Find the shape of a resolved annotation."""
    members = _members(annotation)
    nullable = type(None) in members or Any in members
    members = [member for member in members if member is not type(None)]
    origins = [typing.get_origin(member) or member for member in members]
    if origins and all(origin is bool for origin in origins):
        return Shape("flag", nullable, (), (bool,))
    if dict in origins:
        return Shape("mapping", nullable, (), (dict,))
    lists = [member for member in members if (typing.get_origin(member) or member) in (list, tuple)]
    if lists:
        items = [inner for member in lists for inner in typing.get_args(member)]
        inner = [plain for item in items for plain in _members(item) if plain is not Ellipsis]
        return Shape("list", nullable, _options(inner), tuple(inner) or (str,))
    return Shape("scalar", nullable, _options(members), tuple(origins))


def flag(parameter: Parameter) -> str:
    """Give the long flag that a parameter is named by in a line of text."""
    return "--" + parameter.name.replace("_", "-")


def is_file_text(parameter: Parameter) -> bool:
    """Tell whether a parameter takes the text of a file."""
    return parameter.choices is not None and parameter.choices.source == "files"


def read(parameter: Parameter, texts: list[str], *, split: bool = True) -> Any:
    """Turn the texts given for one parameter into its value.

    Args:
        parameter: Which parameter.
        texts: What was given, one entry for each time.
        split: Whether a text with commas is several entries of a list.

    Raises:
        UsageError: A text cannot be such a value; the nearest choice is named.
    """
    known = shape(parameter.annotation)
    if known.nullable and len(texts) == 1 and texts[0] in NOTHING:
        return None
    if known.form == "mapping":
        return _mapping(parameter.name, texts)
    if known.form == "list":
        found: list[Any] = []
        for text in texts:
            given = _json_list(text) if split else None
            if given is not None:
                found += given
            else:
                parts = _parts(text) if split else [text]
                found += [_value(parameter.name, part, known) for part in parts]
        return found
    if len(texts) > 1:
        raise UsageError(f"--{parameter.name.replace('_', '-')} was given {len(texts)} times")
    return _value(parameter.name, texts[0], known)


def write(parameter: Parameter, value: Any) -> list[str]:
    """Write a value as the texts that `read` turns back into it."""
    known = shape(parameter.annotation)
    if value is None:
        return ["none"]
    if known.form == "mapping" and isinstance(value, dict):
        return [_quote(value)]
    if known.form == "list" and isinstance(value, list | tuple):
        texts = [item for item in value if isinstance(item, str)]
        plain = len(texts) == len(value) and all(_bare(item, known) for item in texts)
        if value and plain:
            return [",".join(texts)]
        return [_quote(list(value))]
    if isinstance(value, str):
        return [_quote(value) if _special(value, known) else value]
    return [json.dumps(value, ensure_ascii=False)]


def _members(annotation: Any) -> list[Any]:
    """Take marks and unions off."""
    if hasattr(annotation, "__metadata__"):
        return _members(annotation.__origin__)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [plain for item in typing.get_args(annotation) for plain in _members(item)]
    return [annotation]


def _options(members: list[Any]) -> tuple[str, ...]:
    if members and all(typing.get_origin(member) is Literal for member in members):
        return tuple(str(text) for member in members for text in typing.get_args(member))
    return ()


def _json_list(text: str) -> list[Any] | None:
    """Read a JSON list, whose texts may hold commas; None when it is none."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, list) else None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _bare(text: str, known: Shape) -> bool:
    """Tell whether a text can stand in a list written with commas."""
    return _parts(text) == [text] and not text.startswith("[") and not _special(text, known)


def _mapping(name: str, texts: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in texts:
        if text.lstrip().startswith("{"):
            try:
                more = json.loads(text)
            except json.JSONDecodeError as error:
                raise UsageError(f"{name} is not valid JSON: {error}") from error
            found.update(more)
            continue
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{name} is '{text}', but must be NAME=VALUE or a JSON object")
        found[key.strip()] = loose(value)
    return found


def loose(text: str) -> Any:
    """Read a value whose type nobody declared: JSON when it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _value(name: str, text: str, known: Shape) -> Any:
    if known.options and text not in known.options:
        raise UsageError(f"{name} is '{text}'; {did_you_mean(text, known.options)}")
    if _quoted(text, known):
        return json.loads(text)
    if known.nullable and text in NOTHING:
        return None
    if Any in known.kinds or dict in known.kinds:
        return loose(text)
    number = _number(text) if str in known.kinds else None
    if number is not None and type(number) in known.kinds:
        return number
    return text


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _breaks(text: str) -> bool:
    return bool(text) and text.splitlines() != [text]


def _quote(value: Any) -> str:
    """Write JSON on one line; rare line breaks are ones for Python, but not for JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if _breaks(text) else text


def _special(text: str, known: Shape) -> bool:
    """Tell whether a text would be read as something else than itself."""
    return _meant(text, known) or _quoted(text, known)


def _meant(text: str, known: Shape) -> bool:
    # A line cannot hold a text of several lines as it stands.
    if (known.nullable and text in NOTHING) or _breaks(text):
        return True
    if Any in known.kinds:
        return not isinstance(loose(text), str)
    number = _number(text)
    return number is not None and str in known.kinds and type(number) in known.kinds


def _quoted(text: str, known: Shape) -> bool:
    """Tell whether it is the JSON form of a text that means something else when it is bare."""
    if not text.startswith('"'):
        return False
    try:
        inner = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(inner, str) and _special(inner, known)
