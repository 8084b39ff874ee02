"""The type of a column of JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.ext.compiler import compiles


class Json(JSON):
    """JSON that is read back exactly as it was written.

    SQLite takes a column declared JSON for one of numbers, and turns a value that is nothing but
    a number, 100000.0, into another, 100000. On PostgreSQL JSON (not JSONB) keeps the text.
    """

    cache_ok = True


@compiles(Json, "sqlite")
def _as_text(type_: Json, compiler: Any, **options: Any) -> str:
    return "TEXT"
