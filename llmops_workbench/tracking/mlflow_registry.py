"""Models, prompts and their aliases on MLflow's side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from llmops_workbench.core.references import Reference
from llmops_workbench.core.store import tables
from llmops_workbench.tracking.mlflow_runs import PREFIX, ensure

if TYPE_CHECKING:
    from sqlalchemy import Row

    from llmops_workbench.tracking.mlflow_server import Tracking

REF_TAG = "llmops.ref"
HASH_TAG = "llmops.hash"
PROMPT_TAG = "mlflow.prompt.is_prompt"
_TAG_CHARACTERS = 5000

# In `meta`: which registered name in MLflow belongs to which of ours, and the other way round.
_NAME_KEY = "mlflow.name:"
_OWNER_KEY = "mlflow.owner:"


def project_version(tracking: Tracking, kind: str, name: str, version: int) -> None:
    """Bring MLflow's version to how the store has it."""
    from mlflow.exceptions import MlflowException

    row = _read(tracking, kind, name, version)
    if row.removed:
        if row.mlflow_version is not None:
            registered = registered_name(tracking, kind, name)
            try:
                tracking.registry.delete_model_version(registered, str(row.mlflow_version))
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
            _keep_number(tracking, row, None)
        return
    number = _ensure(tracking, row)
    registered = registered_name(tracking, kind, name)
    known = tracking.registry.get_model_version(registered, str(number)).tags
    for key, value in _tags(row).items():
        if known.get(key) != value:
            tracking.registry.set_model_version_tag(registered, str(number), key, value)


def project_alias(tracking: Tracking, kind: str, name: str, alias: str) -> None:
    """Point MLflow's alias where the store's points."""
    table = tables.aliases
    query = select(table.c.version).where(
        table.c.kind == kind, table.c.name == name, table.c.alias == alias
    )
    with tracking.workspace.store.read() as connection:
        version = connection.execute(query).scalar_one_or_none()
    if version is None:
        registered = registered_name(tracking, kind, name)
        if alias in _aliases(tracking, registered):
            tracking.registry.delete_registered_model_alias(registered, alias)
        return
    number = _ensure(tracking, _read(tracking, kind, name, version))
    registered = registered_name(tracking, kind, name)
    if _aliases(tracking, registered).get(alias) != number:
        tracking.registry.set_registered_model_alias(registered, alias, str(number))


def registered_name(tracking: Tracking, kind: str, name: str) -> str:
    """Give the name that a model or prompt has in MLflow, and keep it.

    In MLflow models and prompts share one space of names, and a prompt's name is ASCII. A model
    keeps its name where it can, since `models:/NAME` is what people write.
    """
    meta = tables.meta
    key = f"{_NAME_KEY}{kind}:{name}"
    with tracking.workspace.store.read() as connection:
        known = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
    if known is not None:
        return str(known)
    plain = re.sub(r"[^a-zA-Z0-9_.\-]", "_", name)
    if plain != name and kind == "prompt":
        plain += f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    chosen = plain if kind == "prompt" else name
    if (kind == "prompt" and _is_model(tracking, name)) or _taken(tracking, chosen, kind):
        chosen = f"{chosen}.{kind}"
    keep_name(tracking, kind, name, chosen)
    return chosen


def keep_name(tracking: Tracking, kind: str, name: str, registered: str) -> None:
    """Keep which name in MLflow belongs to a name of ours."""
    meta = tables.meta
    rows: list[dict[str, Any]] = [
        {"key": f"{_NAME_KEY}{kind}:{name}", "value": registered},
        {"key": f"{_OWNER_KEY}{registered}", "value": {"kind": kind, "name": name}},
    ]
    with tracking.workspace.store.write() as connection:
        connection.execute(meta.delete().where(meta.c.key.in_([row["key"] for row in rows])))
        connection.execute(meta.insert(), rows)


def owners(tracking: Tracking) -> dict[str, tuple[str, str]]:
    """Give our kind and name of each registered name in MLflow."""
    meta = tables.meta
    query = select(meta).where(meta.c.key.startswith(_OWNER_KEY, autoescape=True))
    with tracking.workspace.store.read() as connection:
        return {
            row.key.removeprefix(_OWNER_KEY): (row.value["kind"], row.value["name"])
            for row in connection.execute(query)
        }


