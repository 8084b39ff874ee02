"""What nobody needs any more, and removing it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.execution.checkpoints import Checkpoints
from llmops_workbench.execution.folder import ACTIVE, JobFolder
from llmops_workbench.execution.job import Job, job_names
from llmops_workbench.execution.locks import is_held
from llmops_workbench.execution.reconcile import reconcile

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

# What is younger may belong to something that is being made right now.
_YOUNG_SECONDS = 3600.0


@dataclass(frozen=True)
class Garbage:
    """Something that can be removed.

    Attributes:
        path: The file or folder.
        bytes: How much room it takes.
        why: Why nobody needs it.
    """

    path: Path
    bytes: int
    why: str


def plan(workspace: Workspace) -> list[Garbage]:
    """Find what can be removed, touching nothing.

    Args:
        workspace: Where to look.

    Returns:
        The things, each with its size and the reason.
    """
    reconcile(workspace)
    found = [
        *_of_jobs(workspace),
        *_cut_off(workspace),
        *_unnamed(workspace, "datasets", "dataset"),
        *_unnamed(workspace, "models", "model"),
    ]
    return [Garbage(path, size_of(path), why) for path, why in found]


def collect(found: list[Garbage]) -> int:
    """Remove what `plan` found.

    Returns:
        The room that is free now, in bytes.
    """
    freed = 0
    for item in found:
        if item.path.is_dir() and not item.path.is_symlink():
            shutil.rmtree(item.path)
        else:
            item.path.unlink(missing_ok=True)
        freed += item.bytes
    return freed


def size_of(path: Path) -> int:
    """Give the bytes of a file, or of all files in a folder."""
    if path.is_dir() and not path.is_symlink():
        return sum(_length(file) for file in path.rglob("*") if not file.is_dir())
    return _length(path)


def _length(file: Path) -> int:
    try:
        return file.lstat().st_size
    except FileNotFoundError:
        return 0


def _is_young(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime < _YOUNG_SECONDS
    except FileNotFoundError:
        return True


def _of_jobs(workspace: Workspace) -> Iterator[tuple[Path, str]]:
    for name in job_names(workspace):
        folder = Job(workspace, name).folder
        if not folder.state_file.exists() or not folder.spec_file.exists():
            if not _is_young(folder.path) and not is_held(folder.alive_lock):
                yield folder.path, "a job whose start was cut off"
            continue
        if folder.state().state in ACTIVE:
            continue
        for path in _checkpoints_of(folder):
            yield path, f"neither the last nor the best checkpoint of job {name}"
        for path in folder.path.glob(".*"):
            if not _is_young(path):
                yield path, "a file whose writing was cut off"


def _checkpoints_of(folder: JobFolder) -> list[Path]:
    # Which of two metrics is better is noted beside them by the one who saved them.
    return Checkpoints.open(folder.checkpoints).superfluous()


def _cut_off(workspace: Workspace) -> Iterator[tuple[Path, str]]:
    for room in ("datasets", "models", "cache"):
        place = workspace.dot / room
        if not place.is_dir():
            continue
        for path in sorted(place.glob(".*")):
            if not _is_young(path):
                yield path, "a file whose writing was cut off"
    waiting = workspace.dot / "slots" / "waiting"
    if waiting.is_dir():
        for ticket in sorted(waiting.iterdir()):
            if not is_held(ticket) and not _is_young(ticket):
                yield ticket, "the place in the queue of a job that was killed"


def _unnamed(workspace: Workspace, room: str, kind: str) -> Iterator[tuple[Path, str]]:
    """Find contents, kept by their hash, that no version has."""
    place = workspace.dot / room
    if not place.is_dir():
        return
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import versions

    query = select(versions.c.hash).where(versions.c.kind == kind, versions.c.removed.is_(None))
    with workspace.store.read() as connection:
        named = set(connection.execute(query).scalars())
    for path in sorted(place.iterdir()):
        content = path.name.partition(".")[0]
        if content.startswith("sha256-") and content not in named and not _is_young(path):
            yield path, f"the content of no {kind}"
