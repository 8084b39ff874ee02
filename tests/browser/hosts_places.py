"""The places that a view is shown in, each with a real server and a real browser."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from llmops_workbench.core.workspace import Workspace
from tests.browser.hosts_scenarios import CAUGHT

HERE = Path(__file__).parent
PROBE = HERE / "probe.py"
WAIT_SECONDS = 60


def until(look: Callable[[], Any], seconds: float = WAIT_SECONDS, what: str = "it") -> Any:
    """Look again and again until there is something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def jupyter(root: Path, home: Path, app: str = "jupyterlab") -> Iterator[str]:
    """Start JupyterLab on a folder; gives its address, with the token in it."""
    port, token = free_port(), secrets.token_hex(8)
    env = {
        **os.environ,
        "LLMOPS_PLUGINS": str(PROBE),
        **{f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")},
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [
        *[sys.executable, "-m", app, "--no-browser", "--allow-root", "--ip=127.0.0.1"],
        *[f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"],
        *[f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True"],
        *["--LabApp.extension_manager=readonly", "--LabApp.news_url="],
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT, cwd=root)
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{address}/api"), what="the server")
        yield f"{address}/lab?token={token}"
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


class Place:
    """One host with the probe in it.

    Attributes:
        name: Which host.
        page: The browser's page.
        workspace: What the server or the kernel works in.
    """

    def __init__(self, name: str, page: Any, workspace: Workspace) -> None:
        self.name, self.page, self.workspace = name, page, workspace

    def run(self, script: str, mark: str = "") -> Any:
        """Run a scenario with the host of the newest probe."""
        text = f"""async () => {{
          {CAUGHT}
          const MARK = {json.dumps(mark)};
          const entry = globalThis.probes.at(-1);
          return await ({script})(entry.host, entry);
        }}"""
        return self.page.evaluate(text)

    def shown(self, count: int = 1) -> None:
        """Wait until that many probes have been mounted since the page was loaded."""
        self.page.wait_for_function(
            "count => (globalThis.probes ?? []).length >= count", arg=count, timeout=60_000
        )

    def reload(self) -> None:
        """Load the page anew."""
        self.page.reload()
        self.shown()

    def close(self) -> None:
        """Take the panel away."""
        raise NotImplementedError

    def broken(self) -> None:
        """Show the view whose module throws."""
        raise NotImplementedError

    def told_python(self) -> str:
        """Give what the Python side says of the broken view."""
        raise NotImplementedError


class NotebookPlace(Place):
    """A notebook in JupyterLab; its kernel or the server is asked, as the subject says."""

    def __init__(self, name: str, page: Any, workspace: Workspace, address: str) -> None:
        super().__init__(name, page, workspace)
        self.address = address

    def open(self, path: str, *cells: str) -> None:
        """Write a notebook, open it, and run it."""
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        (self.workspace.root / path).write_text(nbformat.writes(notebook), encoding="utf-8")
        self.page.goto(self.address.replace("/lab?", f"/lab/tree/{path}?") + "&reset")
        self.page.wait_for_function("globalThis.jupyterapp", timeout=60_000)
        self.page.evaluate("async () => { await jupyterapp.restored; }")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        self.wait_kernel()
        self.command("notebook:run-all-cells")

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        """Run a command of JupyterLab, as its menus do."""
        self.page.evaluate(
            "([name, given]) => { void jupyterapp.commands.execute(name, given); }",
            [name, arguments or {}],
        )

    def wait_kernel(self, status: str = "idle") -> None:
        """Wait until the notebook's kernel is in a state."""
        self.page.wait_for_function(
            """status => jupyterapp.shell.currentWidget?.context?.sessionContext
                 ?.session?.kernel?.status === status""",
            arg=status,
            timeout=60_000,
        )

    def run_cell(self, code: str) -> None:
        """Append a cell and run it."""
        self.page.evaluate(
            """async code => {
              const notebook = jupyterapp.shell.currentWidget.content;
              const model = notebook.model.sharedModel;
              model.addCell({ cell_type: 'code', source: code });
              notebook.activeCellIndex = notebook.widgets.length - 1;
              notebook.deselectAll();
            }""",
            code,
        )
        self.command("notebook:run-cell")

    def close(self) -> None:
        self.command("notebook:clear-all-cell-outputs")

    def reload(self) -> None:
        self.command("docmanager:save")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
        self.page.goto(self.page.url)
        self.shown()

    def broken(self) -> None:
        self.run_cell(f"Panel('broken', {self.subject})")

    @property
    def subject(self) -> str:
        """The arguments of the panel in the cell."""
        return "held='an object'" if self.name == "kernel" else "workspace=here"

    def told_python(self) -> str:
        return until(
            lambda: self.page.evaluate(
                """() => [...document.querySelectorAll(
                  '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')]
                  .map(each => each.textContent).join('')"""
            ),
            20,
            "the warning",
        )


FIRST_CELL = """
from llmops_workbench.faces.widgets.panel import Panel
from llmops_workbench.core.workspace import Workspace
here = Workspace.find()
"""
