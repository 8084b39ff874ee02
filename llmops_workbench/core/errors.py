"""One tree of errors, and the single place that turns one into words, a status and a code.

An error is raised where it is found, with one sentence that names the thing, its value and what
to do. Every face asks `outcome` what to show; no face has a rule of its own.
"""

from __future__ import annotations

import difflib
import errno
import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any


class LLMOpsError(Exception):
    """Root of every error that the workbench raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(LLMOpsError):
    """An argument, a flag, a recipe or a template is wrong."""


class NotFoundError(LLMOpsError):
    """A name or a reference points at nothing."""


class AmbiguousError(LLMOpsError):
    """A name points at more than one thing."""


class DataError(LLMOpsError):
    """A file or a table cannot be used as data."""


class UntrustedError(LLMOpsError):
    """Something would have to be trusted, such as pickled weights, and is refused."""


class WorkspaceError(LLMOpsError):
    """The workspace is missing, of another format, or cannot be written."""


class StorageError(LLMOpsError):
    """The disk is full, or a store cannot be reached."""


class MissingDependencyError(LLMOpsError):
    """An optional part is not installed."""


class ConflictError(LLMOpsError):
    """Somebody else was faster, or the thing is in a state that does not allow this."""


class JobError(LLMOpsError):
    """The work was started and failed."""


class GateNotPassedError(LLMOpsError):
    """A gate's rules were checked, and at least one did not hold.

    Args:
        message: Which rule, and what was observed.
        result: The decision itself, which the faces show beside the sentence.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class CancelledError(LLMOpsError):
    """The work was stopped on request, and what was done so far is kept."""


@dataclass(frozen=True)
class Outcome:
    """What a face shows for an error.

    Attributes:
        message: One line, ready for a person.
        status: The HTTP status.
        exit_code: The exit code of a shell command.
    """

    message: str
    status: int
    exit_code: int


# The first match wins; subclasses of a class stand before it.
_OUTCOMES: tuple[tuple[type[BaseException], int, int], ...] = (
    (NotFoundError, 404, 2),
    (AmbiguousError, 409, 2),
    (UsageError, 400, 2),
    (DataError, 422, 2),
    (UntrustedError, 403, 2),
    (WorkspaceError, 503, 2),
    (StorageError, 507, 2),
    (MissingDependencyError, 501, 2),
    (ConflictError, 409, 1),
    (GateNotPassedError, 409, 100),
    (CancelledError, 499, 130),
    (JobError, 500, 1),
    (LLMOpsError, 500, 1),
)


def outcome(error: BaseException) -> Outcome:
    """Say what an error means to a person, to HTTP and to a shell.

    Args:
        error: Any exception, also one that is not ours.

    Returns:
        The outcome; an unknown exception is a failure (500, 1) with its type named.
    """
    for kind, status, exit_code in _OUTCOMES:
        if isinstance(error, kind):
            return Outcome(_one_line(str(error)), status, exit_code)
    if isinstance(error, KeyboardInterrupt):
        return Outcome("interrupted", 499, 130)
    if _is_full_disk(error):
        name = getattr(error, "filename", None)
        where = f" while writing {name}" if name else ""
        return Outcome(f"the disk is full{where}: free some space, then run it again", 507, 2)
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        thing = error.filename or "a file"
        return Outcome(f"{thing} cannot be written: {error.strerror}; check its owner", 503, 2)
    return Outcome(_one_line(f"{type(error).__name__}: {error}"), 500, 1)


def _is_full_disk(error: BaseException) -> bool:
    """Tell whether a full disk is behind an error, whichever library has wrapped it."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # SQLite has no error number that gets through SQLAlchemy and MLflow: its sentence does.
    return "database or disk is full" in str(error)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def nearest(value: str, known: Iterable[str]) -> str | None:
    """Find the known name that a person most likely meant.

    Returns:
        The closest name, or None when nothing is close.
    """
    names = list(known)
    folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(value.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def did_you_mean(value: str, known: Iterable[str], limit: int = 8) -> str:
    """Make the second half of a "not found" sentence: the nearest name, or what there is."""
    names = sorted(set(known))
    near = nearest(value, names)
    if near is not None:
        return f"did you mean '{near}'?"
    if not names:
        return "there is none yet"
    shown = ", ".join(names[:limit])
    return f"there is {shown}" + (f" and {len(names) - limit} more" if len(names) > limit else "")


def not_found(kind: str, value: str, known: Iterable[str]) -> NotFoundError:
    """Build the error for a name that is not among the known ones."""
    return NotFoundError(f"no {kind} is called '{value}'; {did_you_mean(value, known)}")


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional dependency.

    Args:
        module: Its import name.
        extra: The extra of this package that installs it.
        purpose: What it is needed for, as in "to write GGUF files".

    Raises:
        MissingDependencyError: It is not installed; the sentence has the install line.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"'{error.name}' is needed {purpose}: pip install 'llmops-workbench[{extra}]'"
        ) from error
