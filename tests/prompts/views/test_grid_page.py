"""The grid in a saved notebook, and in a process that has no model library."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core import views
from llmops_workbench.core.context import activate
from llmops_workbench.core.views import View
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import datasets
from tests.panels import Tags, without_model_libraries
from tests.prompts.views.conftest import ROWS, compare
from tests.stand_ins import HOSTILE


def test_the_saved_page_has_the_numbers_and_no_scripts(
    compared: tuple[Workspace, Any], grid: View
) -> None:
    workspace, report = compared
    page = grid.static_html()
    for column in report.columns:
        assert column.label in page
        assert f"{column.metrics['exact_match'].value:.3g}" in page
        assert f"{column.metrics['exact_match'].lower:.3g}" in page
    assert "n.s." in page
    with activate(workspace):
        rows = [{"text": text or "empty", "label": "x"} for text in HOSTILE]
        datasets.register("hostile", rows, meta={"roles": {"target": "label"}})
    shown = compare(workspace, data="hostile", models=["callable:tests.stand_ins:hostile"])
    page = views.get("grid")(workspace, f"run:{shown.run_id}").static_html()
    found = Tags(page)
    assert found.tags <= {"div", "b", "span", "table", "tr", "th", "td", "p"}
    assert found.attributes <= {"style", "dir"}


def test_opening_a_view_imports_no_model_library(
    compared: tuple[Workspace, Any],
) -> None:
    workspace, report = compared
    payload = {"start": 0, "stop": 9}
    subject = f"run:{report.run_id}"
    assert without_model_libraries(workspace.root, "grid", subject, payload) == str(ROWS)
