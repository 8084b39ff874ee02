"""Requests wait in a bounded queue; one thread answers them, those alike in one batch."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import ConflictError
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
    """

    prompt: Prompt
    sampling: Sampling
    streams: bool
    tell: Callable[[str | Generation], None]
    gone: threading.Event = field(default_factory=threading.Event)


class Answering:
    """The queue and its thread.

    Args:
        engine: The open model; only the thread touches it.
        limit: How many requests may wait.
    """

    def __init__(self, engine: Engine, limit: int) -> None:
        self._engine = engine
        self._waiting: queue.Queue[Work | None] = queue.Queue(limit)
        self._thread = threading.Thread(target=self._run, name="answering", daemon=True)
        self._held: Work | None = None
        self.broken: str | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, then end the thread."""
        self._waiting.put(None)
        self._thread.join()

    @property
    def depth(self) -> int:
        """How many requests wait."""
        return self._waiting.qsize()

    @property
    def alive(self) -> bool:
        """Whether the thread still answers."""
        return self._thread.is_alive()

    def put(self, work: Work) -> None:
        """Let a request wait for its answer.

        Raises:
            QueueFullError: Too many wait already.
        """
        try:
            self._waiting.put_nowait(work)
        except queue.Full:
            raise QueueFullError(
                f"{self._waiting.maxsize} requests wait already: try again in a moment"
            ) from None

    def _run(self) -> None:
        for batch in self._batches():
            alive = [work for work in batch if not work.gone.is_set()]
            try:
                if len(alive) == 1 and alive[0].streams:
                    self._stream(alive[0])
                elif alive:
                    self._answer(alive)
            except Exception as error:
                # One bad request must not end the endpoint: its senders are told, the rest goes on.
                for work in alive:
                    work.tell(failed(f"{type(error).__name__}: {error}"))

    def _batches(self) -> Iterator[list[Work]]:
        while True:
            first = self._held or self._waiting.get()
            self._held = None
            if first is None:
                return
            batch = [first]
            last = False
            until = time.monotonic() + GATHER_SECONDS
            while not first.streams and len(batch) < BATCH_ROWS:
                try:
                    more = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                if more.streams or more.sampling != first.sampling:
                    self._held = more
                    break
                batch.append(more)
            yield batch
            if last:
                return

    def _stream(self, work: Work) -> None:
        for piece in self._engine.stream(work.prompt, work.sampling):
            if work.gone.is_set():
                return
            work.tell(piece)

    def _answer(self, batch: list[Work]) -> None:
        told: set[int] = set()

        def tell(number: int, answer: Generation) -> None:
            told.add(number)
            batch[number].tell(answer)

        answers = self._engine.generate(
            [work.prompt for work in batch], batch[0].sampling, on_result=tell
        )
        for number, answer in enumerate(answers):
            if number not in told:
                batch[number].tell(answer)
