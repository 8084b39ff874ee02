"""Starts the dashboard's server."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from llmops_workbench.core.errors import ConflictError, WorkspaceError

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

HOST = "127.0.0.1"
# A label or a recipe is small; datasets come by path.
MAX_BODY_BYTES = 8_000_000


def listen(port: int) -> socket.socket:
    """Take a port of this machine.

    Args:
        port: Which; 0 for any that is free.

    Raises:
        ConflictError: Somebody else has it.
    """
    listener = socket.socket(socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConflictError(f"port {port} is taken: give another one with --port") from error
        raise WorkspaceError(f"port {port} cannot be used: {error.strerror}") from error
    listener.listen(128)
    listener.setblocking(False)
    return listener


def serve(workspace: Workspace, ref: str, listener: socket.socket, *, browser: bool) -> None:
    """Serve until somebody ends it.

    Args:
        workspace: What is shown.
        ref: What the page opens first; empty for the list alone.
        listener: Where to answer.
        browser: Whether to open a browser.
    """
    from llmops_workbench.faces.dashboards.key import Lock, key_of

    key = key_of(workspace)
    port = int(listener.getsockname()[1])
    shown = {"key": key, **({"ref": ref} if ref else {})}
    address = f"http://{HOST}:{port}/?{urlencode(shown)}"
    sys.stderr.write(f"The dashboard is at {address}\nCtrl-C ends it; jobs go on.\n")
    sys.stderr.flush()
    asyncio.run(_serve(workspace, ref, listener, Lock(key, port), address if browser else ""))


async def _serve(
    workspace: Workspace, ref: str, listener: socket.socket, lock: object, address: str
) -> None:
    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop

    from llmops_workbench.faces.dashboards.application import application
    from llmops_workbench.faces.dashboards.door import Door
    from llmops_workbench.faces.dashboards.key import Lock
    from llmops_workbench.faces.server.service import Service

    assert isinstance(lock, Lock)
    port = int(listener.getsockname()[1])
    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
    service = Service(workspace.root, ".")
    app = application(service, ref, hosts)
    http = HTTPServer(Door(app, lock, hosts), max_body_size=MAX_BODY_BYTES)
    http.add_socket(listener)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    app.initialize(IOLoop.current())
    app.start()
    if address:
        webbrowser.open(address)
    try:
        await ended.wait()
    finally:
        http.stop()
        app.stop()
        service.close()
