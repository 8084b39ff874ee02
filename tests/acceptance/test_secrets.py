"""A secret's value stands nowhere: planted as key in every form, and looked for everywhere."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import SECRETS, Life

# The whole life is led once, in whichever test comes first.
pytestmark = pytest.mark.timeout(1800)

FORMS = ["env", "file", "literal", "generate"]


@pytest.fixture
def planted(life: Life) -> dict[str, str]:
    """The values by the form that each was given in."""
    made = life.folder / ".llmops" / "secrets" / "endpoint-desk.key"
    return {**SECRETS, "generate": made.read_text(encoding="utf-8").strip()}


@pytest.mark.parametrize("form", FORMS)
def test_every_key_opened_the_endpoint_and_a_wrong_one_did_not(life: Life, form: str) -> None:
    *right, wrong, models, completion = json.loads(life.steps[f"asked_{form}"]["stdout"])
    assert {status for status, _ in right} == {200}
    assert wrong[0] == 401
    assert (models[0], completion[0]) == (200, 200)


@pytest.mark.parametrize("form", FORMS)
def test_no_file_of_the_workspace_holds_the_value(
    life: Life, planted: dict[str, str], form: str
) -> None:
    kept = life.folder / ".llmops" / "secrets"
    value = planted[form].encode()
    holding = [
        path.relative_to(life.folder)
        for path in life.folder.rglob("*")
        if path.is_file() and path.parent != kept and value in path.read_bytes()
    ]
    assert holding == []


def test_the_files_that_keep_a_value_are_for_their_owner_alone(
    life: Life, planted: dict[str, str]
) -> None:
    kept = sorted((life.folder / ".llmops" / "secrets").iterdir())
    held = {path.read_text(encoding="utf-8").strip() for path in kept}
    assert held == {planted["literal"], planted["generate"]}
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("form", FORMS)
def test_no_row_of_a_database_holds_the_value(
    life: Life, planted: dict[str, str], form: str
) -> None:
    looked_at = 0
    for file in life.folder.rglob("*.db"):
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = bytes
            names = "SELECT name FROM sqlite_master WHERE type = 'table'"
            for (table,) in connection.execute(names).fetchall():
                for row in connection.execute(f'SELECT * FROM "{table.decode()}"'):
                    looked_at += 1
                    assert planted[form].encode() not in b"\n".join(
                        cell for cell in row if isinstance(cell, bytes)
                    ), (file.name, table)
    assert looked_at > 100


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_was_printed_holds_the_value(
    life: Life, planted: dict[str, str], form: str
) -> None:
    for name, step in life.steps.items():
        assert planted[form] not in step["stdout"], name
        assert planted[form] not in step["stderr"], name


@pytest.mark.parametrize("form", FORMS)
def test_no_command_line_of_ours_holds_the_value(
    life: Life, planted: dict[str, str], form: str
) -> None:
    lines = life.steps[f"commands_{form}"]["stdout"]
    job = life.json(f"serve_{form}")["job"]
    assert re.search(rf"llmops_workbench\.execution\.child .*{job}", lines)
    assert planted[form] not in lines


def test_a_literal_key_is_warned_of(life: Life) -> None:
    assert "warning: a key was given literally" in life.steps["serve_literal"]["stderr"]
    for form in ("env", "file", "generate"):
        assert "literally" not in life.steps[f"serve_{form}"]["stderr"]


def test_a_key_is_named_not_given_in_the_record(life: Life) -> None:
    runs = life.json("ls_runs")["items"]
    names = [run["arguments"]["key"] for run in runs if run["operation"] == "serve"]
    assert sorted(name.partition(":")[0] for name in names) == ["env", "file", "file", "generate"]
    for form in ("literal", "generate"):
        file = Path(life.json(f"serve_{form}")["key_file"])
        assert file.parent == life.folder / ".llmops" / "secrets"
