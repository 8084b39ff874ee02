"""The extension of the Jupyter server."""

from __future__ import annotations

from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.extension.application import ExtensionApp
from traitlets import Float, Integer, Unicode

from llmops_workbench.faces.server.changes import SCHEMA, Watch
from llmops_workbench.faces.server.handlers import ROOT, ResourceHandler
from llmops_workbench.faces.server.kernelspecs import python_of
from llmops_workbench.faces.server.service import Service


class LLMOpsWorkbench(ExtensionApp):
    """Serves the workspace to JupyterLab's panels, and starts jobs."""

    name = "llmops_workbench"
    load_other_extensions = True

    workspace = Unicode(
        "", help="Folder of the workspace, seen from the server's root; found when empty."
    ).tag(config=True)
    poll_seconds = Float(0.5, help="How often to look whether anything has changed.").tag(
        config=True
    )
    max_body_bytes = Integer(8_000_000, help="The largest body that a request may have.").tag(
        config=True
    )

    def initialize_handlers(self) -> None:
        """Bind the routes, and begin to watch the workspace."""
        server: Any = self.serverapp
        specs: KernelSpecManager = server.kernel_spec_manager
        self.service = Service(server.root_dir, self.workspace, lambda name: python_of(specs, name))
        given = {"service": self.service, "max_body_bytes": self.max_body_bytes}
        self.handlers.append((rf"/{ROOT}/(.*)", ResourceHandler, given))
        events = server.event_logger
        if SCHEMA["$id"] not in events.schemas:
            events.register_event_schema(SCHEMA)
        self.watch = Watch(
            self.service,
            lambda data: events.emit(schema_id=SCHEMA["$id"], data=data),
            self.poll_seconds,
        )
        server.io_loop.add_callback(self.watch.start)

    async def stop_extension(self) -> None:
        """Stop watching; jobs go on."""
        self.watch.stop()
        self.service.close()
