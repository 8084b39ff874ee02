"""The reference pages are those that the code makes, and say what it says."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from llmops_workbench.core import operations
from llmops_workbench.core.settings import SETTINGS, Settings
from llmops_workbench.core.store import tables
from llmops_workbench.faces.arguments import all_flags, flags
from llmops_workbench.faces.reference.__main__ import main
from llmops_workbench.faces.reference.lists import variable
from llmops_workbench.faces.reference.pages import COMMAND, pages, stale

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_pages_are_not_stale() -> None:
    assert not stale(FOLDER), f"run: {COMMAND}"


def test_what_is_stale_is_said_and_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    (tmp_path / "tune.md").write_text("# tune\n", encoding="utf-8")
    (tmp_path / "gone.md").write_text("# gone\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["--check", str(tmp_path)]) == 1
    assert set(capsys.readouterr().out.splitlines()) == {"stale: tune.md", "stale: gone.md"}
    assert main([str(tmp_path)]) == 0
    assert not (tmp_path / "gone.md").exists()
    assert main(["--check", str(tmp_path)]) == 0


def test_making_them_twice_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from a folder that holds the files which examples name."""
    once = made()
    (tmp_path / "reviews.csv").write_text("text\none\n", encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "quickstart.yaml").write_text("steps:", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert pages() == once
    assert not [name for name, text in once.items() if str(tmp_path) in text or "/home/" in text]


@cache
def made() -> dict[str, str]:
    return pages()


@pytest.mark.parametrize("verb", operations.built_in())
def test_a_page_names_every_parameter_result_key_and_error(verb: str) -> None:
    operation = operations.get(verb)
    text = made()[f"{verb}.md"]
    parameters, result = text.split("\n## Five faces")[0], text.split("\n## Result")[1]
    for parameter in operation.parameters:
        assert f"| `{parameter.name}`" in parameters
        assert flags(parameter)[0][2:].replace("-", "_") == parameter.name
    for name in operation.result_type.model_fields:
        assert f"| `{name}` |" in result
    for name, _ in operation.errors:
        assert f"| `{name}` |" in text.split("\n## Errors")[1]
    for part in ("%llmops ", "lw.", "template: ", f"schemas/{verb}.json"):
        assert part in text.split("\n## Five faces")[1].split("\n## Result")[0]


def test_common_flags_are_all_there() -> None:
    text = made()["index.md"]
    init = operations.get("init")
    own = {flags(parameter)[0] for parameter in init.parameters}
    for flag in set(all_flags(init)) - own:
        assert f"`{flag}" in text


def test_a_variable_named_beside_a_setting_is_the_one_that_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = made()["settings.md"]
    for key, setting in SETTINGS.items():
        assert f"`{variable(key)}`" in text
        monkeypatch.setenv(variable(key), str(setting.default or "x"))
        assert Settings(None).source(key).startswith("environment")


def test_the_columns_of_events_are_those_of_the_store() -> None:
    text = made()["events.md"]
    for kind in ("label", "traffic", "audit"):
        section = text.split(f"\n## {kind}\n")[1].split("\n## ")[0]
        named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert named == list(getattr(tables, f"{kind}_events").columns.keys())


def test_schemas_are_json_of_the_parameters() -> None:
    for verb in operations.built_in():
        schema = json.loads(made()[f"schemas/{verb}.json"])
        wanted = {parameter.name for parameter in operations.get(verb).parameters}
        assert set(schema.get("properties", {})) == wanted
