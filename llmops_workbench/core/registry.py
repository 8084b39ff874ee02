"""Named parts of one sort, found by adding one file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from llmops_workbench.core.errors import not_found
from llmops_workbench.core.plugins import load_plugins

T = TypeVar("T")


class Registry(Generic[T]):
    """A dictionary of parts that fills itself on first use.

    Every module of `package` is imported when the registry is first asked, then the plug-ins;
    each registers what it holds. So adding a part is adding a file.

    Args:
        kind: What the parts are called in messages, for example "metric".
        package: Dotted name of the package whose modules hold the built-in parts.
    """

    def __init__(self, kind: str, package: str | None = None) -> None:
        self.kind = kind
        self._package = package
        self._parts: dict[str, T] = {}
        self._meta: dict[str, dict[str, Any]] = {}
        self._filled = False

    def register(self, name: str, **meta: Any) -> Callable[[T], T]:
        """Decorate a part to add it under a name, with facts about it."""

        def add(part: T) -> T:
            self._parts[name] = part
            self._meta[name] = meta
            return part

        return add

    def get(self, name: str) -> T:
        """Give the part of that name.

        Raises:
            NotFoundError: There is none; the nearest name is given.
        """
        self._fill()
        if name not in self._parts:
            raise not_found(self.kind, name, self._parts)
        return self._parts[name]

    def meta(self, name: str) -> dict[str, Any]:
        """Give the facts that the part was registered with."""
        self.get(name)
        return self._meta[name]

    def names(self) -> list[str]:
        """List the names, sorted."""
        self._fill()
        return sorted(self._parts)

    def items(self) -> Iterator[tuple[str, T]]:
        """Walk over names and parts, sorted by name."""
        for name in self.names():
            yield name, self._parts[name]

    def __contains__(self, name: object) -> bool:
        self._fill()
        return name in self._parts

    def _fill(self) -> None:
        if self._filled:
            return
        self._filled = True  # first, since a part's module may ask while it is imported
        if self._package is not None:
            package = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__):
                importlib.import_module(f"{self._package}.{module.name}")
        load_plugins()
