"""A job's folder: the truth about it, which any process may read at any time.

Everything that changes is replaced by a rename, or appended by whole lines, so that a reader
never sees half of it and a kill at any moment leaves something readable.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from llmops_workbench.core.errors import ConflictError, JobError
from llmops_workbench.core.events import Event, now
from llmops_workbench.execution.locks import locked

QUEUED, RUNNING, PAUSED, INTERRUPTED = "queued", "running", "paused", "interrupted"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
STATES = (QUEUED, RUNNING, PAUSED, INTERRUPTED, DONE, FAILED, CANCELLED)
ACTIVE = (QUEUED, RUNNING)
"""States in which a process should be there; in all others there is none."""
RESUMABLE = (PAUSED, INTERRUPTED, FAILED, CANCELLED)

STOP, PAUSE = "stop", "pause"

# Freed when the disk is full, so that the failure itself can be written down.
_BALLAST_BYTES = 64 * 1024


@dataclass(frozen=True)
class State:
    """Where a job is.

    Attributes:
        state: One of `STATES`.
        attempt: 1 at the start, one more with each resume.
        since: When it came into this state.
        executor: What runs this attempt; empty stands for the one in the spec.
        handle: What the executor knows the process by; None before there is one.
        launcher: Identity of the process that started it.
        message: One line about why, for a person.
        step: How far it came.
        steps: How far it has to go.
        step_of: The job whose process does it as a step of a pipeline; empty for a step that no
            job does; None for a job of its own.
    """

    state: str
    attempt: int = 1
    since: str = field(default_factory=now)
    executor: str = ""
    handle: dict[str, Any] | None = None
    launcher: dict[str, Any] | None = None
    message: str = ""
    step: int | None = None
    steps: int | None = None
    step_of: str | None = None


def write_json(path: Path, data: dict[str, Any], *, durable: bool = True) -> None:
    """Replace a file by a JSON object, all or nothing.

    Args:
        path: The file.
        data: What it shall hold.
        durable: Wait until it has reached the disk.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    if durable:
        sync_directory(path.parent)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise JobError(f"'{path.name}' of job '{path.parent.name}' is damaged: {error}") from error
    if not isinstance(data, dict):
        raise JobError(f"'{path.name}' of job '{path.parent.name}' is damaged: not an object")
    return data


