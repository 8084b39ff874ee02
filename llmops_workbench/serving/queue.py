"""Requests wait in a bounded queue; one thread answers them, those alike in one batch."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_workbench.core import context
from llmops_workbench.core.errors import ConflictError, LLMOpsError
from llmops_workbench.models.engine import Generation, failed

if TYPE_CHECKING:
    from llmops_workbench.models.engine import Engine, Prompt, Sampling

# How many whole answers are computed together at most; more gains little on two cores.
BATCH_ROWS = 16
# How long the first of a batch waits for others that come at nearly the same time.
GATHER_SECONDS = 0.004


class QueueFullError(ConflictError):
    """More requests wait than the endpoint accepts."""


@dataclass(eq=False)
class Work:
    """One request on its way.

    Attributes:
        prompt: What is asked.
        sampling: How it is decoded.
        streams: Whether its pieces are wanted as they come.
        tell: Is given each piece of text, then the `Generation`; called from the queue's thread.
        gone: Set when nobody wants the answer any more.
        broken: Whether the fault is the endpoint's own, and not the request's.
    """

    prompt: Prompt
    sampling: Sampling
    streams: bool
    tell: Callable[[str | Generation], None]
    gone: threading.Event = field(default_factory=threading.Event)
    broken: bool = False


class Answering:
    """The queue and its thread.

    Args:
        engine: The open model; only the thread touches it.
        limit: How many requests may wait.
    """

    def __init__(self, engine: Engine, limit: int) -> None:
        self._engine = engine
        self._limit = limit
        self._waiting: deque[Work] = deque()
        self._changed = threading.Condition()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="answering", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits and is still wanted, then end the thread."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()
        self._thread.join()

    @property
    def depth(self) -> int:
        """How many requests wait."""
        with self._changed:
            return sum(not work.gone.is_set() for work in self._waiting)

    @property
    def alive(self) -> bool:
        """Whether the thread still answers."""
        return self._thread.is_alive()

    def put(self, work: Work) -> None:
        """Let a request wait for its answer; a caller who hung up holds no place.

        Raises:
            QueueFullError: Too many wait already.
        """
        with self._changed:
            self._waiting = deque(other for other in self._waiting if not other.gone.is_set())
            if len(self._waiting) >= self._limit:
                raise QueueFullError(f"{self._limit} requests wait already: try again in a moment")
            self._waiting.append(work)
            self._changed.notify_all()

    def _run(self) -> None:
        for batch in self._batches():
            self._serve([work for work in batch if not work.gone.is_set()])

    def _serve(self, batch: list[Work]) -> None:
        if not batch:
            return
        told: set[Work] = set()

        def wanted() -> bool:
            return not all(work.gone.is_set() for work in batch)

        try:
            # The engine looks between two tokens whether anybody still waits for the answer.
            with context.activate(None, cancelled=lambda: not wanted()):
                if batch[0].streams:
                    self._stream(batch[0])
                else:
                    self._answer(batch, told)
        except Exception as error:
            left = [work for work in batch if work not in told and not work.gone.is_set()]
            if len(batch) > 1:
                # One bad request must not take the others with it: each is tried by itself.
                for work in left:
                    self._serve([work])
                return
            for work in left:
                ours = isinstance(error, LLMOpsError)
                work.broken = not ours
                text = str(error) if ours else f"{type(error).__name__}: {error}"
                work.tell(failed(text))

    def _batches(self) -> Iterator[list[Work]]:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._ends:
                        return
                    self._changed.wait()
                batch = [self._waiting.popleft()]
            if not batch[0].streams:
                self._gather(batch)
            yield batch

    def _gather(self, batch: list[Work]) -> None:
        """Add those that wait and are decoded in the same way, in their order."""
        until = time.monotonic() + GATHER_SECONDS
        while True:
            with self._changed:
                others: deque[Work] = deque()
                for work in self._waiting:
                    alike = not work.streams and work.sampling == batch[0].sampling
                    fits = alike and len(batch) < BATCH_ROWS
                    (batch if fits else others).append(work)
                self._waiting = others
                left = until - time.monotonic()
                if len(batch) >= BATCH_ROWS or left <= 0 or self._ends:
                    return
                self._changed.wait(left)

    def _stream(self, work: Work) -> None:
        for piece in self._engine.stream(work.prompt, work.sampling):
            if work.gone.is_set():
                return
            work.tell(piece)

    def _answer(self, batch: list[Work], told: set[Work]) -> None:
        def tell(number: int, answer: Generation) -> None:
            told.add(batch[number])
            batch[number].tell(answer)

        self._engine.generate([work.prompt for work in batch], batch[0].sampling, on_result=tell)
