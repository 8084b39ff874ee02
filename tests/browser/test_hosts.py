"""One list of scenarios, held against every host of a view in a real browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from llmops_workbench.core.workspace import Workspace
from tests.browser.hosts_places import (
    PROBE,
    DashboardPlace,
    LabPlace,
    NotebookPlace,
    Place,
    dashboard,
)
from tests.browser.hosts_scenarios import SCENARIOS
from tests.browser.lab import Lab, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# In a notebook, what the kernel alone holds goes another way than what is in the workspace.
HOSTS = ["kernel", "notebook", "lab", "dashboard"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = Workspace.init(tmp_path_factory.mktemp("hosts") / "workspace")
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def hosts_lab(start_lab: Callable[..., Lab], workspace: Workspace) -> Lab:
    return start_lab(workspace.root, environment={"LLMOPS_PLUGINS": str(PROBE)})


@pytest.fixture(scope="module")
def link(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Any]]:
    with dashboard(workspace, tmp_path_factory.mktemp("dashboard")) as found:
        yield found


@pytest.fixture(scope="module", params=HOSTS)
def place(
    request: pytest.FixtureRequest, browser: Browser, workspace: Workspace
) -> Iterator[Place]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page, name = context.new_page(), request.param
    found: Place
    if name == "dashboard":
        address, log = request.getfixturevalue("link")
        found = DashboardPlace(name, page, workspace, address, log)
    else:
        kind = LabPlace if name == "lab" else NotebookPlace
        found = kind(name, page, workspace, request.getfixturevalue("hosts_lab"))
    found.begin()
    yield found
    context.close()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_host_does(place: Place, name: str) -> None:
    scenario = SCENARIOS[name]
    assert place.run(scenario.script, uuid.uuid4().hex) == scenario.expected


def test_the_kernel_is_asked_for_what_it_alone_holds(place: Place) -> None:
    held = place.run("host => host.state.get('$initial').held")
    assert held == ("an object" if place.name == "kernel" else "")
    asked = place.run(
        """async host => {
          const before = performance.getEntriesByType('resource').length;
          await host.ask('echo', { value: 1 });
          return performance.getEntriesByType('resource').slice(before)
            .some(each => each.name.endsWith('/views/probe/ask'));
        }"""
    )
    assert asked == (place.name != "kernel")


def test_what_the_surroundings_can_do_is_listed(place: Place) -> None:
    can = place.run("host => host.state.get('$can')")
    assert set(place.can) <= set(can)
    assert len(can) == len(set(can))


def test_a_change_of_the_workspace_is_told(place: Place) -> None:
    before = place.run("(host, entry) => entry.told.length")
    with place.workspace.store.write():
        pass  # by somebody else, in another process
    until(
        lambda: place.run("(host, entry) => entry.told.length") > before,
        8,
        "the news of the change",
    )
    told = place.run("(host, entry) => entry.told")
    assert told == sorted(set(told))
    seen = place.run(
        """async (host, entry) => {
          const before = entry.told.length;
          await host.ask('change');
          return until(() => entry.told.length > before);
        }"""
    )
    assert seen


def test_values_survive_a_reload(place: Place) -> None:
    place.run("host => host.state.set('kept-over-reload', { columns: ['你好', 2] })")
    place.run("host => host.state.set('filter', null)")
    place.reload()
    kept = place.run("host => host.state.get('kept-over-reload')")
    assert kept == {"columns": ["你好", 2]}
    assert place.run(SCENARIOS["JSON comes back as it went"].script) == [True, 0]


def test_a_panel_that_is_taken_away_leaves_nothing_behind(place: Place) -> None:
    place.run("(host, entry) => { globalThis.last = entry; }")
    mark = uuid.uuid4().hex
    place.run(
        """(host, entry) => {
          void caught(() => host.ask('wait', { seconds: 60, mark: MARK }, { signal: entry.signal }))
            .then(told => { entry.ended = told; });
          return until(async () => (await host.ask('seen', { mark: MARK })).json === 'begun');
        }""",
        mark,
    )
    place.close()
    place.page.wait_for_function("globalThis.last.signal.aborted", timeout=20_000)
    place.page.wait_for_function("globalThis.last.ended", timeout=20_000)
    assert place.page.evaluate("globalThis.last.root.childElementCount") == 0
    ticks = place.page.evaluate("globalThis.last.ticks")
    assert (
        place.page.evaluate(
            """async () => {
          await new Promise(done => setTimeout(done, 100));
          return globalThis.last.ticks;
        }"""
        )
        == ticks
    )


def test_a_module_that_throws_is_seen_on_the_page_and_in_python(place: Place) -> None:
    place.show_broken()
    alert = place.page.locator("[data-view=broken] [role=alert]")
    alert.wait_for(timeout=60_000)
    assert alert.text_content() == "The panel “broken” failed: it broke: <b>on purpose</b>"
    until(lambda: "it broke: <b>on purpose</b>" in place.python_said(), 20, "what Python says")
