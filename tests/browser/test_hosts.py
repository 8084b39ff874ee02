"""One list of scenarios, held against every host of a view in a real browser."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.widgets import module
from tests.browser.hosts_places import FIRST_CELL, NotebookPlace, Place, jupyter
from tests.browser.hosts_scenarios import SCENARIOS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
HOSTS = ["kernel"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    if not module.is_built():
        pytest.skip("needs the built panels")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workspace]]:
    root = tmp_path_factory.mktemp("hosts")
    workspace = Workspace.init(root / "workspace")
    with jupyter(workspace.root, root / "home") as address:
        yield address, workspace
    workspace.store.close()


@pytest.fixture(scope="module", params=HOSTS)
def place(
    request: pytest.FixtureRequest, browser: Any, lab: tuple[str, Workspace]
) -> Iterator[Place]:
    address, workspace = lab
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    found = NotebookPlace(request.param, page, workspace, address)
    found.open(f"{request.param}.ipynb", FIRST_CELL, f"Panel('probe', {found.subject})")
    found.shown()
    yield found
    context.close()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_host_does(place: Place, name: str) -> None:
    scenario = SCENARIOS[name]
    assert place.run(scenario.script, uuid.uuid4().hex) == scenario.expected
