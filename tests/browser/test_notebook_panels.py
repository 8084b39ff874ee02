"""Panels in a notebook: while a cell runs, after the kernel has ended, and in the saved file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from llmops_workbench.core.workspace import Workspace
from tests.browser.hosts_places import FIRST_CELL, PROBE, NotebookPlace
from tests.browser.lab import Lab, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

VERBS = Path(__file__).parents[1] / "faces" / "plugin.py"
ECHO = "async host => (await host.ask('echo', { value: 7 })).json"
KILOBYTE = 1000


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = Workspace.init(tmp_path_factory.mktemp("notebooks") / "workspace")
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def notebooks(start_lab: Callable[..., Lab], workspace: Workspace) -> Lab:
    lab = start_lab(workspace.root, environment={"LLMOPS_PLUGINS": f"{PROBE}:{VERBS}"})
    widgets = lab.home / "config/lab/user-settings/@jupyter-widgets/jupyterlab-manager"
    widgets.mkdir(parents=True)
    # The most that a notebook can grow by: front ends that keep the state of every widget.
    (widgets / "plugin.jupyterlab-settings").write_text('{"saveState": true}')
    return lab


@pytest.fixture
def place(browser: Browser, workspace: Workspace, notebooks: Lab) -> Iterator[NotebookPlace]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield NotebookPlace("notebook", context.new_page(), workspace, notebooks)
    context.close()


def test_a_panel_of_the_kernel_says_when_it_is_gone(place: NotebookPlace) -> None:
    place.open("gone.ipynb", FIRST_CELL, "Panel('probe', workspace=here, held='it')")
    place.shown()
    assert place.run(ECHO) == 7
    waiting = """host => {
      globalThis.waiting = caught(() => host.ask('wait', { seconds: 60, mark: 'gone' }));
      return until(async () => (await host.ask('seen', { mark: 'gone' })).json);
    }"""
    assert place.run(waiting) == "begun"
    place.page.evaluate(
        "() => jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()"
    )
    place.page.wait_for_function(
        "globalThis.probes.at(-1).host.state.get('$status') === 'gone'", timeout=30_000
    )
    told = ["HostError", 503, "the kernel that made this panel has ended: run its cell again"]
    assert place.page.evaluate("globalThis.waiting") == told
    assert place.run("host => caught(() => host.ask('echo'))") == told
    # What is seen stays, and what it has kept can still be changed.
    assert place.run("host => { host.state.set('x', 1); return host.state.get('x'); }") == 1
    assert place.page.locator("[data-probe]").count() == 1


def test_a_panel_of_the_workspace_goes_on_without_its_kernel(place: NotebookPlace) -> None:
    place.open("on.ipynb", FIRST_CELL, "Panel('probe', workspace=here)")
    place.shown()
    place.page.evaluate("() => jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    place.page.wait_for_function(
        "!jupyterapp.shell.currentWidget.context.sessionContext.session?.kernel", timeout=30_000
    )
    assert place.run(ECHO) == 7
    assert place.run("host => host.state.get('$status')") == "live"


def test_a_panel_of_the_kernel_answers_while_a_cell_runs(place: NotebookPlace) -> None:
    place.open("busy.ipynb", FIRST_CELL, "Panel('probe', workspace=here, held='it')")
    place.shown()
    place.run_cell("import time; time.sleep(20)")
    until(place.runs, 20, "the running cell")
    took = place.run(
        """async host => {
          const begun = performance.now();
          await host.ask('echo', { value: 7 });
          return performance.now() - begun;
        }"""
    )
    assert took < 5000
    assert place.runs()
    place.command("notebook:interrupt-kernel")


def test_a_job_is_shown_as_its_panel_while_its_cell_runs(place: NotebookPlace) -> None:
    place.open("job.ipynb", "%load_ext llmops_workbench", "%llmops linger 30")
    panel = place.page.locator(".jp-OutputArea [data-view=job]")
    panel.wait_for(timeout=60_000)
    place.page.wait_for_selector("[data-view=job] [role=progressbar]", timeout=20_000)
    assert place.page.locator("[data-view=job]").count() == 1
    # A notebook's own styles for lists and code do not reach into it.
    assert panel.locator(".lw-figures").evaluate("el => getComputedStyle(el).display") == "flex"
    assert (
        panel.locator(".lw-figure dt").first.evaluate("el => getComputedStyle(el).float") == "none"
    )
    seen = panel.inner_text()
    until(lambda: panel.inner_text() != seen, 20, "the next step")
    # The cell still waits, and the panel stops its job.
    assert place.runs()
    panel.get_by_role("button", name="Stop").click()
    panel.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    until(lambda: not place.runs(), 30, "the end of the cell")
    assert "cancelled" in until(
        lambda: "cancelled" in panel.inner_text() and panel.inner_text(), 20, "the end"
    )


def test_the_panel_of_a_job_becomes_that_of_its_result(place: NotebookPlace) -> None:
    place.open("ended.ipynb", "import llmops_workbench as lw", "lw.linger(4)")
    panel = place.page.locator("[data-view=job]")
    panel.wait_for(timeout=60_000)
    assert place.runs()
    until(lambda: not place.runs(), 30, "the end of the cell")
    # This result has a plain table, and so the panel of the job gives way to it.
    table = place.page.locator('[data-mime-type="text/html"] table')
    table.wait_for(timeout=20_000)
    assert panel.count() == 0


def size(place: NotebookPlace, path: str, count: int) -> int:
    """Run a notebook with some panels, and give what its file holds in bytes."""
    panels = [f"Panel('probe', workspace=here, state={{'n': {n}}})" for n in range(count)]
    place.open(path, FIRST_CELL, *panels)
    if count:
        place.page.wait_for_function("n => globalThis.probes?.length >= n", arg=count)
    until(lambda: not place.runs(), 30, "the end of the cells")
    place.save()
    file = place.workspace.root / path
    found = nbformat.read(file, 4)
    if count:
        states = found.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
        # An AnyModel each, with a layout.
        assert len(states) == 2 * count
    return file.stat().st_size


def test_a_saved_notebook_grows_little_by_the_first_and_by_the_tenth_panel(
    place: NotebookPlace,
) -> None:
    none, one, nine, ten = (size(place, f"{n}.ipynb", n) for n in (0, 1, 9, 10))
    assert 0 < one - none < 20 * KILOBYTE
    assert 0 < ten - nine < 20 * KILOBYTE
    text = (place.workspace.root / "10.ipynb").read_text(encoding="utf-8")
    assert "Hands its host to the tests" not in text  # the module itself


def test_an_untrusted_notebook_shows_what_stays(place: NotebookPlace) -> None:
    place.open("trusted.ipynb", FIRST_CELL, "Panel('probe', workspace=here)")
    place.shown()
    place.save()
    source = place.workspace.root / "trusted.ipynb"
    # Another's: its code was never run here.
    text = source.read_text(encoding="utf-8").replace("Workspace.find()", "Workspace.find( )")
    (place.workspace.root / "foreign.ipynb").write_text(text, encoding="utf-8")
    place._goto("lab/tree/foreign.ipynb", "&reset")
    shown = place.page.locator('.jp-OutputArea-output[data-mime-type="text/html"]')
    shown.wait_for(timeout=60_000)
    assert shown.inner_text().strip() == "a probe that stays"
    assert place.page.evaluate("globalThis.probes") is None


def executed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *cells: str) -> Any:
    monkeypatch.setenv("LLMOPS_PLUGINS", f"{PROBE}:{VERBS}")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    here = {"metadata": {"path": str(workspace.root)}}
    NotebookClient(notebook, resources=here).execute()
    return notebook


def test_a_notebook_that_nobody_watches_keeps_what_stays_alone(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(workspace, monkeypatch, FIRST_CELL, "Panel('probe', workspace=here)")
    (output,) = notebook.cells[1].outputs
    assert output.data["text/html"] == "<p>a probe that stays</p>"
    assert set(output.data) == {"text/html", "text/plain"}
    file = tmp_path / "executed.ipynb"
    nbformat.write(notebook, file)
    assert len(json.dumps(notebook)) < 30 * KILOBYTE
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = file.with_suffix(".html").read_text(encoding="utf-8")
    assert "<p>a probe that stays</p>" in page
