"""Starts the dashboard's server."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from llmops_workbench.faces.dashboards.key import Lock, key_of
from llmops_workbench.pipelines.dashboard import HOST

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

# A label or a recipe is small; datasets come by path.
MAX_BODY_BYTES = 8_000_000


def serve(workspace: Workspace, ref: str, listener: socket.socket, *, browser: bool) -> None:
    """Serve until somebody ends it.

    Args:
        workspace: What is shown.
        ref: What the page opens first; empty for the list alone.
        listener: Where to answer.
        browser: Whether to open a browser.
    """
    key = key_of(workspace)
    port = int(listener.getsockname()[1])
    shown = {"key": key, **({"ref": ref} if ref else {})}
    address = f"http://{HOST}:{port}/?{urlencode(shown)}"
    sys.stderr.write(f"The dashboard is at {address}\nCtrl-C ends it; jobs go on.\n")
    sys.stderr.flush()
    asyncio.run(_serve(workspace, ref, listener, Lock(key, port), address if browser else ""))


async def _serve(
    workspace: Workspace, ref: str, listener: socket.socket, lock: Lock, address: str
) -> None:
    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop

    from llmops_workbench.faces.dashboards.application import application
    from llmops_workbench.faces.dashboards.door import Door
    from llmops_workbench.faces.server.service import Service

    port = int(listener.getsockname()[1])
    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
    service = Service(workspace.root, ".")
    app = application(service, ref, hosts)
    http = HTTPServer(Door(app, lock, hosts), max_body_size=MAX_BODY_BYTES)
    listener.setblocking(False)
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
