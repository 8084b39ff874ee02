"""One list of scenarios, held against every host of a view in a real browser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from llmops_workbench.core.workspace import Workspace
from tests.browser.hosts_places import FIRST_CELL, NotebookPlace, Place, jupyter
from tests.browser.hosts_scenarios import SCENARIOS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOSTS = ["kernel"]


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
