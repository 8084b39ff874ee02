"""Settings of a workspace: flag, then environment, then `llmops.toml`, then default."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmops_workbench.core.errors import UsageError, WorkspaceError, not_found


@dataclass(frozen=True)
class Setting:
    """One setting: its default and what it is for."""

    default: Any
    help: str


SETTINGS: dict[str, Setting] = {
    "user.name": Setting("", "who labels, promotes and runs; empty: the login of the system"),
    "store.url": Setting("", "SQLAlchemy URL of the store; empty: SQLite in the workspace"),
    "tracking.uri": Setting("", "MLflow tracking server; empty: embedded in the workspace"),
    "execution.max_local_jobs": Setting(1, "how many jobs run at once on this machine"),
    "execution.min_free_mb": Setting(500, "free disk space in MB that a job needs to start"),
    "execution.grace_seconds": Setting(20, "time in seconds to save before a job is killed"),
    "execution.lease_seconds": Setting(60, "age in seconds at which a heartbeat is too old"),
    "models.threads": Setting(1, "threads in use to decode; more is slower on busy cores"),
    "models.dtype": Setting("auto", "auto, bfloat16 or float32"),
    "models.batch_tokens": Setting(4096, "prompt tokens in a batch at most"),
    "serving.host": Setting("127.0.0.1", "address that an endpoint listens at"),
}


class Settings:
    """The settings that are in force, and where each came from."""

    def __init__(self, file: Path | None, flags: dict[str, Any] | None = None) -> None:
        self._flags = dict(flags or {})
        self._file: dict[str, Any] = {}
        if file is not None and file.is_file():
            try:
                self._file = tomllib.loads(file.read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise WorkspaceError(f"{file.name} is not valid TOML: {error}") from error

    def get(self, key: str) -> Any:
        """Give the value of a setting, of the type of its default.

        Raises:
            NotFoundError: There is no such setting.
            UsageError: Its value is not of the right type.
        """
        return self._find(key)[0]

    def source(self, key: str) -> str:
        """Say where the value came from: flag, environment, llmops.toml or default."""
        return self._find(key)[1]

    def _find(self, key: str) -> tuple[Any, str]:
        if key not in SETTINGS:
            raise not_found("setting", key, SETTINGS)
        default = SETTINGS[key].default
        if key in self._flags:
            return _typed(key, self._flags[key], default), "flag"
        name = "LLMOPS_" + key.upper().replace(".", "_")
        if name in os.environ:
            return _typed(key, os.environ[name], default), f"environment ({name})"
        section, _, entry = key.partition(".")
        table = self._file.get(section)
        if isinstance(table, dict) and entry in table:
            return _typed(key, table[entry], default), "llmops.toml"
        return default, "default"


def _typed(key: str, value: Any, default: Any) -> Any:
    kind = type(default)
    if isinstance(value, kind):
        return value
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"setting {key} is '{value}', but must be a {kind.__name__}") from error