def sync_directory(path: Path) -> None:
    """Make a rename inside a directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class JobFolder:
    """The files of one job.

    Args:
        path: `.llmops/jobs/<job>` of a workspace.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.job = path.name
        self.spec_file = path / "spec.json"
        self.state_file = path / "state.json"
        self.events_file = path / "events.jsonl"
        self.heartbeat_file = path / "heartbeat.json"
        self.log_file = path / "log.txt"
        self.result_file = path / "result.json"
        self.error_file = path / "error.json"
        self.checkpoints = path / "checkpoints"
        self.alive_lock = path / "alive.lock"
        self._state_lock = path / "state.lock"
        self._ballast = path / "ballast"

    # state

    def state(self) -> State:
        """Read where the job is."""
        data = read_json(self.state_file)
        if data is None:
            raise JobError(f"job '{self.job}' has no state: its start was cut off; 'gc' removes it")
        known = {name: value for name, value in data.items() if name in State.__annotations__}
        return State(**known)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Let nobody else change the state for the code inside the `with`."""
        with locked(self._state_lock, f"job '{self.job}'"):
            yield

    def change(
        self,
        to: str,
        *,
        expect: tuple[str, ...],
        attempt: int | None = None,
        next_attempt: int | None = None,
        message: str = "",
        **facts: Any,
    ) -> State:
        """Go from one state to another, and tell it as an event.

        Args:
            to: The new state.
            expect: The states that it may come from.
            attempt: The attempt that the caller speaks for; None speaks for the present one.
            next_attempt: Number of the attempt that begins with this change.
            message: One line about why, for a person.
            facts: Further fields of `State` to set.

        Raises:
            ConflictError: The job is in another state, or already in another attempt.
        """
        with self.exclusive():
            old = self.state()
            if old.state not in expect or attempt not in (None, old.attempt):
                raise ConflictError(
                    f"job '{self.job}' is {old.state} (attempt {old.attempt}): "
                    f"it cannot become {to}"
                )
            number = next_attempt or old.attempt
            fresh = replace(old, state=to, since=now(), message=message, attempt=number, **facts)
            told = {"message": message} if message else {}
            # First, so that whoever sees the last state finds the last event in the file.
            self.append(Event("state", {"state": to, "attempt": number, **told}), durable=True)
            self.put(fresh)
            return fresh

    def note_process(self, attempt: int, handle: dict[str, Any], executor: str) -> None:
        """Write down which process carries out an attempt.

        Raises:
            ConflictError: The job has ended, or is in another attempt.
        """
        with self.exclusive():
            state = self.state()
            if state.state not in ACTIVE or state.attempt != attempt:
                raise ConflictError(f"job '{self.job}' is {state.state}: there is nothing to do")
            self.put(replace(state, handle=handle, executor=executor))

    def put(self, state: State) -> None:
        """Write the state; the caller holds `exclusive`, or is the only one to know the folder."""
        write_json(self.state_file, asdict(state))

    # events

    def append(self, event: Event, *, durable: bool = False) -> None:
        """Add an event; one write, so that lines of two processes never mix."""
        line = json.dumps(event.to_dict(), ensure_ascii=False, separators=(",", ":"), default=str)
        data = line.encode("utf-8", "replace") + b"\n"
        handle = os.open(
            self.events_file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        try:
            size = os.fstat(handle).st_size
            # A kill may have torn the line before; it must not swallow this one.
            if size and os.pread(handle, 1, size - 1) != b"\n":
                data = b"\n" + data
            if os.write(handle, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.events_file))
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)

    def read_events(self, offset: int = 0) -> tuple[list[Event], int]:
        """Read the events behind a cursor.

        A torn line, left by a kill, is skipped; one that is still being written is left for
        the next time.

        Args:
            offset: Where to start, in bytes; 0 or what the last call gave.

        Returns:
            The events, and the cursor for the next call.
        """
        try:
            with self.events_file.open("rb") as stream:
                stream.seek(offset)
                data = stream.read()
        except FileNotFoundError:
            return [], offset
        whole, newline, _ = data.rpartition(b"\n")
        events = []
        for line in whole.split(b"\n") if newline else ():
            try:
                record = json.loads(line)
                events.append(Event.from_dict(record))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        return events, offset + len(whole) + len(newline)

    def events_size(self) -> int:
        """Give the cursor behind all that was told so far."""
        try:
            return self.events_file.stat().st_size
        except FileNotFoundError:
            return 0

    # heartbeat

    def beat(self, data: dict[str, Any]) -> None:
        """Say that the process lives, and how far it is."""
        # The time stamp needs no free block: a full disk must not look like a dead process.
        self.heartbeat_file.touch()
        write_json(self.heartbeat_file, {"at": now(), **data}, durable=False)

    def heartbeat(self) -> dict[str, Any]:
        """Give what the last heartbeat said; empty before the first."""
        with contextlib.suppress(JobError):
            return read_json(self.heartbeat_file) or {}
        return {}

    def silence_seconds(self) -> float:
        """Give how long ago the process, or its launcher, gave a sign of life."""
        newest = 0.0
        for file in (self.heartbeat_file, self.state_file):
            with contextlib.suppress(FileNotFoundError):
                newest = max(newest, file.stat().st_mtime)
        return max(0.0, self._file_time() - newest)

    def _file_time(self) -> float:
        """Give the time by the clock of the file system, which may be another machine's."""
        probe = self.path / f".clock.{os.getpid()}.{time.monotonic_ns()}"
        try:
            probe.touch()
            moment = probe.stat().st_mtime
            probe.unlink(missing_ok=True)
        except OSError:  # a read-only view of the workspace
            return time.time()
        return moment

    # requests

    def request(self, what: str, by: str) -> None:
        """Ask the process to stop or to pause, in a way that reaches it from anywhere."""
        write_json(self.path / what, {"by": by, "at": now()})

    def requested(self) -> str | None:
        """Give what was asked for; a stop goes before a pause."""
        for what in (STOP, PAUSE):
            if (self.path / what).exists():
                return what
        return None

    def clear_requests(self) -> None:
        """Forget what was asked for, before a new attempt."""
        for what in (STOP, PAUSE):
            (self.path / what).unlink(missing_ok=True)

    # room to fail in

    def take_ballast(self) -> None:
        """Reserve the blocks that `drop_ballast` frees."""
        with self._ballast.open("wb") as stream:
            stream.write(b"\0" * _BALLAST_BYTES)
            stream.flush()
            os.fsync(stream.fileno())

    def drop_ballast(self) -> None:
        """Free the reserved blocks: the attempt is over, or the disk is full."""
        self._ballast.unlink(missing_ok=True)
