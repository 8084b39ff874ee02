"""The operation `dashboard`."""

import errno
import socket
from typing import Annotated

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import ConflictError, UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AnyName
from llmops_workbench.core.results import Result, Volatile

# Whoever wants to come from another machine does so through a tunnel or a proxy of their own.
HOST = "127.0.0.1"


class DashboardReport(Result):
    """The dashboard has ended, or how it would be started.

    Attributes:
        folder: The workspace that it shows.
        ref: What its page opens first.
        port: The port that was asked for.
        browser: Whether a browser is opened.
        exit_code: What it ended with; None when it was not started.
    """

    folder: Volatile[str]
    ref: str | None
    port: int
    browser: bool
    exit_code: int | None = None


@operation(stage="everywhere", records=False)
def dashboard(
    ref: AnyName | None = None,
    *,
    port: Annotated[int, Field(ge=0, le=65535)] = 8765,
    browser: bool = True,
    dry_run: bool = False,
) -> DashboardReport:
    """Show the workspace in a browser, for people without JupyterLab.

    It lists what the workspace holds and opens each thing's panel. It answers on this machine
    alone, to whoever has its key: the address that it prints holds the key. It goes on until it
    is closed or interrupted.

    Args:
        ref: What its page opens first, such as run:ID; the list alone when left out.
        port: The port that it answers at; 0 for any that is free.
        browser: Whether to open a browser.
        dry_run: Only say how it would be started.

    Raises:
        ConflictError: The port is taken.
        NotFoundError: The reference names nothing; the nearest name is given.

    Example:
        llmops dashboard --no-browser
    """
    import subprocess
    import sys

    workspace = context.workspace()
    options = [f"--workspace={workspace.root}", *(["--browser"] if browser else [])]
    chosen = _pinned(ref) if ref else None
    report = DashboardReport(folder=str(workspace.root), ref=chosen, port=port, browser=browser)
    if dry_run:
        return report
    # Taken here, so that a taken port is said at once and by the right error.
    listener = listen(port)
    with listener:
        place = listener.fileno()
        options += [f"--socket={place}", *([f"--ref={chosen}"] if chosen else [])]
        command = [sys.executable, "-m", "llmops_workbench.faces.dashboards", *options]
        done = subprocess.run(command, pass_fds=[place], check=False)
    return report.model_copy(update={"exit_code": done.returncode})


def listen(port: int) -> socket.socket:
    """Take a port of this machine; 0 is any that is free.

    Raises:
        ConflictError: Somebody else has it.
        UsageError: It is no port, or not for everybody.
    """
    listener = socket.socket(socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConflictError(f"port {port} is taken: give another one with --port") from error
        raise UsageError(f"port {port} cannot be used: {error.strerror}") from error
    return listener


def _pinned(ref: str) -> str:
    from llmops_workbench.core.references import parse
    from llmops_workbench.execution.job import find_job
    from llmops_workbench.tracking.catalogue import Catalogue

    workspace = context.workspace()
    kind, _, name = ref.strip().partition(":")
    if kind == "job":
        return f"job:{find_job(workspace, name).name}"
    return Catalogue(workspace).pin(parse(ref))
