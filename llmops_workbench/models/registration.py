"""Into the workspace: a folder of weights becomes a model version."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.references import Reference, parse
from llmops_workbench.models.safety import check_adapter, check_folder
from llmops_workbench.models.weights import model_files, weights_hash
from llmops_workbench.tracking import models
from llmops_workbench.tracking.catalogue import Version, catalogue


def register_folder(
    name: str,
    folder: Path,
    *,
    base: str | Reference | None = None,
    meta: Mapping[str, Any] | None = None,
    parents: Iterable[str | Reference] = (),
    run_id: str | None = None,
    aliases: Iterable[str] = (),
) -> Version:
    """Keep a model, or an adapter, in the workspace under a name.

    Only the files that make the model are kept: weights, settings and tokenizer. What a trainer
    or a download leaves beside them stays behind. On the same disk the weights are hard-linked
    and take no room.

    Args:
        name: The model's name.
        folder: As `save_pretrained` writes it.
        base: The model that an adapter belongs to.
        meta: What the version remembers; see `tracking.models.ModelMeta`.
        parents: What it was made from; the base is one of them.
        run_id: The run that made it.
        aliases: Aliases to set on the version.

    Returns:
        The version; the newest one when its content and parents are the same.

    Raises:
        NotFoundError: There is no such folder.
        UntrustedError: It holds pickled weights or code.
        DataError: It holds neither a model nor an adapter.
        UsageError: An adapter came without its base, or the name cannot be one.
    """
    is_adapter = (folder / "adapter_config.json").is_file()
    (check_adapter if is_adapter else check_folder)(folder)
    facts = {**(meta or {}), "format": "hf", "weights_hash": weights_hash(folder)}
    made_from = [str(parent) for parent in parents]
    if is_adapter:
        facts["format"] = "peft"
        facts["base"] = _pinned(base or facts.get("base"), name)
        if facts["base"] not in made_from:
            made_from.insert(0, facts["base"])
    described = models.ModelMeta.model_validate(facts)
    staging = context.workspace().path("models", f".{uuid.uuid4().hex}.new")
    staging.mkdir()
    try:
        for path in model_files(folder):
            _bring(path, staging / path.name)
        return models.register(
            name,
            staging,
            meta=described,
            parents=made_from,
            run_id=run_id,
            aliases=aliases,
            move=True,
        )
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _pinned(base: str | Reference | None, name: str) -> str:
    if base is None:
        raise UsageError(f"the adapter '{name}' needs the base model that it belongs to")
    reference = parse(base, "model") if isinstance(base, str) else base
    return catalogue().pin(reference)


def _bring(source: Path, target: Path) -> None:
    """Link weights, which nobody changes in place; copy the rest, which people edit."""
    if source.suffix == ".safetensors":
        try:
            os.link(source.resolve(), target)
        except OSError:  # another disk, or a file system without links
            pass
        else:
            return
    shutil.copyfile(source, target)
