"""Models, prompts and aliases that MLflow's own clients made, changed, renamed or deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.events import now
from llmops_workbench.core.references import check_name
from llmops_workbench.core.store import tables
from llmops_workbench.core.store.plain import digest
from llmops_workbench.tracking import versions
from llmops_workbench.tracking.mlflow_registry import (
    HASH_TAG,
    PROMPT_TAG,
    REF_TAG,
    is_prompt,
    keep_name,
    owners,
)
from llmops_workbench.tracking.mlflow_server import pages
from llmops_workbench.tracking.reconcile import is_own_tag, waiting_keys

if TYPE_CHECKING:
    from sqlalchemy import Row

    from llmops_workbench.tracking.mlflow_server import Tracking

_V = tables.versions.c


def take_over(tracking: Tracking) -> tuple[int, int]:
    """Compare the registry with the catalogue, and take over what differs.

    Returns:
        How many versions and how many aliases changed in the catalogue.
    """
    registered = _registered(tracking)
    owned = owners(tracking)
    for name, found in registered.items():
        if name not in owned:
            owned[name] = _adopt(tracking, name, found)
    changed = _versions(tracking, owned)
    return changed, _aliases(tracking, registered, owned)


def _registered(tracking: Tracking) -> dict[str, Any]:
    found: dict[str, Any] = {}
    # Without the tag MLflow leaves prompts out.
    for asked in (None, f"tags.`{PROMPT_TAG}` = 'true'"):
        for model in pages(tracking.registry.search_registered_models, filter_string=asked):
            found[model.name] = model
    return found


def _adopt(tracking: Tracking, name: str, found: Any) -> tuple[str, str]:
    """Give a name that was made or renamed in MLflow one in the catalogue."""
    kind = "prompt" if is_prompt(found) else "model"
    try:
        own = check_name(name, kind)
    except UsageError:
        own = "".join(char if char.isalnum() or char in "._-" else "_" for char in name)
        own = own if own[:1].isalnum() and not own.isdigit() else f"{kind}_{own}"
    keep_name(tracking, kind, own, name)
    return kind, own


def _versions(tracking: Tracking, owned: dict[str, tuple[str, str]]) -> int:
    seen: dict[tuple[str, str, int], Any] = {}
    for asked in (None, f"tags.`{PROMPT_TAG}` = 'true'"):
        for version in pages(
            tracking.registry.search_model_versions, filter_string=asked, max_results=1000
        ):
            kind, name = owned[version.name]
            seen[kind, name, int(version.version)] = version
    with tracking.workspace.store.read() as connection:
        query = select(tables.versions).where(_V.mlflow_version.is_not(None))
        known = {(row.kind, row.name, row.mlflow_version): row for row in connection.execute(query)}
        waiting = waiting_keys(connection)
    changed = 0
    for key in sorted(seen):
        row = known.get(key)
        if row is None:
            changed += _take_version(tracking, key, seen[key])
        elif _key(row) not in waiting:
            changed += _take_tags(tracking, row, seen[key])
    for key, row in known.items():
        if key not in seen and row.removed is None and _key(row) not in waiting:
            _mark_removed(tracking, row)
            changed += 1
    return changed


def _mark_removed(tracking: Tracking, row: Row[Any]) -> None:
    values = {"removed": row.removed or now(), "mlflow_version": None}
    with tracking.workspace.store.write() as connection:
        connection.execute(tables.versions.update().where(_V.id == row.id).values(values))


def _take_version(tracking: Tracking, key: tuple[str, str, int], version: Any) -> int:
    kind, name, number = key
    meta = _meta(kind, version)
    known_hash = version.tags.get(HASH_TAG)
    origin = version.tags.get(REF_TAG)
    with tracking.workspace.store.write() as connection:
        made = versions.register(
            connection,
            kind,
            name,
            known_hash or _hash(kind, version, meta),
            # Renamed in MLflow: the old name's version is where it comes from.
            (origin,) if origin and not origin.startswith(f"{kind}:{name}@") else (),
            _kept_meta(connection, origin) or meta,
            version.run_id or None,
            project=False,
        )
        same = (_V.kind == kind) & (_V.name == name) & (_V.version == made.number)
        connection.execute(
            tables.versions.update()
            .where(same, _V.mlflow_version.is_(None))
            .values(mlflow_version=number, tags=_user_tags(version))
        )
    return 1


def _kept_meta(connection: Any, origin: str | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    kind, _, rest = origin.partition(":")
    name, _, number = rest.rpartition("@")
    if not number.isdigit():
        return None
    query = select(_V.meta).where(_V.kind == kind, _V.name == name, _V.version == int(number))
    found: dict[str, Any] | None = connection.execute(query).scalar()
    return found


def _meta(kind: str, version: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"origin": "mlflow"}
    if kind == "prompt":
        text = version.tags.get("mlflow.prompt.text", "")
        chat = version.tags.get("_mlflow_prompt_type") == "chat"
        meta["template"] = json.loads(text) if chat else text
    else:
        meta["source"] = version.source
        if str(version.source).startswith("llmops:/"):
            meta["path"] = version.source.removeprefix("llmops:/").lstrip("/")
    if version.description:
        meta["message"] = version.description
    return meta


def _hash(kind: str, version: Any, meta: dict[str, Any]) -> str:
    if kind == "prompt":
        from llmops_workbench.tracking.prompts import template_hash

        return template_hash(meta["template"])
    # The bytes may be far away: what MLflow says is immutable stands for them.
    return digest({"source": version.source, "model_id": getattr(version, "model_id", None)})


def _take_tags(tracking: Tracking, row: Row[Any], version: Any) -> int:
    tags = _user_tags(version)
    if tags == row.tags and row.removed is None:
        return 0
    with tracking.workspace.store.write() as connection:
        connection.execute(
            tables.versions.update().where(_V.id == row.id).values(tags=tags, removed=None)
        )
    return 1


def _user_tags(version: Any) -> dict[str, str]:
    return {key: value for key, value in version.tags.items() if not is_own_tag(key)}


def _aliases(
    tracking: Tracking, registered: dict[str, Any], owned: dict[str, tuple[str, str]]
) -> int:
    changed = 0
    for name, (kind, own) in owned.items():
        found = registered.get(name)
        theirs = {} if found is None else {key: int(found.aliases[key]) for key in found.aliases}
        with tracking.workspace.store.write() as connection:
            query = select(_V.mlflow_version, _V.version).where(
                _V.kind == kind, _V.name == own, _V.mlflow_version.is_not(None)
            )
            numbers = {row.mlflow_version: row.version for row in connection.execute(query)}
            ours = versions.aliases(connection, kind, own)
            waiting = waiting_keys(connection)
            for alias in sorted({*ours, *theirs}):
                if f"alias:{kind}:{own}:{alias}" in waiting:
                    continue
                wanted = numbers.get(theirs[alias]) if alias in theirs else None
                if wanted != ours.get(alias):
                    versions.set_alias(connection, kind, own, alias, wanted, project=False)
                    changed += 1
    return changed


def _key(row: Row[Any]) -> str:
    return f"version:{row.kind}:{row.name}:{row.version}"
