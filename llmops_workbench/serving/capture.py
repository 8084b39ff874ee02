"""Every request is kept: what was asked and answered, by which version, for whom, how fast."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import outcome

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

# What waits is written together, so that a busy endpoint pays for a transaction only now and then.
_MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Identity:
    """What stays the same over all requests of an endpoint.

    Attributes:
        endpoint: Its reference.
        name: Its name.
        model_version: The pinned model that answers.
        prompt_version: The pinned prompt that is filled, if any.
    """

    endpoint: str
    name: str
    model_version: str
    prompt_version: str | None


class Capture:
    """Writes traffic events in the order in which they end.

    A caller waits until its event is in the store, so that an answer that somebody has seen can
    be traced.

    Args:
        workspace: Where they are kept.
        identity: Who answers.
    """

    def __init__(self, workspace: Workspace, identity: Identity) -> None:
        self._workspace = workspace
        self._identity = identity
        self._waiting: queue.Queue[tuple[dict[str, Any], threading.Event] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self.lost = 0
        self.reason: str | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def keep(
        self,
        request_id: str,
        request: Mapping[str, Any],
        *,
        status: int,
        key: str,
        response: Any = None,
        latency_ms: float | None = None,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
        error: str | None = None,
        prompt_version: str | None = None,
    ) -> None:
        """Keep one request, and come back when it is in the store."""
        event = {
            "endpoint": self._identity.name,
            "request_id": request_id,
            "request": dict(request),
            "status": status,
            "model_version": self._identity.model_version,
            "prompt_version": prompt_version,
            "key_id": key_id(key),
            "response": response,
            "latency_ms": latency_ms,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "error": error,
            "payload": {"endpoint_version": self._identity.endpoint},
        }
        done = threading.Event()
        self._waiting.put((event, done))
        done.wait()

    def _run(self) -> None:
        from llmops_workbench.tracking import events

        ended = False
        while not ended:
            first = self._waiting.get()
            batch = [] if first is None else [first]
            ended = first is None
            while not ended and len(batch) < _MOST_AT_ONCE:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    ended = True
                else:
                    batch.append(more)
            if not batch:
                continue
            self._write([event for event, _ in batch], events.append)
            for _, done in batch:
                done.set()

    def _write(self, batch: list[dict[str, Any]], append: Callable[..., Any]) -> None:
        try:
            append("traffic", batch, workspace=self._workspace)
        except Exception as error:
            if len(batch) > 1:  # one that cannot be kept must not take the others with it
                for event in batch:
                    self._write([event], append)
                return
            # An answer is given all the same; what could not be kept is counted and shown.
            self.lost += 1
            self.reason = outcome(error).message


def key_id(key: str) -> str:
    """Name a key without telling it, so that traffic can be counted by key."""
    return hashlib.sha256(b"llmops-key:" + key.encode()).hexdigest()[:12]
