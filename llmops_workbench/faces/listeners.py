"""What a shell shows while an operation runs: one moving line on a terminal, plain lines else."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from llmops_workbench.core.events import Event, Listener, silent
from llmops_workbench.core.secrets import redact

# Between two plain lines of the same piece of work, where nothing can be overwritten.
PLAIN_SECONDS = 5.0
_BAR = 24


class ShellListener:
    """Writes events to a stream for a person.

    Args:
        stream: Where to; standard error when left out.
        terminal: Whether a line can be overwritten; asked of the stream when left out.

    Attributes:
        job: The job that was started, once it was.
    """

    def __init__(self, stream: TextIO | None = None, terminal: bool | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.terminal = self.stream.isatty() if terminal is None else terminal
        self.job: str | None = None
        self._open = False
        self._told: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Show one event, if it is for a person."""
        if event.kind == "progress":
            self._progress(event)
        elif event.kind == "warning":
            self.line(f"warning: {event.data.get('message', '')}")
        elif event.kind == "log":
            self.line(str(event.data.get("message", "")))
        elif event.kind == "job":
            self.job = str(event.data["job"])
            self.line(f"job {self.job}: 'llmops logs {self.job} --follow' shows it from elsewhere")

    def line(self, text: str) -> None:
        """Write a line of its own."""
        self.close()
        self.stream.write(redact(text).rstrip() + "\n")
        self.stream.flush()

    def close(self) -> None:
        """End the moving line, so that what follows starts on a fresh one."""
        if self._open:
            self._open = False
            self.stream.write("\n")
            self.stream.flush()

    def _progress(self, event: Event) -> None:
        text = progress_text(event)
        done, total = event.data.get("done"), event.data.get("total")
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write("\r\x1b[K" + f"{_bar(done, total)}{text}"[:width])
            self.stream.flush()
            self._open = True
            if total and done == total:
                self.close()
            return
        label = str(event.data.get("label", ""))
        moment = time.monotonic()
        ended = total is not None and done == total
        if ended or moment - self._told.get(label, 0.0) >= PLAIN_SECONDS:
            self._told[label] = moment
            self.line(text)


def shell_listener(quiet: bool) -> Listener:
    """Give the listener of a shell command; a quiet one still tells warnings."""
    if not quiet:
        return ShellListener()
    shown = ShellListener(terminal=False)

    def listen(event: Event) -> None:
        (shown if event.kind == "warning" else silent)(event)

    return listen


def progress_text(event: Event) -> str:
    """Say in a few words how far a piece of work is."""
    data = event.data
    count = f"{data.get('done', 0):,}"
    if data.get("total") is not None:
        count += f"/{data['total']:,}"
    text = f"{data.get('label', '')} {count} {data.get('unit', '')}".strip()
    left = data.get("eta_seconds")
    if left:
        return f"{text}, about {duration(left)} left"
    elapsed = data.get("elapsed_seconds")
    return f"{text}, {duration(elapsed)}" if elapsed else text


def duration(seconds: float) -> str:
    """Write a time for a person: 40 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _bar(done: int | None, total: int | None) -> str:
    if not total or done is None:
        return ""
    filled = round(_BAR * min(done / total, 1))
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] "
