"""What a folder of weights is: its files, their hashes and their headers."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmops_workbench.core.errors import UntrustedError

# What makes a model, by ending. Everything else in a folder (a trainer's state, notes, pickles)
# is neither hashed nor kept.
_MODEL_SUFFIXES = (".safetensors", ".json", ".txt", ".model", ".jinja")
# JSON that a trainer, or this module, leaves beside the model.
_NOT_MODEL = frozenset({"trainer_state.json", "all_results.json", "train_results.json"})
_HASHES = ".hashes.json"
_CHUNK_BYTES = 1 << 20
# The format's own limit, so that a broken length does not make us read gigabytes.
_HEADER_LIMIT_BYTES = 100_000_000
_BITS = {
    "F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16,
    "I16": 16, "U16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I8": 8, "U8": 8, "BOOL": 8,
}  # fmt: skip


def model_files(folder: Path) -> list[Path]:
    """List the files that make the model in a folder, sorted by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in _MODEL_SUFFIXES
        and path.name not in _NOT_MODEL
        and not path.name.startswith(".")
        and path.is_file()
    )


def weights_hash(folder: Path) -> str:
    """Hash the safetensors files of a folder: their names and their content.

    Returns:
        `sha256-` and 64 hex digits.
    """
    return _hash_of(path for path in model_files(folder) if path.suffix == ".safetensors")


def folder_hash(folder: Path) -> str:
    """Hash everything that decides what a model answers: weights, configuration, tokenizer.

    Returns:
        `sha256-` and 64 hex digits.
    """
    return _hash_of(model_files(folder))


def _hash_of(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.name}\0{file_hash(path)}\n".encode())
    return f"sha256-{total.hexdigest()}"


def file_hash(path: Path) -> str:
    """Hash one file; the hash is remembered beside it by size and time of change.

    Returns:
        64 hex digits.
    """
    state = path.stat()
    stamp = [state.st_size, state.st_mtime_ns]
    notes = path.parent / _HASHES
    known = _read_notes(notes)
    entry = known.get(path.name)
    if isinstance(entry, dict) and entry.get("stamp") == stamp:
        return str(entry["sha256"])
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_CHUNK_BYTES):
            digest.update(block)
    if path.suffix == ".safetensors":  # the rest is small
        known = {**_read_notes(notes), path.name: {"stamp": stamp, "sha256": digest.hexdigest()}}
        _write_notes(notes, known)
    return digest.hexdigest()


def _read_notes(path: Path) -> dict[str, Any]:
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or cut off: the hashes are computed again
        return {}
    return notes if isinstance(notes, dict) else {}


def _write_notes(path: Path, notes: dict[str, Any]) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.write_text(json.dumps(notes), encoding="utf-8")
        fresh.replace(path)
    except OSError:  # a read-only folder: the hash is right, and is computed again next time
        fresh.unlink(missing_ok=True)


def check_safetensors(path: Path) -> None:
    """Read the header of a safetensors file and refuse one that does not describe its data.

    Raises:
        UntrustedError: It is another kind of file under this name, cut off, or its tensors overlap
            or leave gaps.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if size < 8 or not 2 <= length <= min(size - 8, _HEADER_LIMIT_BYTES):
            raise _broken(path, "its header has an impossible length")
        try:
            header = json.loads(stream.read(length))
        except ValueError as error:
            raise _broken(path, "its header is not JSON") from error
    if not isinstance(header, dict):
        raise _broken(path, "its header is not a table")
    spans = []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        try:
            begin, end = entry["data_offsets"]
            values = 1
            for dimension in entry["shape"]:
                values *= dimension
            bits = _BITS.get(entry["dtype"])
        except (TypeError, KeyError, ValueError) as error:
            raise _broken(path, f"the entry of tensor '{name}' is incomplete") from error
        if bits is not None and (end - begin) * 8 != values * bits:
            raise _broken(path, f"tensor '{name}' has another size than its shape says")
        spans.append((begin, end))
    at = 0
    for begin, end in sorted(spans):
        if begin != at or end < begin:
            raise _broken(path, "its tensors overlap or leave gaps")
        at = end
    if at != size - 8 - length:
        raise _broken(path, "it is cut off, or holds more than its tensors")


def _broken(path: Path, why: str) -> UntrustedError:
    return UntrustedError(
        f"'{path}' is not a sound safetensors file ({why}): save the weights again with "
        "safetensors, or fetch the file anew"
    )
