"""Answers of models by the hash of all that determines them, so that none is paid for twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.events import now
from llmops_workbench.core.store.store import CACHE

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

_CHUNK = 500


def get_many(keys: Iterable[str], *, workspace: Workspace | None = None) -> dict[str, Any]:
    """Look up answers.

    Args:
        keys: Hashes, as `core.store.plain.digest` makes them, of model version, prompt, row and
            generation settings.
        workspace: The current call's when left out.

    Returns:
        The values of those that are known, by key.
    """
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import cache

    asked = list(dict.fromkeys(keys))
    found: dict[str, Any] = {}
    store = (workspace or context.workspace()).store
    with store.read() as connection:
        for begin in range(0, len(asked), _CHUNK):
            part = asked[begin : begin + _CHUNK]
            rows = connection.execute(
                select(cache.c.key, cache.c.value).where(cache.c.key.in_(part))
            )
            found.update({row.key: row.value for row in rows})
    if found:
        hit = list(found)
        with store.write(counter=CACHE) as connection:
            for begin in range(0, len(hit), _CHUNK):
                part = hit[begin : begin + _CHUNK]
                connection.execute(
                    cache.update().where(cache.c.key.in_(part)).values(hits=cache.c.hits + 1)
                )
    return found


def put_many(values: Mapping[str, Any], *, workspace: Workspace | None = None) -> None:
    """Keep answers by key; one that is known stays as it is, so that a replay gives the same."""
    if not values:
        return
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import cache

    keys = list(values)
    with (workspace or context.workspace()).store.write(counter=CACHE) as connection:
        known: set[str] = set()
        for begin in range(0, len(keys), _CHUNK):
            part = keys[begin : begin + _CHUNK]
            known.update(
                connection.execute(select(cache.c.key).where(cache.c.key.in_(part))).scalars()
            )
        rows = [
            {"key": key, "value": values[key], "created": now(), "hits": 0}
            for key in keys
            if key not in known
        ]
        if rows:
            connection.execute(cache.insert(), rows)
