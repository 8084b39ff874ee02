"""The places that a view is shown in, each with a real server and a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from llmops_workbench.core.workspace import Workspace
from tests.browser.hosts_scenarios import CAUGHT
from tests.browser.lab import Lab, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROBE = Path(__file__).with_name("probe.py")
STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
FIRST_CELL = """
from llmops_workbench.faces.widgets.panel import Panel
from llmops_workbench.core.workspace import Workspace
here = Workspace.find()
"""


class Place:
    """One host with the probe in it.

    Attributes:
        name: Which host.
        page: The browser's page.
        workspace: What the server and the kernel work in.
        can: What a view may ask of its surroundings.
    """

    can: tuple[str, ...] = ("host.failed",)

    def __init__(self, name: str, page: Page, workspace: Workspace) -> None:
        self.name, self.page, self.workspace = name, page, workspace

    def begin(self) -> None:
        """Show the probe on a fresh page."""
        raise NotImplementedError

    def run(self, script: str, mark: str = "") -> Any:
        """Run a scenario with the host of the newest probe."""
        text = f"""async () => {{
          {CAUGHT}
          const MARK = {json.dumps(mark)};
          const entry = globalThis.probes.at(-1);
          return await ({script})(entry.host, entry);
        }}"""
        return self.page.evaluate(text)

    def shown(self) -> None:
        """Wait until a probe has been mounted on this page."""
        self.page.wait_for_function("globalThis.probes?.length", timeout=60_000)

    def reload(self) -> None:
        """Load the page anew, once it has written down what is to survive that."""
        raise NotImplementedError

    def close(self) -> None:
        """Take the panel away."""
        raise NotImplementedError

    def show_broken(self) -> None:
        """Show the view whose module throws."""
        raise NotImplementedError

    def python_said(self) -> str:
        """Give what the Python side has said to a person."""
        raise NotImplementedError


class LabPlace(Place):
    """The main area of JupyterLab, which asks the server."""

    can = ("host.cell", "host.failed", "host.open", "host.run")

    def __init__(self, name: str, page: Page, workspace: Workspace, lab: Lab) -> None:
        super().__init__(name, page, workspace)
        self.lab = lab

    def _goto(self, path: str, query: str = "") -> None:
        self.page.goto(f"{self.lab.address}{path}?token={self.lab.token}{query}")
        self.page.wait_for_function("globalThis.jupyterapp", timeout=60_000)
        self.page.evaluate("async () => { await jupyterapp.restored; }")

    def command(self, name: str, **given: Any) -> None:
        """Run a command of JupyterLab, as its menus do."""
        self.page.evaluate(
            "([name, given]) => { void jupyterapp.commands.execute(name, given); }", [name, given]
        )

    def begin(self) -> None:
        self._goto("lab", "&reset")
        self.command("llmops-workbench:open", view="probe")
        self.shown()

    def reload(self) -> None:
        fetch = """async () =>
          JSON.stringify(await jupyterapp.serviceManager.workspaces.fetch('default'))"""
        until(lambda: "kept-over-reload" in self.page.evaluate(fetch), what="the kept value")
        self._goto("lab")
        self.shown()

    def close(self) -> None:
        self.command("application:close-all")

    def show_broken(self) -> None:
        self.command("llmops-workbench:open", view="broken")

    def python_said(self) -> str:
        return (self.lab.home / "server.log").read_text(encoding="utf-8")


class NotebookPlace(LabPlace):
    """A notebook in JupyterLab; its kernel or the server is asked, as the subject says."""

    def begin(self) -> None:
        self.open(f"{self.name}.ipynb", FIRST_CELL, f"Panel('probe', {self.subject})")
        self.shown()

    @property
    def subject(self) -> str:
        """The arguments of the panel in the cell."""
        held = ", held='an object'" if self.name == "kernel" else ""
        return f"workspace=here{held}"

    def open(self, path: str, *cells: str, run: bool = True) -> None:
        """Write a notebook, open it, and run it."""
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook.metadata["kernelspec"] = kernel
        (self.workspace.root / path).write_text(nbformat.writes(notebook), encoding="utf-8")
        self._goto(f"lab/tree/{path}", "&reset")
        self.wait_kernel()
        if run:
            self.command("notebook:run-all-cells")

    def wait_kernel(self, status: str = "idle") -> None:
        """Wait until the notebook's kernel is in a state."""
        self.page.wait_for_function(
            """status => jupyterapp.shell.currentWidget?.context?.sessionContext
                 ?.session?.kernel?.status === status""",
            arg=status,
            timeout=60_000,
        )

    def runs(self) -> bool:
        """Tell whether a cell runs; the kernel's own word is that of any of its threads."""
        prompts: list[str] = self.page.locator(".jp-InputPrompt").all_text_contents()
        return any("*" in prompt for prompt in prompts)

    def run_cell(self, code: str) -> None:
        """Append a cell and run it."""
        self.page.evaluate(
            """code => {
              const notebook = jupyterapp.shell.currentWidget.content;
              notebook.model.sharedModel.addCell({ cell_type: 'code', source: code });
              notebook.activeCellIndex = notebook.widgets.length - 1;
              notebook.deselectAll();
            }""",
            code,
        )
        self.command("notebook:run-cell")

    def save(self) -> None:
        """Save the notebook, and wait until that is done."""
        self.command("docmanager:save")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")

    def reload(self) -> None:
        self.save()
        self._goto(f"lab/tree/{self.name}.ipynb")
        self.shown()

    def close(self) -> None:
        self.command("notebook:clear-all-cell-outputs")

    def show_broken(self) -> None:
        self.run_cell(f"Panel('broken', {self.subject})")

    def python_said(self) -> str:
        found: list[str] = self.page.locator(STDERR).all_text_contents()
        return "".join(found)


class DashboardPlace(Place):
    """The stand-alone dashboard."""

    can = ("host.failed", "host.open", "host.run")

    def __init__(self, name: str, page: Page, workspace: Workspace, link: str, log: Path) -> None:
        super().__init__(name, page, workspace)
        self.link, self.log = link, log

    def begin(self) -> None:
        self.page.goto(f"{self.link}&view=probe")
        self.shown()

    def reload(self) -> None:
        self.page.reload()
        self.shown()

    def close(self) -> None:
        self.run("host => { void host.ask('host.open', { view: 'broken' }); }")

    def show_broken(self) -> None:
        self.page.goto(f"{self.link}&view=broken")

    def python_said(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextmanager
def dashboard(workspace: Workspace, folder: Path, *words: str) -> Iterator[tuple[str, Path]]:
    """Start the dashboard; gives its link with the key, and where it writes to."""
    log = folder / "dashboard.log"
    line = ["dashboard", *words, "--port", "0", "--no-browser", "--workspace", workspace.root]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "llmops_workbench.faces.cli", *line],
            env={**os.environ, "LLMOPS_PLUGINS": str(PROBE)},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def link() -> str:
        assert process.poll() is None, log.read_text()
        told = log.read_text()
        return told.partition("is at ")[2].splitlines()[0] if "jobs go on" in told else ""

    try:
        yield until(link, what="the dashboard"), log
    finally:
        os.killpg(process.pid, 2)
        process.wait(20)
