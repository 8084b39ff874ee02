"""A view is one panel: a small class here, and one module of the page that three hosts load.

The class gives the state that the panel begins with and answers its questions. It lives in its
stage's room, in the file `<room>/views/<name>.py`; the page's module is `static/views/<name>.js`.
A view that others bring is one Python file with a `.js` beside it. Which host asks, a notebook's
widget, JupyterLab's server or the dashboard, no view knows.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from llmops_workbench.core import operations
from llmops_workbench.core.errors import CancelledError, UsageError, did_you_mean, not_found
from llmops_workbench.core.plugins import load_plugins

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound="type[View]")

_LOG = logging.getLogger(__name__)

# Marks the methods that a page may call.
_MARK = "__llmops_answer__"
# What a page asks when its module has failed; every view has it.
FAILED = "host.failed"


@dataclass(frozen=True)
class Answer:
    """What a view says: a JSON value and binary parts, such as Arrow streams."""

    json: Any = None
    buffers: tuple[bytes, ...] = ()


class Question:
    """One question under way, which its asker may lose interest in."""

    def __init__(self) -> None:
        self._cancelled = False
        self._stops: list[Callable[[], object]] = []

    def cancel(self) -> None:
        """Stop the work: called from another thread than the one that answers."""
        self._cancelled = True
        for stop in list(self._stops):
            stop()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._cancelled

    @contextmanager
    def stops_by(self, stop: Callable[[], object]) -> Iterator[None]:
        """Call `stop`, such as a DuckDB connection's `interrupt`, if it is cancelled meanwhile."""
        self._stops.append(stop)
        try:
            yield
        finally:
            self._stops.remove(stop)

    def check(self) -> None:
        """Stop here when nobody waits any more.

        Raises:
            CancelledError: The question was withdrawn.
        """
        if self._cancelled:
            raise CancelledError("the question was withdrawn")


_question: ContextVar[Question | None] = ContextVar("llmops_question", default=None)


def question() -> Question:
    """Give the question that is being answered; a fresh one outside of any."""
    return _question.get() or Question()


def answer(function: F) -> F:
    """Mark a method of a view that its page may call.

    Its keyword parameters are the payload, checked against their types; a pydantic model, a
    `Literal`, `Annotated[int, Field(ge=0)]` all work. It returns a JSON value, an `Answer`, or a
    pyarrow table, which is sent as an Arrow IPC stream.
    """
    setattr(function, _MARK, True)
    return function


class View:
    """Root of all views.

    Args:
        workspace: Where the subject is; None for a subject that the kernel alone holds.
        subject: A pinned reference such as `dataset:reviews@3`, `run:1f0c…` or `job:tune-…`; empty
            for a view of the whole workspace; `kernel:…` for an object of the kernel.
        held: That object: a frame, or a result that no run recorded.

    Attributes:
        name: The view's name, which is its module's.
        title: What people call it.
        opens: The kinds of reference that it shows when somebody opens one.
        script: The page's module, when it is not the built-in one of that name.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    opens: ClassVar[tuple[str, ...]] = ()
    script: ClassVar[Path | None] = None
    _answers: ClassVar[dict[str, Callable[..., Any]]] = {}

    def __init_subclass__(cls) -> None:
        """Collect the methods that a page may call."""
        cls._answers = {
            name: function
            for name, function in inspect.getmembers(cls, inspect.isfunction)
            if getattr(function, _MARK, False)
        }

    def __init__(
        self, workspace: Workspace | None, subject: str = "", held: object | None = None
    ) -> None:
        self.workspace = workspace
        self.subject = subject
        self.held = held

    def state(self) -> dict[str, Any]:
        """Give the small JSON object that the page begins with (`$initial`).

        Raises:
            NotFoundError: The subject names nothing.
        """
        return {}

    def static_html(self) -> str:
        """Give HTML without scripts that shows the same in a saved notebook.

        All text in it is escaped; a style stands in the elements themselves, since a saved
        notebook's readers strip style sheets.
        """
        raise NotImplementedError

    def ask(self, method: str, payload: dict[str, Any], asked: Question | None = None) -> Answer:
        """Answer one question of the page.

        Args:
            method: The name of a marked method.
            payload: Its keyword arguments as JSON values.
            asked: Is cancelled when nobody waits any more.

        Raises:
            UsageError: There is no such method, or the payload does not fit it.
            LLMOpsError: Whatever the method raises.
        """
        from llmops_workbench.core import context

        if method == FAILED:
            self.failed(str(payload.get("message", "")), str(payload.get("stack", "")))
            return Answer()
        function = self._answers.get(method)
        if function is None:
            known = did_you_mean(method, self._answers)
            raise UsageError(f"view '{self.name}' has no method '{method}'; {known}")
        arguments = _checked(function, method, payload)
        asked = asked or Question()
        token = _question.set(asked)
        try:
            with context.activate(self.workspace, cancelled=lambda: asked.cancelled):
                return _as_answer(function(self, **arguments))
        finally:
            _question.reset(token)

    def failed(self, message: str, stack: str) -> None:
        """Hear that the page's module has failed, and say so in the log."""
        _LOG.warning("the panel '%s' of '%s' failed: %s", self.name, self.subject, message)
        _LOG.info("%s", stack)

    def close(self) -> None:
        """Let go of what the view holds; nothing is asked afterwards."""


