"""The tutorial is made of what steps really left behind, and leaves none of the quickstart out."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from docs import make_tutorial
from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.pipelines.execute import execute
from llmops_workbench.tracking.catalogue import Catalogue

PIPELINE = """
name: quickstart
steps:
  prepare:
    template: prepare
    with:
      source: rows.csv
      name: movies
      recipe: |
        steps:
          - dedup_exact: {column: text}
          - roles: {input: text, target: label}
  explore_movies:
    template: explore
    with: {source: "${{ steps.prepare.ref }}"}
  odd:
    notebook: odd.ipynb
    with: {words: [a, b]}
"""
CELLS = ["words = []", "import llmops_workbench as lw\nlw.give(counted=len(words), said='yes')"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A finished execution of three small steps; each really ran in a kernel."""
    root = tmp_path_factory.mktemp("tutorial")
    opened = Workspace.init(root)
    rows = [f"this film is number {n % 40} of many,{'good' if n % 3 else 'bad'}" for n in range(60)]
    (root / "rows.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{n}",
            "execution_count": None,
            "outputs": [],
            "metadata": {"tags": ["parameters"]} if n == 0 else {},
            "source": source,
        }
        for n, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4}
    (root / "odd.ipynb").write_text(json.dumps({**notebook, "nbformat_minor": 5}), encoding="utf-8")
    (root / "small.yaml").write_text(PIPELINE, encoding="utf-8")
    catalogue = Catalogue(opened)
    run_id = catalogue.start_run("execute", {"source": "small.yaml"}, inputs=())
    with activate(opened, run_id=run_id):
        report = execute(str(root / "small.yaml"))
    catalogue.finish_run(run_id, "done", result=report.to_dict())
    return opened


@pytest.fixture(scope="module")
def made(workspace: Workspace) -> tuple[str, dict[str, str], list[Any]]:
    with activate(workspace):
        run, steps = make_tutorial.done(workspace)
        text, drawn = make_tutorial.page(steps, run)
    return text, drawn, steps


def test_calls_and_figures_are_those_of_the_run(
    made: tuple[str, dict[str, str], list[Any]],
) -> None:
    text, _, steps = made
    prepare = text.split("### prepare\n")[1].split("\n## ")[0]
    assert "%%llmops prepare --source rows.csv --name movies\nsteps:\n" in prepare
    assert "| dedup_exact | 60 |" in prepare
    kept = next(step for step in steps if step.name == "prepare").result["rows_out"]
    assert 40 <= kept < 60
    assert f"| roles | {kept} | {kept} |" in prepare
    explore = text.split("### explore_movies\n")[1].split("\n## ")[0]
    assert "%llmops explore --source dataset:movies@1\n" in explore
    assert f"| rows | {kept} |" in explore
    assert "3 steps in" in text


def test_a_step_that_no_chapter_tells_of_comes_last(
    made: tuple[str, dict[str, str], list[Any]],
) -> None:
    others = made[0].split("## Further steps")[1]
    assert "### odd" in others
    assert "| counted | 2 |" in others
    assert "| said | yes |" in others


def test_pictures_are_files_of_their_own(
    made: tuple[str, dict[str, str], list[Any]], tmp_path: Path
) -> None:
    text, drawn, _ = made
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "tutorial-old.svg").write_text("<svg/>", encoding="utf-8")
    make_tutorial.write(text, drawn, tmp_path)
    shown = re.findall(r"\]\(pictures/([^)]+)\)", text)
    assert "tutorial-explore_movies.svg" in shown
    assert sorted(shown) == sorted(file.name for file in (tmp_path / "pictures").iterdir())
    for file in (tmp_path / "pictures").iterdir():
        assert ET.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_the_page_names_no_place_of_the_machine(
    made: tuple[str, dict[str, str], list[Any]], workspace: Workspace
) -> None:
    assert str(workspace.root) not in made[0]
    assert "{{run}}" not in made[0]


def test_without_a_finished_quickstart_it_says_so(tmp_path: Path) -> None:
    empty = Workspace.init(tmp_path)
    with activate(empty), pytest.raises(NotFoundError, match="no finished quickstart"):
        make_tutorial.done(empty)


def test_every_step_of_the_quickstart_has_its_chapter() -> None:
    steps = make_tutorial.planned()
    text, drawn = make_tutorial.page(steps, None)
    assert len(steps) > 15
    assert "## Further steps" not in text
    assert not drawn
    assert [step.name for step in steps if f"### {step.name}\n" not in text] == []


def test_the_page_in_the_repository_tells_of_every_step() -> None:
    text = (make_tutorial.DOCS / "tutorial.md").read_text(encoding="utf-8")
    missing = [step.name for step in make_tutorial.planned() if f"### {step.name}\n" not in text]
    assert not missing, "run: python docs/make_tutorial.py demo"


def test_drift_and_intervals_are_drawn_from_results() -> None:
    tests = [{"feature": "embedding classifier", "statistic": 0.93}]
    steps = [
        make_tutorial.Told("monitor_a", "monitor", {}, {"alarm": True, "tests": tests}),
        make_tutorial.Told("monitor_b", "monitor", {}, {"alarm": False, "tests": tests}),
    ]
    drift = make_tutorial._drift(steps)
    assert drift.count("0.930") == 2
    assert drift.count("▲ alarm") == 1
    score = {"value": 0.5, "lower": 0.25, "upper": 0.75}
    judged = {"metrics": {"accuracy": score}, "baseline_metrics": {"accuracy": score}}
    chart = make_tutorial._intervals(make_tutorial.Told("evaluate", "evaluate", {}, judged))
    assert chart is not None
    assert "accuracy, base" in chart
