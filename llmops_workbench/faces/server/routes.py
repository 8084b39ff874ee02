"""The table of routes: each is one plain function, with the models of what it is asked."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

F = TypeVar("F", bound=Callable[..., Any])

# References may hold slashes, names may not; a view's module and a chunk are files' names.
_PARTS = {"ref": r".+", "file": r"[^/]+\.js"}


class Asked(BaseModel):
    """Root of the models of queries and bodies: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), str_max_length=2_000_000)


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        method: The HTTP method.
        path: Below the root, with `{name}` for its parts.
        function: Takes a `Request` and the parts by name; gives JSON values or a `Reply`.
        query: The model of its query.
        body: The model of its body.
        status: The status of a good answer.
        slow: Whether it may take seconds, and so must not keep the quick ones waiting.
        content_type: What a good answer is.
    """

    method: str
    path: str
    function: Callable[..., Any]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: int = 200
    slow: bool = False
    content_type: str = "application/json"
    pattern: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Make the pattern of the path."""
        made = re.sub(
            r"\{(\w+)\}", lambda part: f"(?P<{part[1]}>{_PARTS.get(part[1], '[^/]+')})", self.path
        )
        object.__setattr__(self, "pattern", re.compile(made + r"\Z", re.DOTALL))

    @property
    def parts(self) -> list[str]:
        """The names in its path."""
        return list(self.pattern.groupindex)


_added: list[Route] = []


def route(method: str, path: str, **facts: Any) -> Callable[[F], F]:
    """Decorate a function to make it a route; the facts are those of `Route`."""

    def add(function: F) -> F:
        _added.append(Route(method, path, function, **facts))
        return function

    return add


@cache
def table() -> tuple[Route, ...]:
    """Give all routes, those with fewer free parts first."""
    from llmops_workbench.faces.server import resources

    for found in pkgutil.iter_modules(resources.__path__):
        importlib.import_module(f"{resources.__name__}.{found.name}")
    # A file's name is more special than a name, and a name more than a reference.
    order = {"file": 1, "ref": 3}
    return tuple(sorted(_added, key=lambda one: [order.get(part, 2) for part in one.parts]))


def find(method: str, path: str) -> tuple[Route | None, dict[str, str], list[str]]:
    """Find the route of a request.

    Returns:
        The route, the parts of its path, and which methods the path knows; None for the route
        when there is none for this method.
    """
    methods = []
    for known in table():
        match = known.pattern.match(path)
        if match is None:
            continue
        if known.method == method:
            return known, match.groupdict(), [method]
        methods.append(known.method)
    return None, {}, methods
