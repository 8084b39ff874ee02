"""The questions that are being answered, so that whoever asked can withdraw one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from llmops_workbench.core.views import Question

# A withdrawal may overtake its question; it is remembered for as many.
_REMEMBERED = 256


class Questions:
    """Questions under way by the id that their asker gave them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Question] = {}
        self._withdrawn: dict[str, None] = {}

    @contextmanager
    def under_way(self, name: str, asked: Question) -> Iterator[None]:
        """Let a question be withdrawn while it is answered.

        Args:
            name: The id that the asker gave it; nothing is kept when it is empty.
            asked: The question.
        """
        with self._lock:
            if name in self._withdrawn:
                asked.cancel()
            if name:
                self._known[name] = asked
        try:
            yield
        finally:
            with self._lock:
                self._withdrawn.pop(name, None)
                if self._known.get(name) is asked:
                    del self._known[name]

    def cancel(self, name: str) -> bool:
        """Withdraw a question; False when it is not under way, or has not come yet."""
        with self._lock:
            asked = self._known.get(name)
            if asked is None:
                self._withdrawn[name] = None
                while len(self._withdrawn) > _REMEMBERED:
                    del self._withdrawn[next(iter(self._withdrawn))]
                return False
        asked.cancel()
        return True

    def cancel_all(self) -> None:
        """Withdraw all."""
        with self._lock:
            known = list(self._known.values())
        for asked in known:
            asked.cancel()
