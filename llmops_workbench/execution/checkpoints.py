"""Checkpoints of a job: complete or not there at all; the last and the best are kept."""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmops_workbench.core.context import Call, current, emit
from llmops_workbench.core.errors import JobError
from llmops_workbench.execution.folder import sync_directory, write_json

_MANIFEST = "checkpoint.json"
_PREFIX = "step-"
_TORN = ".torn-"

saving = threading.Event()
"""Set while a checkpoint is written: the process is then not killed for being slow to stop."""


@dataclass(frozen=True)
class Checkpoint:
    """One complete checkpoint.

    Attributes:
        step: After how many steps it was written.
        path: Its folder.
        metric: What it is compared by; None when it was not measured.
        facts: What the writer noted beside it.
        higher_is_better: How the metric is read.
    """

    step: int
    path: Path
    metric: float | None
    facts: dict[str, Any]
    higher_is_better: bool = False


def checkpoints(call: Call | None = None, *, higher_is_better: bool = False) -> Checkpoints:
    """Give the checkpoints of a call: in its job's folder, or else in its run's.

    Args:
        call: The call; the current one when left out.
        higher_is_better: How the metric is read; a loss is better when lower.

    Raises:
        JobError: The call has neither a job nor a run, so nobody could find them again.
    """
    call = call or current()
    if call.job_dir is not None:
        folder = call.job_dir / "checkpoints"
    elif call.workspace is not None and call.run_id is not None:
        folder = call.workspace.path("runs", call.run_id, "checkpoints")
    else:
        raise JobError("checkpoints need a job or a run: open the call with one")
    return Checkpoints(folder, higher_is_better=higher_is_better)


class Checkpoints:
    """The checkpoints in one folder.

    Args:
        folder: Where they are.
        higher_is_better: How the metric is read.
    """

    def __init__(self, folder: Path, *, higher_is_better: bool = False) -> None:
        self.folder = folder
        self.higher_is_better = higher_is_better

    @staticmethod
    def open(folder: Path) -> Checkpoints:
        """Open checkpoints that another process wrote, with the metric read as it did."""
        found = Checkpoints(folder)
        latest = found.latest()
        if latest is not None:
            found.higher_is_better = latest.higher_is_better
        return found

    def save(
        self,
        step: int,
        write: Callable[[Path], object],
        metric: float | None = None,
        **facts: Any,
    ) -> Checkpoint:
        """Write a checkpoint, all or nothing, then drop those that are neither last nor best.

        Args:
            step: After how many steps.
            write: Fills the empty folder that it is given.
            metric: What to compare it by.
            facts: JSON values to keep beside it.

        Returns:
            The checkpoint in its final place.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        torn = self.folder / f"{_TORN}{step}-{os.getpid()}"
        shutil.rmtree(torn, ignore_errors=True)
        saving.set()
        try:
            torn.mkdir()
            write(torn)
            return self._seal(torn, step, metric, facts)
        except BaseException:
            shutil.rmtree(torn, ignore_errors=True)
            raise
        finally:
            saving.clear()

    def adopt(
        self, step: int, written: Path, metric: float | None = None, **facts: Any
    ) -> Checkpoint:
        """Take over a folder that a trainer wrote itself, on the same file system; it is moved."""
        return self.save(step, lambda place: _move_into(written, place), metric, **facts)

    def _seal(
        self, torn: Path, step: int, metric: float | None, facts: dict[str, Any]
    ) -> Checkpoint:
        sizes = {}
        for file in sorted(torn.rglob("*")):
            if file.is_file():
                _sync_file(file)
                sizes[file.relative_to(torn).as_posix()] = file.stat().st_size
        for directory in [torn, *(entry for entry in torn.rglob("*") if entry.is_dir())]:
            sync_directory(directory)
        note = {
            "step": step,
            "metric": metric,
            "higher_is_better": self.higher_is_better,
            "files": sizes,
            "facts": facts,
        }
        write_json(torn / _MANIFEST, note)
        final = self.folder / f"{_PREFIX}{step:010d}"
        if final.exists():
            # The same step again, after a resume from an earlier one.
            final.rename(self.folder / f"{_TORN}old-{step}-{os.getpid()}")
        torn.rename(final)
        sync_directory(self.folder)
        self.prune()
        emit("checkpoint", step=step, metric=metric, path=f"checkpoints/{final.name}")
        return Checkpoint(step, final, metric, facts, self.higher_is_better)

    def all(self) -> list[Checkpoint]:
        """List the complete ones, the oldest first."""
        if not self.folder.is_dir():
            return []
        found = (read(path) for path in sorted(self.folder.glob(f"{_PREFIX}*")))
        return [checkpoint for checkpoint in found if checkpoint is not None]

    def latest(self) -> Checkpoint | None:
        """Give the one to resume from; None when there is none."""
        return max(self.all(), key=lambda checkpoint: checkpoint.step, default=None)

    def resume(self) -> Checkpoint | None:
        """Give the one to resume from, and tell so as an event; None when there is none."""
        found = self.latest()
        if found is not None:
            emit("resumed", step=found.step, path=f"checkpoints/{found.path.name}")
        return found

    def best(self) -> Checkpoint | None:
        """Give the one with the best metric; the earlier of equals; None when none was measured."""
        sign = -1.0 if self.higher_is_better else 1.0
        measured = [
            (sign * checkpoint.metric, checkpoint.step, checkpoint)
            for checkpoint in self.all()
            if checkpoint.metric is not None and math.isfinite(checkpoint.metric)
        ]
        return min(measured, key=lambda entry: entry[:2])[2] if measured else None

    def superfluous(self) -> list[Path]:
        """List what may go: torn ones, and all but the last and the best."""
        if not self.folder.is_dir():
            return []
        kept = {found.path for found in (self.latest(), self.best()) if found is not None}
        return [
            path
            for path in sorted(self.folder.iterdir())
            if path not in kept and path.name.startswith((_PREFIX, _TORN))
        ]

    def prune(self) -> None:
        """Remove what may go."""
        for path in self.superfluous():
            shutil.rmtree(path)


def read(path: Path) -> Checkpoint | None:
    """Read a checkpoint's folder; None when a file of it is missing or cut off."""
    try:
        note = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))
        for name, size in note["files"].items():
            if (path / name).stat().st_size != size:
                return None
        return Checkpoint(
            int(note["step"]), path, note["metric"], note["facts"], bool(note["higher_is_better"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _move_into(written: Path, place: Path) -> None:
    for entry in written.iterdir():
        entry.rename(place / entry.name)
    written.rmdir()


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
