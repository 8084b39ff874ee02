"""Values as JSON: what the store keeps, and what a chain is computed over."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import PurePath
from typing import Any


def plain(value: Any) -> Any:
    """Turn a value into JSON's own types.

    A number that JSON cannot write (NaN, infinity) becomes None; numpy's scalars become Python's;
    references, paths and times become text.
    """
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return value.as_posix()
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(mode="json"))
    if hasattr(value, "tolist"):  # numpy and torch, which are not imported for this
        return plain(value.tolist())
    return str(value)


def to_json(value: Any) -> str:
    """Write a value as JSON; anything is accepted, as `plain` describes."""
    return json.dumps(plain(value), allow_nan=False)


def canonical(value: Any) -> bytes:
    """Write a value in the one form that is hashed."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def digest(value: Any) -> str:
    """Hash a value: `sha256-` and 64 hexadecimal digits."""
    return f"sha256-{hashlib.sha256(canonical(value)).hexdigest()}"
