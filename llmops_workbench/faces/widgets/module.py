"""The sources of a panel's page, for a front end that can reach no server."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from llmops_workbench.core import views
from llmops_workbench.core.errors import NotFoundError, not_found

STATIC = Path(__file__).resolve().parents[2] / "static"
# The parts that panels are made of, for a module that was not built with them.
KIT = "kit"


@cache
def loader() -> str:
    """Give the small module that every widget carries.

    Raises:
        NotFoundError: The pages were not built.
    """
    file = STATIC / "notebook.js"
    if not file.is_file():
        raise NotFoundError(
            "the panels' pages are not built: run 'npm run build:views' in labextension/"
        )
    return file.read_text(encoding="utf-8")


def is_built() -> bool:
    """Tell whether there are pages at all; a checkout has none before its first build."""
    return (STATIC / "notebook.js").is_file()


def in_one_piece(name: str) -> bytes:
    """Give a view's module, with all that it imports, or the kit.

    Raises:
        NotFoundError: There is no such view, or its page was not built.
    """
    given = None if name == KIT else views.get(name).script
    path = given or STATIC / "single" / f"{name}.js"
    if not path.is_file():
        raise not_found("page of view", name, [])
    return path.read_bytes()


def digest(source: bytes) -> str:
    """Name a source by its content, so that a page which has it asks for it no more."""
    return hashlib.sha256(source).hexdigest()[:16]