def is_prompt(registered: Any) -> bool:
    """Tell whether a registered model of MLflow is a prompt."""
    return str(registered._tags.get(PROMPT_TAG, "")).lower() == "true"


def _taken(tracking: Tracking, registered: str, kind: str) -> bool:
    found = _registered(tracking, registered)
    return found is not None and is_prompt(found) != (kind == "prompt")


def _is_model(tracking: Tracking, name: str) -> bool:
    table = tables.versions.c
    query = select(table.id).where(table.kind == "model", table.name == name).limit(1)
    with tracking.workspace.store.read() as connection:
        return connection.execute(query).first() is not None


def _registered(tracking: Tracking, registered: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return tracking.registry.get_registered_model(registered)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def _aliases(tracking: Tracking, registered: str) -> dict[str, int]:
    found = _registered(tracking, registered)
    return {} if found is None else {key: int(found.aliases[key]) for key in found.aliases}


def _ensure(tracking: Tracking, row: Row[Any]) -> int:
    """Make the version in MLflow unless it is there, and give MLflow's number of it."""
    if row.mlflow_version is not None:
        return int(row.mlflow_version)
    registered = registered_name(tracking, row.kind, row.name)
    ref = _ref(row)
    number = _find(tracking, registered, ref)
    if number is None:
        create = _create_prompt if row.kind == "prompt" else _create_model
        number = create(tracking, registered, row)
    _keep_number(tracking, row, number)
    return number


def _keep_number(tracking: Tracking, row: Row[Any], number: int | None) -> None:
    table = tables.versions
    with tracking.workspace.store.write() as connection:
        connection.execute(table.update().where(table.c.id == row.id).values(mlflow_version=number))


def _find(tracking: Tracking, registered: str, ref: str) -> int | None:
    """Find the version that an earlier, interrupted projection made."""
    for prompt in ("", f" and tags.`{PROMPT_TAG}` = 'true'"):
        asked = f"name = '{registered}' and tags.`{REF_TAG}` = '{ref}'{prompt}"
        found = tracking.registry.search_model_versions(asked, max_results=1)
        if found:
            return int(found[0].version)
    return None


def _create_model(tracking: Tracking, registered: str, row: Row[Any]) -> int:
    if _registered(tracking, registered) is None:
        tracking.registry.create_registered_model(registered, description=None)
    path = row.meta.get("path") or f"models/{row.hash}"
    run_id = None
    if row.run_id and _has_run(tracking, row.run_id):
        run_id = ensure(tracking, row.run_id)
    made = tracking.registry.create_model_version(
        registered, f"llmops:/{path}", run_id=run_id, tags=_tags(row)
    )
    return int(made.version)


def _create_prompt(tracking: Tracking, registered: str, row: Row[Any]) -> int:
    made = tracking.client.register_prompt(
        registered,
        row.meta.get("template") or " ",
        commit_message=row.meta.get("message"),
        tags=_tags(row),
        response_format=row.meta.get("response_format"),
        model_config=row.meta.get("model_config"),
    )
    return int(made.version)


def _has_run(tracking: Tracking, run_id: str) -> bool:
    table = tables.runs
    with tracking.workspace.store.read() as connection:
        return (
            connection.execute(select(table.c.run_id).where(table.c.run_id == run_id)).first()
            is not None
        )


def _tags(row: Row[Any]) -> dict[str, str]:
    tags = {**row.tags, REF_TAG: _ref(row), HASH_TAG: row.hash}
    for metric, score in row.scores.items():
        value = score.get("value") if isinstance(score, Mapping) else score
        tags[f"{PREFIX}score.{metric}"] = str(value)
    return {key: str(value)[:_TAG_CHARACTERS] for key, value in tags.items()}


def _ref(row: Row[Any]) -> str:
    return str(Reference(row.kind, row.name, str(row.version)))


def _read(tracking: Tracking, kind: str, name: str, version: int) -> Row[Any]:
    table = tables.versions
    query = select(table).where(
        table.c.kind == kind, table.c.name == name, table.c.version == version
    )
    with tracking.workspace.store.read() as connection:
        return connection.execute(query).one()
