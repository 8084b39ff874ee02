"""What a folder of weights is: its files, their hashes and their headers."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmops_workbench.core.errors import UntrustedError
from llmops_workbench.models.places import cache_folder

# What makes a model, by ending. Everything else in a folder (a trainer's state, notes, pickles)
# is neither hashed nor kept.
_MODEL_SUFFIXES = (".safetensors", ".json", ".txt", ".model", ".jinja")
# JSON that a trainer leaves beside the model.
_NOT_MODEL = frozenset({"trainer_state.json", "all_results.json", "train_results.json"})
_REMEMBERED_FROM_BYTES = 1 << 20
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
    """Hash one file; the hash of a large one is remembered until the file changes.

    Returns:
        64 hex digits.
    """
    state = path.stat()
    if state.st_size < _REMEMBERED_FROM_BYTES:
        return _digest(path)
    # The same file under another name, such as a hard link in a workspace, is not read again.
    key = f"{state.st_dev:x}-{state.st_ino:x}-{state.st_size:x}-{state.st_mtime_ns:x}"
    try:
        note = cache_folder("hashes") / key
        if note.is_file():
            return note.read_text(encoding="ascii")
        digest = _digest(path)
        fresh = note.with_name(f".{key}.{os.getpid()}")
        fresh.write_text(digest, encoding="ascii")
        fresh.replace(note)
    except OSError:  # the cache cannot be written: the hash is computed each time
        return _digest(path)
    return digest


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
        spans.append(_span(path, name, entry))
    at = 0
    for begin, end in sorted(spans):
        if begin != at or end < begin:
            raise _broken(path, "its tensors overlap or leave gaps")
        at = end
    if at != size - 8 - length:
        raise _broken(path, "it is cut off, or holds more than its tensors")


def _span(path: Path, name: str, entry: Any) -> tuple[int, int]:
    """Where a tensor's bytes are, once its entry is found to be sound."""
    try:
        begin, end = entry["data_offsets"]
        shape, dtype = list(entry["shape"]), entry["dtype"]
    except (TypeError, KeyError, ValueError) as error:
        raise _broken(path, f"the entry of tensor '{name}' is incomplete") from error
    if not all(type(number) is int and number >= 0 for number in (begin, end, *shape)):
        raise _broken(path, f"the entry of tensor '{name}' holds what is no number")
    if not isinstance(dtype, str):
        raise _broken(path, f"the entry of tensor '{name}' names no number format")
    bits = _BITS.get(dtype)
    if bits is not None and (end - begin) * 8 != math.prod(shape) * bits:
        raise _broken(path, f"tensor '{name}' has another size than its shape says")
    return begin, end


def _broken(path: Path, why: str) -> UntrustedError:
    return UntrustedError(
        f"'{path}' is not a sound safetensors file ({why}): save the weights again with "
        "safetensors, or fetch the file anew"
    )
