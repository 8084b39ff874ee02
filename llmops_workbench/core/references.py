"""One way to point at a thing: `kind:name@version-or-alias`.

A reference is *pinned* when its version is a number or a content hash; operations only ever see
pinned ones, so that a call can be replayed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from llmops_workbench.core.errors import UsageError, did_you_mean, nearest

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

KINDS = (
    "dataset",
    "recipe",
    "prompt",
    "model",
    "pipeline",
    "run",
    "queue",
    "endpoint",
    "monitor",
)

# A model can also be given as what a library would load; these are never names of ours.
EXTERNAL_PREFIXES = ("pypi:", "openai:", "hf:", "callable:")

_NAME = re.compile(r"[\w][\w.\-]*\Z")
_VERSION = re.compile(r"(?:\d+|[\w][\w.\-]*|sha256-[0-9a-f]{6,64})\Z")


@dataclass(frozen=True)
class Reference:
    """A pointer at a named, versioned thing.

    Attributes:
        kind: One of `KINDS`.
        name: The name; empty for an anonymous version that is known by its hash alone.
        version: A number, an alias, or `sha256-…`; None means the newest.
        split: Of a dataset version: only the rows of this split.
        external: A model given as a path, a hub id or a URL; `name` holds that text.
    """

    kind: str
    name: str
    version: str | None = None
    split: str | None = None
    external: bool = False

    def __str__(self) -> str:
        text = f"{self.kind}:{self.name}"
        if self.version is not None:
            text += f"@{self.version}"
        if self.split is not None:
            text += f"#{self.split}"
        return text

    @property
    def pinned(self) -> bool:
        """Whether it will always mean the same thing."""
        if self.external or self.kind == "run":
            return True
        return self.version is not None and (
            self.version.isdigit() or self.version.startswith("sha256-")
        )

    def whole(self) -> Reference:
        """Give the same version without the choice of a split."""
        return replace(self, split=None)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        def read(value: Any) -> Reference:
            return value if isinstance(value, Reference) else parse(str(value))

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        return {"type": "string"}


def parse(text: str, kind: str | None = None) -> Reference:
    """Read a reference.

    Args:
        text: `kind:name@version#split`; everything but the name may be left out.
        kind: What it must be; then the prefix is optional.

    Returns:
        The reference as written; nothing is looked up.

    Raises:
        UsageError: It is not a reference, or of another kind.
    """
    text = text.strip()
    if not text:
        raise UsageError(f"an empty {kind or 'reference'} was given: name one")
    head, colon, rest = text.partition(":")
    if colon and head in KINDS:
        if kind is not None and head != kind:
            raise UsageError(f"'{text}' is a {head}, but a {kind} is asked for here")
        kind, body = head, rest
    else:
        body = text
    if kind is None:
        near = nearest(head, KINDS) if colon else None
        if near is not None:
            raise UsageError(f"'{text}' is of no kind '{head}'; did you mean '{near}:{rest}'?")
        raise UsageError(
            f"'{text}' does not say what it is: write one of {', '.join(KINDS)} before it, "
            f"as in 'dataset:{text}'"
        )
    if kind == "model" and is_external_model(body):
        return Reference("model", body, external=True)
    body, _, split = body.partition("#")
    name, at, version = body.partition("@")
    if name and not _NAME.match(name):
        raise UsageError(
            f"'{name}' cannot be a name of a {kind}: use letters, digits, '.', '_' and '-'"
        )
    if (at and not _VERSION.match(version)) or (not name and not at):
        raise UsageError(f"'{text}' is not a reference: write it as {kind}:NAME@VERSION")
    return Reference(kind, name, version or None, split or None)


def is_external_model(text: str) -> bool:
    """Tell whether a model is given as a path, a hub id, a GGUF file or a URL."""
    return (
        text.startswith(EXTERNAL_PREFIXES)
        or "/" in text
        or text.startswith((".", "~"))
        or text.endswith(".gguf")
    )


def check_name(name: str, kind: str) -> str:
    """Give the name back when it can be registered.

    Raises:
        UsageError: It cannot be written in a reference.
    """
    if not _NAME.match(name) or name.isdigit():
        raise UsageError(
            f"'{name}' cannot be a name of a {kind}: use letters, digits, '.', '_' and '-'"
        )
    return name


@dataclass(frozen=True)
class Points:
    """Mark on a parameter's type: the value is a reference of this kind (None: of any)."""

    kind: str | None

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        return {"type": "string", "x-llmops-kind": self.kind or "any"}


@dataclass(frozen=True)
class Choices:
    """Mark on a parameter's type: what may be chosen, asked for when needed.

    Attributes:
        source: The name of a list in `core.choices`, for example "metrics" or "columns".
        of: For columns: the parameter that names the dataset.
    """

    source: str
    of: str | None = None

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        described: dict[str, Any] = handler(schema)
        described["x-llmops-choices"] = self.source
        if self.of is not None:
            described["x-llmops-of"] = self.of
        return described


DatasetRef = Annotated[Reference, Points("dataset")]
PromptRef = Annotated[Reference, Points("prompt")]
ModelRef = Annotated[Reference, Points("model")]
PipelineRef = Annotated[Reference, Points("pipeline")]
RunRef = Annotated[Reference, Points("run")]
QueueRef = Annotated[Reference, Points("queue")]
EndpointRef = Annotated[Reference, Points("endpoint")]
AnyRef = Annotated[Reference, Points(None)]
# Text that the operation itself reads: a reference of any kind, or a model's alias.
AnyName = Annotated[str, Choices("references")]
Kinds = Annotated[str, Choices("kinds")]
AliasOf = Annotated[str, Choices("aliases")]
ColumnName = Annotated[str, Choices("columns")]
MetricName = Annotated[str, Choices("metrics")]
# The name of a secret (env:, file:, keyring:); a value given here is moved into a file first.
SecretName = Annotated[str, Choices("secrets")]
# Text of a file, or the path of one; a cell magic puts its body here.
FileText = Annotated[str, Choices("files")]


def check_kind(kind: str) -> str:
    """Accept the singular or the plural of a kind, and give the singular.

    Raises:
        UsageError: There is no such kind; the nearest is named.
    """
    single = kind.removesuffix("s")
    if single not in KINDS:
        plurals = [f"{known}s" for known in KINDS]
        raise UsageError(f"there is no kind '{kind}'; {did_you_mean(kind, plurals, limit=9)}")
    return single
