"""An operation is one plain typed function; its signature and docstring are the definition.

The list of operations is read from the source text of the stage rooms, so that naming them
imports nothing: the file `<room>/<verb>.py` holds the operation `<verb>`. Its module is imported
when it is called or described.
"""

import ast
import importlib
import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from llmops_workbench.core.errors import UsageError, did_you_mean, not_found
from llmops_workbench.core.plugins import load_plugins
from llmops_workbench.core.references import Choices, Points, Reference

# The rooms whose files may hold an operation, in the order in which help lists them.
ROOMS = (
    "data",
    "prompts",
    "tuning",
    "evaluation",
    "governance",
    "serving",
    "feedback",
    "monitoring",
    "pipelines",
    "execution/verbs",
)

Runs = Literal["inline", "job"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Entry:
    """What is known of an operation without importing it."""

    name: str
    module: str
    stage: str
    runs: Runs
    summary: str


@dataclass(frozen=True)
class Parameter:
    """One parameter, as the faces need it.

    Attributes:
        annotation: The resolved type, with its marks.
        positional: Whether it may be given without its name.
        required: Whether it has no default.
        points: The kind of reference it takes, when it takes one.
        choices: Where its choices come from, when they depend on the workspace.
        many: Whether it takes a list.
        flag: Whether it is true or false.
    """

    name: str
    annotation: Any
    default: Any
    positional: bool
    help: str
    required: bool
    points: Points | None
    choices: Choices | None
    literal: tuple[str, ...]
    many: bool
    flag: bool
    mapping: bool


@dataclass(frozen=True, eq=False)
class Operation:
    """A registered function with what its decorator says."""

    function: Callable[..., Any]
    stage: str
    runs: Runs
    records: bool
    workspace: bool
    endless: bool = False
    creates: bool = False
    saves: bool = False

    @property
    def name(self) -> str:
        """The verb."""
        return self.function.__name__

    @cached_property
    def _doc(self) -> Any:
        from docstring_parser.google import parse

        return parse(inspect.getdoc(self.function) or "")

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self._doc.short_description or ""

    @property
    def description(self) -> str:
        """The docstring after its first line, before the sections."""
        return self._doc.long_description or ""

    @property
    def example(self) -> str:
        """A line that runs in a shell."""
        for meta in self._doc.meta:
            if meta.args and meta.args[0] in ("examples", "example"):
                return inspect.cleandoc(meta.description or "")
        return ""

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Which errors it raises, and when."""
        return [(item.type_name or "", item.description or "") for item in self._doc.raises]

    @cached_property
    def result_type(self) -> Any:
        """The class of what it returns."""
        return typing.get_type_hints(self.function).get("return")

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in order."""
        hints = typing.get_type_hints(self.function, include_extras=True)
        texts = {item.arg_name: item.description or "" for item in self._doc.params}
        return tuple(
            _describe(item, hints.get(item.name, str), " ".join(texts.get(item.name, "").split()))
            for item in inspect.signature(self.function).parameters.values()
        )

    def parameter(self, name: str) -> Parameter:
        """Give one parameter.

        Raises:
            UsageError: There is none of that name; the nearest is named.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        known = [parameter.name for parameter in self.parameters]
        raise UsageError(f"{self.name} has no parameter '{name}'; {did_you_mean(name, known)}")

    @cached_property
    def model(self) -> Any:
        """The pydantic model of the arguments."""
        from pydantic import ConfigDict, Field, create_model

        fields: dict[str, Any] = {
            item.name: (
                item.annotation,
                Field(... if item.required else item.default, description=item.help or None),
            )
            for item in self.parameters
        }
        config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())
        return create_model(f"{self.name}_arguments", __config__=config, **fields)

    def schema(self) -> dict[str, Any]:
        """Give the JSON schema that a form is drawn from."""
        schema: dict[str, Any] = self.model.model_json_schema()
        schema["title"] = self.name
        schema["description"] = self.summary
        schema["x-llmops-stage"] = self.stage
        schema["x-llmops-runs"] = self.runs
        return schema

    def validate_names(self, arguments: dict[str, Any]) -> None:
        """Check that all names are parameters and all required ones are there.

        Raises:
            UsageError: A name is unknown, or a required argument is missing.
        """
        for name in arguments:
            self.parameter(name)
        missing = [p.name for p in self.parameters if p.required and arguments.get(p.name) is None]
        if missing:
            raise UsageError(
                f"{self.name} needs {' and '.join(missing)}: "
                f"see 'llmops {self.name} --help' for an example"
            )

    def validate(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Check and convert arguments.

        Returns:
            All arguments, defaults filled in, each of its declared type.

        Raises:
            UsageError: One is unknown, missing or of a wrong type or value.
        """
        from pydantic import ValidationError

        self.validate_names(arguments)
        try:
            checked = self.model(**arguments)
        except ValidationError as error:
            raise UsageError(_sentence(self.name, error)) from error
        return {item.name: getattr(checked, item.name) for item in self.parameters}


def to_json(value: Any) -> Any:
    """Turn a checked argument into the JSON value that a specification keeps."""
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value


def _sentence(name: str, error: Any) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "arguments"
    given = first.get("input")
    text = first["msg"][:1].lower() + first["msg"][1:]
    return f"{name}: {where} is {given!r}: {text.removeprefix('value error, ')}"


def _describe(item: inspect.Parameter, annotation: Any, text: str) -> Parameter:
    marks, kinds = _walk(annotation)
    required = item.default is inspect.Parameter.empty
    return Parameter(
        name=item.name,
        annotation=annotation,
        default=None if required else item.default,
        positional=item.kind is not inspect.Parameter.KEYWORD_ONLY,
        help=text,
        required=required,
        points=next((mark for mark in marks if isinstance(mark, Points)), None),
        choices=next((mark for mark in marks if isinstance(mark, Choices)), None),
        literal=tuple(kind for kind in kinds if isinstance(kind, str)),
        many=list in kinds or tuple in kinds,
        flag=bool in kinds,
        mapping=dict in kinds,
    )


def _walk(annotation: Any) -> tuple[list[Any], list[Any]]:
    """Collect the marks and the plain types and literals that a type is made of."""
    marks: list[Any] = []
    kinds: list[Any] = []
    if hasattr(annotation, "__metadata__"):
        marks += annotation.__metadata__
        annotation = annotation.__origin__
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return marks, [*kinds, *typing.get_args(annotation)]
    kinds.append(origin or annotation)
    for inner in typing.get_args(annotation):
        more_marks, more_kinds = _walk(inner)
        marks += more_marks
        kinds += more_kinds
    return marks, kinds


_loaded: dict[str, Operation] = {}


def operation(
    *,
    stage: str,
    runs: Runs = "inline",
    records: bool = True,
    workspace: bool = True,
    endless: bool = False,
    creates: bool = False,
    saves: bool = False,
) -> Callable[[F], F]:
    """Make a function an operation; the function itself stays as it is.

    Args:
        stage: Under which heading help lists it.
        runs: `inline` in the caller's process, or as a `job` of its own.
        records: Whether a call is a run in the record; False for those that only look.
        workspace: Whether it needs one; False for those that make or examine one.
        endless: A job that goes on until it is stopped, such as an endpoint: it takes no slot,
            gives its result when it is ready, and is a process of its own even in a pipeline.
        creates: Whether it makes the workspace that it is told to work in, when there is none.
        saves: Whether it writes down how far it is when it is asked to stop, so that nothing is
            lost by it.
    """

    def add(function: F) -> F:
        _loaded[function.__name__] = Operation(
            function, stage, runs, records, workspace, endless, creates, saves
        )
        return function

    return add


_PATTERN = re.compile(
    r'^@operation\((?P<options>[^)]*)\)\ndef (?P<name>\w+)\(.*?\n    r?"""(?P<summary>[^\n]*)',
    re.MULTILINE | re.DOTALL,
)


@cache
def built_in() -> dict[str, Entry]:
    """Read the index of built-in operations from the source text of the rooms."""
    root = Path(__file__).parent.parent
    found = {}
    for room in ROOMS:
        for file in sorted((root / room).glob("*.py")):
            match = _PATTERN.search(file.read_text(encoding="utf-8"))
            if match is None or match["name"] != file.stem:
                continue
            options = {
                keyword.arg: ast.literal_eval(keyword.value)
                for keyword in ast.parse(f"f({match['options']})", mode="eval").body.keywords  # type: ignore[attr-defined]
            }
            found[file.stem] = Entry(
                name=file.stem,
                module=f"llmops_workbench.{room.replace('/', '.')}.{file.stem}",
                stage=options.get("stage", room),
                runs=options.get("runs", "inline"),
                summary=match["summary"].removesuffix('"""'),
            )
    return found


def index() -> dict[str, Entry]:
    """List all operations, those of plug-ins too, without importing the built-in ones."""
    load_plugins()
    entries = dict(built_in())
    for name, found in _loaded.items():
        if name not in entries:
            module = found.function.__module__
            entries[name] = Entry(name, module, found.stage, found.runs, found.summary)
    return entries


def get(name: str) -> Operation:
    """Give an operation, importing its module.

    Raises:
        NotFoundError: There is no such verb; the nearest is named.
    """
    name = name.replace("-", "_")
    if name not in _loaded:
        entry = built_in().get(name)
        if entry is not None:
            importlib.import_module(entry.module)
        else:
            load_plugins()
    if name not in _loaded:
        raise not_found("verb", name, index())
    return _loaded[name]
