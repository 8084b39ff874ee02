"""Slots without a daemon: a job waits itself until fewer than so many run in its workspace.

A slot is a file whose lock the job's process holds, so a killed job frees it at once. Who waits
holds a ticket named by the time it came; the oldest ticket goes first.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from llmops_workbench.execution.locks import acquire, is_held, release

POLL_SECONDS = 0.1


def wait_for_slot(
    slots: Path, job: str, limit: Callable[[], int], check: Callable[[], None]
) -> int:
    """Wait until there is a slot, and take it.

    Args:
        slots: Folder of the slots, `.llmops/slots`.
        job: The job's id.
        limit: Gives how many jobs may run at once; asked again while waiting.
        check: Called at every turn; raises to leave the queue.

    Returns:
        The descriptor that holds the slot: it falls free when the process ends.
    """
    waiting = slots / "waiting"
    waiting.mkdir(parents=True, exist_ok=True)
    ticket = waiting / f"{time.time_ns():020d}-{job}"
    held = acquire(ticket, wait=10)
    try:
        while True:
            check()
            if not _somebody_before(waiting, ticket.name):
                for number in range(max(1, limit())):
                    handle = acquire(slots / str(number))
                    if handle is not None:
                        return handle
            time.sleep(POLL_SECONDS)
    finally:
        ticket.unlink(missing_ok=True)
        if held is not None:
            release(held)


def _somebody_before(waiting: Path, mine: str) -> bool:
    for ticket in sorted(waiting.iterdir()):
        if ticket.name >= mine:
            return False
        if is_held(ticket):
            return True
        # Its process was killed in the queue.
        with contextlib.suppress(FileNotFoundError):
            ticket.unlink()
    return False
