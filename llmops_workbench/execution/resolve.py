"""From what a person gives to pinned references: names, paths, frames, templates, secrets.

Order for a dataset: an explicit `dataset:`, an existing path with a suffix or a slash, a
registered name. (A kernel variable is the magic's business: it hands over the frame.) A name
found twice is an error that names both.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context, secrets
from llmops_workbench.core.errors import AmbiguousError, NotFoundError, UsageError
from llmops_workbench.core.references import KINDS, Reference, is_external_model, parse

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter
    from llmops_workbench.core.workspace import Workspace


def resolve(
    operation: Operation, arguments: dict[str, Any], workspace: Workspace
) -> dict[str, Any]:
    """Pin every reference among the arguments of an operation.

    Frames and files become snapshots, literal templates become prompt versions, and a secret's
    value becomes a file that only its owner can read.

    Raises:
        NotFoundError: A reference points at nothing.
        AmbiguousError: A name means two things.
        UsageError: An argument is unknown or cannot be a reference.
    """
    pinned = dict(arguments)
    for name, value in arguments.items():
        parameter = operation.parameter(name)
        if value is None:
            continue
        if parameter.points is not None:
            pinned[name] = _each(parameter, value, workspace)
        elif parameter.choices is not None and parameter.choices.source == "secrets":
            pinned[name] = _secret(str(value), workspace)
        elif parameter.choices is not None and parameter.choices.source == "paths":
            pinned[name] = _inside(Path(value), workspace)
    return pinned


def _each(parameter: Parameter, value: Any, workspace: Workspace) -> Any:
    assert parameter.points is not None
    kind = parameter.points.kind
    if parameter.many:
        values = value if isinstance(value, list | tuple) else [value]
        return [pin(item, kind, workspace) for item in values]
    return pin(value, kind, workspace)


def pin(value: Any, kind: str | None, workspace: Workspace) -> Reference:
    """Pin one reference.

    Args:
        value: A reference or its text; for a dataset also a path or a frame; for a prompt also
            a literal template; for a model also what a library would load.
        kind: What it must be; None for any kind that the text itself names.
        workspace: Where names are looked up.

    Raises:
        NotFoundError: It points at nothing.
        AmbiguousError: It means two things.
        UsageError: It cannot be a reference of this kind.
    """
    if not isinstance(value, str | Reference | os.PathLike):
        if kind == "dataset":
            return _snapshot(value)
        raise UsageError(f"a {type(value).__name__} cannot be a {kind}: give its reference")
    if isinstance(value, Reference):
        return _lookup(value, workspace) if not value.pinned else value
    text = os.fspath(value).strip()
    if kind == "dataset" and not text.startswith("dataset:"):
        return _dataset(text, workspace)
    if kind == "prompt" and not text.startswith("prompt:") and _is_template(text):
        return _prompt(text)
    if kind == "model" and text.partition(":")[0] not in KINDS and is_external_model(text):
        return Reference("model", _absolute(text), external=True)
    return _lookup(parse(text, kind), workspace)


def _lookup(reference: Reference, workspace: Workspace) -> Reference:
    from llmops_workbench.tracking.catalogue import Catalogue

    if reference.external:
        return reference
    catalogue = Catalogue(workspace)
    if reference.kind == "run":
        return Reference("run", str(catalogue.run(reference.name)["run_id"]))
    found = catalogue.get(reference).ref
    return Reference(found.kind, found.name, found.version, reference.split)


def _dataset(text: str, workspace: Workspace) -> Reference:
    path = Path(text).expanduser()
    looks_like_path = bool(path.suffix) or "/" in text
    if looks_like_path and path.is_file():
        reference = _registered(text, workspace)
        if reference is not None:
            raise AmbiguousError(
                f"'{text}' is a file and a dataset: write './{text}' or 'dataset:{text}'"
            )
        return _snapshot(path)
    if "/" in text or (path.suffix[1:].lower() in _TABLE_SUFFIXES and "@" not in text):
        reference = None if "/" in text else _registered(text, workspace)
        if reference is not None:
            return reference
        if path.is_dir():
            raise UsageError(f"'{text}' is a folder: give a file in it, as in '{text}/rows.csv'")
        raise NotFoundError(f"there is no file '{text}': check the path")
    return _lookup(parse(text, "dataset"), workspace)


_TABLE_SUFFIXES = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "arrow", "feather")


def _registered(text: str, workspace: Workspace) -> Reference | None:
    try:
        return _lookup(parse(text, "dataset"), workspace)
    except (NotFoundError, UsageError):
        return None


def _snapshot(value: Any) -> Reference:
    from llmops_workbench.tracking import datasets

    return datasets.snapshot(value).ref


def _prompt(text: str) -> Reference:
    from llmops_workbench.tracking import prompts

    return prompts.snapshot(text).ref


def _is_template(text: str) -> bool:
    return "{{" in text or any(character.isspace() for character in text)


def _absolute(text: str) -> str:
    path = Path(text).expanduser()
    return str(path.resolve()) if path.exists() else text


def _secret(text: str, workspace: Workspace) -> str:
    if text.startswith("file:"):
        # A job stands in the workspace, not where the line was typed.
        return f"file:{_inside(Path(text.removeprefix('file:')).expanduser(), workspace)}"
    if secrets.is_name(text) or text == "generate":
        return text
    secrets.remember(text)
    context.warn(
        "a key was given literally, where others can see it in the list of processes; "
        "it is kept in a file from here on: give env:NAME or file:PATH instead"
    )
    path = workspace.path("secrets", f"{uuid.uuid4().hex}.key")
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")
    return f"file:{_inside(path, workspace)}"


def _inside(path: Path, workspace: Workspace) -> str:
    """Write a path as it is seen from the workspace, when it is in there: that may be moved."""
    if not path.exists():
        return str(path)
    whole = path.resolve()
    if whole.is_relative_to(workspace.root):
        return whole.relative_to(workspace.root).as_posix()
    return str(whole)
