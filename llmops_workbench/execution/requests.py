"""Asking a job to stop, to pause or to go on, for somebody who does not wait until it has."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from llmops_workbench.core.errors import outcome

if TYPE_CHECKING:
    from llmops_workbench.execution.job import Job

_log = logging.getLogger(__name__)

Action = Literal["cancel", "pause", "resume"]

# What is refused is refused at once; a job takes longer to save than a person waits for a button.
_AT_ONCE_SECONDS = 1.0
_MOST_TROUBLES = 100

_troubles: OrderedDict[str, str] = OrderedDict()


def ask(job: Job, action: Action) -> bool:
    """Carry out an action on a job in a thread, and wait for a moment alone.

    The request is in the job's folder before anything is waited for, so that it holds even when
    this process ends: the job ends itself after its grace.

    Args:
        job: Which.
        action: What to do.

    Returns:
        Whether it is done already; else it is on its way, and `trouble_of` tells if it fails.

    Raises:
        LLMOpsError: It was refused.
    """
    from llmops_workbench.execution import control

    doing: dict[Action, Callable[[Job], Any]] = {
        "cancel": control.cancel,
        "pause": control.pause,
        "resume": control.resume,
    }
    refused: list[BaseException] = []
    waited = threading.Event()

    def work() -> None:
        try:
            doing[action](job)
        except Exception as error:
            if waited.is_set():
                _note(job, outcome(error).message)
                _log.warning("%s of %s: %s", action, job.name, error)
            else:
                refused.append(error)

    _troubles.pop(_key(job), None)
    thread = threading.Thread(target=work, name=f"{action} {job.name}", daemon=True)
    thread.start()
    thread.join(_AT_ONCE_SECONDS)
    waited.set()
    if refused:
        raise refused[0]
    return not thread.is_alive()


def trouble_of(job: Job) -> str | None:
    """Give the sentence by which the last action on a job failed after nobody waited for it."""
    return _troubles.get(_key(job))


def _note(job: Job, message: str) -> None:
    _troubles[_key(job)] = message
    while len(_troubles) > _MOST_TROUBLES:
        _troubles.popitem(last=False)


def _key(job: Job) -> str:
    return str(job.folder.path)
