"""Secrets by name: resolved when used, never written anywhere.

A secret is named `env:NAME`, `file:PATH` or `keyring:NAME`. Its value is handed to the one call
that needs it, and is remembered here only to be struck out of text that leaves the process.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from llmops_workbench.core import context
from llmops_workbench.core.errors import NotFoundError, UntrustedError, UsageError, require

SCHEMES = ("env", "file", "keyring")

_seen: set[str] = set()

# Shorter values would strike out ordinary words.
_SHORTEST_STRUCK = 6


def is_name(text: str) -> bool:
    """Tell whether a text names a secret, and is not a value itself."""
    return text.partition(":")[0] in SCHEMES and ":" in text


def resolve(name: str) -> str:
    """Fetch a secret's value.

    Args:
        name: `env:NAME`, `file:PATH` (mode 600) or `keyring:NAME`.

    Raises:
        NotFoundError: Nothing has that name.
        UntrustedError: The file can be read by others.
        UsageError: It is not a name of a secret.
    """
    scheme, _, rest = name.partition(":")
    if scheme == "env":
        value = os.environ.get(rest)
        if value is None:
            raise NotFoundError(f"environment variable '{rest}' is not set: set it, or use file:")
    elif scheme == "file":
        value = _read(place(name))
    elif scheme == "keyring":
        keyring = require("keyring", "keyring", "to read the system's keyring")
        value = keyring.get_password("llmops-workbench", rest)
        if value is None:
            raise NotFoundError(f"the keyring holds no 'llmops-workbench' entry '{rest}'")
    else:
        raise UsageError("a secret is named env:NAME, file:PATH or keyring:NAME")
    if not value:
        raise NotFoundError(f"the secret '{name}' is empty")
    remember(value)
    return str(value)


def place(name: str) -> Path:
    """Give the file of a secret; a relative path is seen from the open workspace."""
    path = Path(name.removeprefix("file:")).expanduser()
    opened = context.current().workspace
    return path if opened is None else opened.root / path


def _read(path: Path) -> str:
    if not path.is_file():
        raise NotFoundError(f"there is no secret file '{path}': check the path, or use generate")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UntrustedError(f"others can read '{path}': chmod 600 it first")
    return path.read_text(encoding="utf-8").strip()


def remember(value: str) -> None:
    """Strike this value out of everything that `redact` sees from now on."""
    if len(value) >= _SHORTEST_STRUCK:
        _seen.add(value)


def redact(text: str) -> str:
    """Strike out every secret value that this process has used."""
    # The longest first: a value may stand inside another one.
    for value in sorted(_seen, key=len, reverse=True):
        text = text.replace(value, "[secret]")
    return text
