"""A child process that keeps the store and MLflow in step, so that no caller waits for MLflow.

It ends by itself when nothing is left; there is one at a time for a workspace.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from llmops_workbench.tracking import outbox
from llmops_workbench.tracking.mlflow_server import is_embedded
from llmops_workbench.tracking.reconcile import is_due, reconcile

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

LOG = "outbox.log"


def start(workspace: Workspace) -> bool:
    """Start the child unless nothing waits and nothing changed in MLflow, or one is at it.

    Args:
        workspace: An open workspace.

    Returns:
        Whether a child was started. What goes wrong with an entry is kept with the entry; what
        goes wrong with the child stands in `.llmops/logs/outbox.log`.
    """
    from filelock import FileLock, Timeout

    with workspace.store.read() as connection:
        waiting = outbox.pending(connection, 1)
    if not waiting and not (is_embedded(workspace) and is_due(workspace)):
        return False
    probe = FileLock(workspace.dot / "outbox.lock")
    try:
        probe.acquire(timeout=0)
    except Timeout:
        return False  # that one looks again after it has let go of the lock
    probe.release()
    variables = {
        "LLMOPS_WORKSPACE": str(workspace.root),
        "LLMOPS_STORE_URL": workspace.settings.get("store.url"),
        "LLMOPS_TRACKING_URI": workspace.settings.get("tracking.uri"),
    }
    log = workspace.path("logs", LOG)
    with log.open("ab") as errors:
        subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **variables},
            start_new_session=True,  # a closed terminal does not end it
        )
    return True


def main() -> None:
    """Project until nothing waits, looking once more after the lock was given back.

    Then take over what MLflow's own clients changed.
    """
    from llmops_workbench.core.workspace import Workspace

    workspace = Workspace.find()
    while outbox.drain(workspace).projected:
        pass
    reconcile(workspace)


if __name__ == "__main__":
    main()