@cache
def _payload_model(function: Callable[..., Any]) -> Any:
    from pydantic import ConfigDict, create_model

    hints = typing.get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        item.name: (
            hints.get(item.name, Any),
            ... if item.default is inspect.Parameter.empty else item.default,
        )
        for item in list(inspect.signature(function).parameters.values())[1:]
    }
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())
    return create_model(f"{function.__name__}_payload", __config__=config, **fields)


def _checked(function: Callable[..., Any], method: str, payload: dict[str, Any]) -> dict[str, Any]:
    from pydantic import ValidationError

    try:
        found = _payload_model(function).model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the payload"
        raise UsageError(f"'{method}' was asked wrongly: {where}: {first['msg']}") from error
    return {name: getattr(found, name) for name in type(found).model_fields}


def _as_answer(given: Any) -> Answer:
    if isinstance(given, Answer):
        return given
    if type(given).__module__.startswith("pyarrow"):
        return Answer({"rows": given.num_rows}, (arrow_stream(given),))
    return Answer(given)


def arrow_stream(table: Any) -> bytes:
    """Write a pyarrow table as an Arrow IPC stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


# The views whose modules were imported, by name.
_known: dict[str, type[View]] = {}


def view(kind: C) -> C:
    """Decorate the class of a view to add it; built-in ones are found by their files as well."""
    _known[kind.name] = kind
    return kind


@cache
def _built_in() -> dict[str, str]:
    root = Path(__file__).resolve().parents[1]
    package = __package__.rsplit(".", 1)[0]
    rooms = dict.fromkeys(room.partition("/")[0] for room in operations.ROOMS)
    return {
        file.stem: f"{package}.{room}.views.{file.stem}"
        for room in rooms
        for file in sorted((root / room / "views").glob("*.py"))
        if not file.stem.startswith("_")
    }


def names() -> list[str]:
    """List the views by name; imports none of the built-in ones."""
    load_plugins()
    return sorted({*_built_in(), *_known})


def get(name: str) -> type[View]:
    """Give the class of a view.

    Raises:
        NotFoundError: There is none of that name; the nearest is named.
    """
    if name not in _known:
        load_plugins()
        if name in _built_in():
            importlib.import_module(_built_in()[name])
    if name not in _known:
        raise not_found("view", name, names())
    return _known[name]


def kind_of(subject: str) -> str:
    """Give what stands before the colon of a subject, such as `dataset` or `run`."""
    return subject.partition(":")[0] if ":" in subject else ""


def script(name: str) -> Path:
    """Give the page's module of a view.

    Raises:
        NotFoundError: There is no such view, or its page was not built.
    """
    given = get(name).script
    path = given or Path(__file__).resolve().parents[1] / "static" / "views" / f"{name}.js"
    if not path.is_file():
        raise not_found("page of view", name, [])
    return path
