"""A comparison of functions in the place of models, which is done in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from llmops_workbench.core import views
from llmops_workbench.core.context import activate
from llmops_workbench.core.views import View
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import STEP, invoke
from llmops_workbench.tracking import datasets, prompts
from tests.stand_ins import PROMPTS, reviews

MODELS = [f"callable:tests.stand_ins:{name}" for name in ("short", "careful", "failing")]
ROWS = 60


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Any]]:
    """A workspace with one comparison of two prompts by three models."""
    opened = Workspace.init(tmp_path_factory.mktemp("grid") / "workspace")
    with activate(opened):
        rows = [
            {**row, "__split__": "test" if at % 3 == 0 else "validation"}
            for at, row in enumerate(reviews(ROWS * 3 // 2))
        ]
        rows[1]["text"] = None
        roles = {"input": "text", "target": "label"}
        datasets.register("reviews", rows, meta={"roles": roles})
        for name, text in PROMPTS.items():
            prompts.register(name, text)
    report = compare(opened)
    yield opened, report
    opened.store.close()


def compare(workspace: Workspace, **more: Any) -> Any:
    call = {
        "data": "reviews#validation", "prompts": list(PROMPTS), "models": MODELS,
        "metrics": ["exact_match", "chrf"], **more,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STEP, "1")
        return invoke("compare", call, workspace=workspace)


@pytest.fixture
def grid(compared: tuple[Workspace, Any]) -> View:
    workspace, report = compared
    return views.get("grid")(workspace, f"run:{report.run_id}")
