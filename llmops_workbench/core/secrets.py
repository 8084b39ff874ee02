"""Secrets by name: resolved when used, never written anywhere.

A secret is named `env:NAME`, `file:PATH` or `keyring:NAME`. Its value is handed to the one call
that needs it, and is remembered here only to be struck out of text that leaves the process.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from llmops_workbench.core import context
from llmops_workbench.core.errors import (
    NotFoundError,
    UntrustedError,
    UsageError,
    WorkspaceError,
    require,
)

SCHEMES = ("env", "file", "keyring")

_BYTES = 24

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


def generate(file: str, prefix: str = "") -> str:
    """Name a secret that the open workspace keeps, and make it the first time.

    Args:
        file: What its file is called.
        prefix: What its value begins with.

    Returns:
        `file:PATH`, as seen from the workspace, which may be moved.

    Raises:
        WorkspaceError: It cannot be kept, or no workspace is open.
    """
    import secrets as random_secrets

    workspace = context.workspace()
    path = workspace.path("secrets", file)
    path.parent.chmod(0o700)
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{random_secrets.token_hex(4)}")
        try:
            fresh.touch(mode=0o600)
            value = f"{prefix}{random_secrets.token_urlsafe(_BYTES)}"
            fresh.write_text(f"{value}\n", encoding="utf-8")
            # A link fails when somebody else was faster; then that one's is used.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(fresh)
        except OSError as error:
            raise WorkspaceError(f"the key cannot be kept in '{path}': {error.strerror}") from error
        finally:
            fresh.unlink(missing_ok=True)
    return f"file:{path.relative_to(workspace.root).as_posix()}"


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
