"""Which results are shown as panels, of what, and what stays where nobody watches."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pandas as pd
import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import llmops_workbench as lw
from llmops_workbench.core import views
from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError, UsageError, WorkspaceError
from llmops_workbench.core.results import Result
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.widgets import homes, module, showing
from llmops_workbench.tracking import datasets

WIDGET = "application/vnd.jupyter.widget-view+json"
needs_pages = pytest.mark.skipif(not module.is_built(), reason="needs the built panels")


class Probed(Result):
    view: ClassVar[str] = "probe"
    rows: list[int] = []


class Plain(Result):
    rows: int = 3


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False
    found = InteractiveShell.instance(config=config)
    showing.install()
    yield found
    InteractiveShell.clear_instance()


@pytest.fixture
def watched(shell: InteractiveShell) -> None:
    """Let the cell that runs be one of a front end."""
    parent = {"metadata": {"cellId": "c1"}, "header": {}}
    shell.kernel = SimpleNamespace(  # type: ignore[attr-defined]
        get_parent=lambda channel=None: parent, iopub_socket=None, session=None
    )


def shown(shell: InteractiveShell, result: object) -> dict[str, Any]:
    data, _ = shell.display_formatter.format(result)
    return dict(data)


def test_a_record_keeps_its_plain_table(shell: InteractiveShell, workspace: Workspace) -> None:
    result = Plain()
    homes.remember(result, workspace)
    assert shown(shell, result)["text/html"] == result.html_body()


def test_a_view_that_does_not_exist_leaves_the_plain_table(shell: InteractiveShell) -> None:
    class Other(Result):
        view: ClassVar[str] = "not-there"

    assert shown(shell, Other())["text/html"] == Other().html_body()


def test_nobody_watches_then_the_static_form_stays(
    shell: InteractiveShell, workspace: Workspace
) -> None:
    result = Probed(run_id="1")
    homes.remember(result, workspace)
    data = shown(shell, result)
    assert data["text/html"] == "<p>a probe that stays</p>"
    assert WIDGET not in data


@needs_pages
def test_somebody_watches_then_the_panel_is_there_beside_what_stays(
    shell: InteractiveShell, watched: None, workspace: Workspace
) -> None:
    result = Probed(run_id="1")
    homes.remember(result, workspace)
    data = shown(shell, result)
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert data["text/html"] == "<p>a probe that stays</p>"
    assert data["text/plain"].startswith("Probed(")


@needs_pages
def test_in_a_step_nobody_watches(
    shell: InteractiveShell, watched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert showing.watched()
    monkeypatch.setenv("LLMOPS_STEP", "1")
    assert not showing.watched()


def test_a_panel_that_cannot_be_shown_is_said_and_the_cell_goes_on(
    shell: InteractiveShell,
    workspace: Workspace,
    probe: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stumble(self: object) -> str:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setattr(probe.ProbeView, "static_html", stumble)
    result = Probed(run_id="1")
    assert shown(shell, result)["text/html"] == result.html_body()
    assert "the panel 'probe' cannot be shown: no such luck" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("opens", "run_id", "ref", "subject"),
    [
        (("run",), "7", "dataset:a@1", "run:7"),
        (("dataset",), "7", "dataset:a@1", "dataset:a@1"),
        ((), "7", "dataset:a@1", "run:7"),
        ((), None, "dataset:a@1", "dataset:a@1"),
        ((), None, None, ""),
    ],
)
def test_what_is_shown_is_what_the_view_opens(
    probe: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    opens: tuple[str, ...],
    run_id: str | None,
    ref: str | None,
    subject: str,
) -> None:
    class Referring(Probed):
        ref: str | None = None

    monkeypatch.setattr(probe.ProbeView, "opens", opens)
    assert showing.what_shows(Referring(run_id=run_id, ref=ref), None) == ("probe", subject)


def test_a_thing_that_is_shown_opens_in_the_view_of_its_kind(
    workspace: Workspace, probe: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe.ProbeView, "opens", ("dataset",))
    others = {name: each for name, each in views._known.items() if "dataset" in each.opens}
    for name in set(others) - {"probe"}:
        monkeypatch.setattr(others[name], "opens", ())
    with activate(workspace):
        datasets.register("reviews", pa.table({"text": ["a"]}))
    found = lw.show("dataset:reviews", workspace=workspace)
    view, subject = showing.what_shows(found, workspace)
    assert subject == "dataset:reviews@1"
    assert "dataset" in views.get(view).opens


def test_a_result_remembers_where_it_came_from_while_it_lives(workspace: Workspace) -> None:
    result = Plain()
    homes.remember(result, workspace)
    assert homes.home_of(result) is workspace
    before = len(homes._homes)
    del result
    gc.collect()
    assert len(homes._homes) == before - 1


@needs_pages
class TestPanelOf:
    """`lw.panel(…)`."""

    def test_a_reference(self, workspace: Workspace) -> None:
        with activate(workspace):
            datasets.register("reviews", pa.table({"text": ["a"]}))
        found = lw.panel("dataset:reviews", "probe", workspace=workspace)
        assert (found.view, found.subject) == ("probe", "dataset:reviews@1")
        assert found.workspace == workspace.id
        assert found.initial["subject"] == "dataset:reviews@1"
        found.close()

    def test_the_whole_workspace(self, workspace: Workspace) -> None:
        found = lw.panel(view="probe", workspace=workspace, state={"tab": 2})
        assert (found.subject, found.state) == ("", {"tab": 2})
        found.close()

    def test_a_frame_of_the_kernel(self, workspace: Workspace) -> None:
        frame = pd.DataFrame({"a": [1, 2]})
        found = lw.panel(frame, "probe", workspace=workspace)
        assert found.subject.startswith("kernel:")
        assert "1  2" in found.initial["held"]
        found.close()

    def test_a_result_that_no_run_recorded(self, workspace: Workspace) -> None:
        result = Probed(rows=[1, 2])
        homes.remember(result, workspace)
        found = lw.panel(result)
        assert found.subject.startswith("kernel:")
        assert found.initial["held"] == str(result)
        found.close()

    def test_what_is_wrong_is_one_sentence(
        self, workspace: Workspace, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(NotFoundError, match="no dataset is called 'nothing'"):
            lw.panel("dataset:nothing", workspace=workspace)
        with pytest.raises(NotFoundError, match="did you mean 'probe'"):
            lw.panel(view="prob", workspace=workspace)
        with pytest.raises(UsageError, match="a int has no panel"):
            lw.panel(3, workspace=workspace)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("llmops_workbench.faces.functions._opened", None)
        with pytest.raises(WorkspaceError, match="llmops init"):
            lw.panel("dataset:x")
