"""The page of benchmarks has every script with its command, and keeps what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import __main__ as bench

FAST = '''"""What nothing costs.

    python tests/benchmarks/bench_fast.py [--rows 3]

It is compared with nothing.
"""
print("ours 1.0\\npeer 2.0")
'''
TABLE = '''"""A table."""
print("| what | s |\\n| --- | --- |\\n| a | 1 |")
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bench_fast.py").write_text(FAST, encoding="utf-8")
    (tmp_path / "bench_table.py").write_text(TABLE, encoding="utf-8")
    return tmp_path


def test_the_page_has_every_script() -> None:
    text = (bench.ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    known = bench.benchmarks()
    assert len(known) > 5
    missing = [each.name for each in known if f"{each.command}\n```" not in text]
    assert not missing, "run: python -m tests.benchmarks --frame"
    assert bench.render(known, bench.measured(text)) == text


def test_a_docstring_becomes_title_and_text(folder: Path) -> None:
    fast, table = bench.benchmarks(folder)
    assert (fast.name, fast.title) == ("fast", "What nothing costs")
    assert fast.about == "It is compared with nothing."
    assert (table.title, table.about) == ("A table", "")


def test_what_a_script_prints_is_kept_through_the_page(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = bench.benchmarks(folder)
    results = {each.name: bench.run(each, folder)[0] for each in known}
    assert "ours 1.0" in capsys.readouterr().out
    assert results["fast"].startswith("```text\nours 1.0\npeer 2.0\n```\n\nMeasured on 20")
    assert results["table"].startswith("| what | s |\n| --- | --- |\n| a | 1 |\n\nMeasured")
    page = bench.render(known, results)
    assert bench.measured(page) == results
    assert bench.render(known, bench.measured(page)) == page


def test_a_script_that_fails_is_said(folder: Path) -> None:
    (folder / "bench_fast.py").write_text(FAST + "raise SystemExit(3)\n", encoding="utf-8")
    text, code = bench.run(bench.benchmarks(folder)[0], folder)
    assert code == 3
    assert "It ended with exit code 3." in text


def test_an_unknown_name_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["nosuch"]) == 2
    assert "nosuch" in capsys.readouterr().err
