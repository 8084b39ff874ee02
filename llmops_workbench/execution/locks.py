"""Locks that the operating system holds: they fall when their process dies, however it dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from llmops_workbench.core.errors import ConflictError

# Short enough that two people never notice, long enough not to burn a core.
_POLL_SECONDS = 0.02

_held: set[int] = set()


def acquire(path: Path, *, shared: bool = False, wait: float = 0.0) -> int | None:
    """Take a lock on a file, which is made when missing.

    The lock belongs to the open file: it may be handed to a child process, and falls when the
    last process that has it is gone.

    Args:
        path: The lock file.
        shared: Bear other shared holders beside this one.
        wait: Seconds to try for.

    Returns:
        The descriptor that holds the lock, to be given to `release`; None when another holds it.

    Raises:
        OSError: The file system knows no locks, or the file cannot be opened.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    deadline = time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(handle, mode | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
                if time.monotonic() >= deadline:
                    os.close(handle)
                    return None
                time.sleep(_POLL_SECONDS)
            else:
                break
    except OSError:
        os.close(handle)
        raise
    _held.add(handle)
    return handle


def adopt(handle: int) -> int:
    """Take over a descriptor that was inherited from the launcher; it goes to no further child."""
    os.set_inheritable(handle, False)
    _held.add(handle)
    return handle


def release(handle: int) -> None:
    """Give a lock back."""
    _held.discard(handle)
    os.close(handle)


def is_held(path: Path) -> bool | None:
    """Tell whether somebody holds a lock; None when the file system cannot tell."""
    if not path.exists():
        return False
    try:
        # Shared, so that two who only look do not see each other.
        handle = acquire(path, shared=True)
    except OSError:
        return None
    if handle is None:
        return True
    release(handle)
    return False


@contextlib.contextmanager
def locked(path: Path, what: str, *, wait: float = 10.0) -> Iterator[None]:
    """Hold a lock for the code inside the `with`.

    Args:
        path: The lock file.
        what: What is locked, for the message.
        wait: Seconds to try for.

    Raises:
        ConflictError: Another process kept it for all that time.
    """
    handle = acquire(path, wait=wait)
    if handle is None:
        raise ConflictError(f"{what} is being changed by another process: try again")
    try:
        yield
    finally:
        release(handle)


def _drop_in_fork() -> None:
    """Close in a forked child what its parent holds, so that it cannot keep a dead job alive."""
    for handle in list(_held):
        with contextlib.suppress(OSError):
            os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_drop_in_fork)
