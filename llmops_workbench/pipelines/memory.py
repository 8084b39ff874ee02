"""How much memory a call took, with all the processes that it started."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

# Often enough to see a model that is loaded; rarely enough to cost nothing.
_LOOK_SECONDS = 0.5
_MEGABYTE = 1024 * 1024


class PeakMemory:
    """Watches the resident memory of this process and all below it, as a context manager.

    Pages that processes share are counted once for each, so the number is never too low.
    """

    def __init__(self) -> None:
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    @property
    def megabytes(self) -> int:
        """The highest sum that was seen, in MB (2^20 bytes)."""
        return self._peak // _MEGABYTE

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self._peak = max(self._peak, _tree_bytes())
            if self._ended.wait(_LOOK_SECONDS):
                return


def _tree_bytes() -> int:
    import psutil

    root = psutil.Process()
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:  # it ended while we looked
            continue
    return total
