"""What a job's process printed, as text for a page: read from a cursor on, never as a whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# As much as anybody looks at in one go; a log may be gigabytes.
MOST_BYTES = 64 * 1024
LONGEST_LINE = 2000

# Colours and cursor movements (CSI), titles and links (OSC), and the two-character rest.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x1b\\|\x07|\Z)|\x1b[ -/]*[0-~]",
    re.DOTALL,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Printed:
    """A piece of a log.

    Attributes:
        lines: Whole lines.
        pending: What stands behind the last line break so far, such as a bar that is redrawn.
        start: Where the piece begins, in bytes.
        offset: Where to go on reading.
        size: How long the log is.
    """

    lines: list[str]
    pending: str
    start: int
    offset: int
    size: int


def read_printed(file: Path, offset: int | None = None, before: int | None = None) -> Printed:
    """Read a piece of a log: its end, what came behind a cursor, or what stands before one.

    Args:
        file: The log; one that is not there yet is empty.
        offset: Go on from here; when much has come since, only its end is read.
        before: Read the piece that ends here instead.

    Returns:
        The piece, with `start` past `offset` when something was left out.
    """
    try:
        stream = file.open("rb")
    except FileNotFoundError:
        return Printed([], "", 0, 0, 0)
    with stream:
        size = stream.seek(0, 2)
        # A log that became shorter is another one: what was read of it says nothing.
        known = offset if offset is not None and offset <= size else None
        end = min(before, size) if before is not None else size
        start = max(0, end - MOST_BYTES)
        if known is not None and before is None:
            start = max(known, start)
        stream.seek(start)
        data = stream.read(end - start)
    if start > 0 and start != known:
        # Cut in the middle of a line, and perhaps of a character.
        cut = data.find(b"\n") + 1
        data, start = data[cut:], start + cut
    whole, newline, rest = data.rpartition(b"\n")
    lines = [plain(line) for line in _text(whole).split("\n")] if newline else []
    behind = start + len(whole) + len(newline)
    return Printed(lines, plain(_text(rest[-LONGEST_LINE:])), start, behind, size)


def plain(line: str) -> str:
    """Take colours, cursor movements and other controls out of a line.

    Of a line that was drawn over itself, as bars are, the last drawing stays.
    """
    line = _ESCAPES.sub("", line).rstrip("\r")
    line = _CONTROLS.sub("", line.rpartition("\r")[2])
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + " …"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
