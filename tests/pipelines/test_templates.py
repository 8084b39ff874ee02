"""The notebooks are what the signatures say, and are shipped as they are made."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from llmops_workbench.core import operations
from llmops_workbench.core.operations import to_json
from llmops_workbench.pipelines import templates

VERBS = sorted(operations.built_in())


def test_the_shipped_templates_are_current() -> None:
    assert not templates.stale(templates.templates_folder()), (
        "run 'python -m llmops_workbench.pipelines.templates'"
    )


@pytest.mark.parametrize("verb", [*VERBS, "echo"])
def test_the_parameters_cell_is_the_signature(verb: str, tmp_path: Path) -> None:
    operation = operations.get(verb)
    notebook = nbformat.reads(templates.render(operation), as_version=4)
    nbformat.validate(notebook)
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    found = {
        node.targets[0].id: ast.literal_eval(node.value)  # type: ignore[attr-defined]
        for node in ast.parse(cell.source).body
    }
    assert found == {p.name: to_json(p.default) for p in operation.parameters if not p.required}
    for parameter in operation.parameters:
        if parameter.required:
            assert f"# {parameter.name} (" in cell.source
            assert ", required)" in cell.source
    file = tmp_path / "template.ipynb"
    file.write_text(templates.render(operation), encoding="utf-8")
    assert set(papermill.inspect_notebook(file)) == set(found)


def test_a_plug_in_has_a_template_too_but_ships_none() -> None:
    assert 'lw.step(\\"echo\\", globals())' in templates.source("echo")
    assert not (templates.templates_folder() / "echo.ipynb").exists()


def test_stale_templates_are_named_and_written(tmp_path: Path) -> None:
    wanted = templates.stale(tmp_path)
    assert set(wanted) == {f"{verb}.ipynb" for verb in VERBS}
    for name, text in wanted.items():
        assert text is not None
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert not templates.stale(tmp_path)
    first = VERBS[0]
    (tmp_path / f"{first}.ipynb").write_text("{}")
    (tmp_path / "gone.ipynb").write_text((tmp_path / f"{VERBS[1]}.ipynb").read_text())
    (tmp_path / "own.ipynb").write_text("{}")
    assert set(templates.stale(tmp_path)) == {f"{first}.ipynb", "gone.ipynb"}
    assert templates.stale(tmp_path)["gone.ipynb"] is None


def test_the_check_is_a_command() -> None:
    command = [sys.executable, "-m", "llmops_workbench.pipelines.templates", "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
