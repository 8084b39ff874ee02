"""What a database's own errors mean to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_workbench.core.errors import ConflictError, LLMOpsError, StorageError, WorkspaceError

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError


def translate(error: DBAPIError, place: str) -> LLMOpsError | None:
    """Turn an error of a database into one of ours.

    Args:
        error: As SQLAlchemy raised it.
        place: What to call the store: the path of its file, or its URL without a password.

    Returns:
        The error to raise instead; None when it is a defect of the caller, which must stay seen.
    """
    text = str(error.orig).lower()
    if "readonly database" in text or "read-only" in text:
        return WorkspaceError(
            f"'{place}' is read-only: work in a copy of the workspace, or make it writable"
        )
    if "database or disk is full" in text or "no space left" in text:
        return StorageError(f"the disk is full while writing '{place}': free some space and repeat")
    if "unable to open database file" in text:
        return WorkspaceError(f"'{place}' cannot be opened: check that its folder can be written")
    if "malformed" in text or "not a database" in text:
        return StorageError(
            f"'{place}' is damaged: put back a copy from .llmops/backups, or start a new workspace"
        )
    if "database is locked" in text or "database is busy" in text:
        return ConflictError(f"'{place}' is kept busy by another process: try again in a moment")
    if "disk i/o error" in text:
        return StorageError(f"'{place}' cannot be read or written: the disk reports an error")
    if _connection_failed(error, text):
        return StorageError(f"the store at '{place}' does not answer: {_first_line(error)}")
    return None


def _connection_failed(error: DBAPIError, text: str) -> bool:
    signs = ("connection refused", "could not translate host", "server closed the connection")
    return error.connection_invalidated or any(sign in text for sign in signs)


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no reason given"])[0]
