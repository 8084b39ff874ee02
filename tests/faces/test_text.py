"""A result on a terminal."""

from __future__ import annotations

from llmops_workbench.core.events import Event
from llmops_workbench.faces.listeners import duration, progress_text
from llmops_workbench.faces.text import table


def test_columns_line_up_also_with_wide_characters() -> None:
    lines = table([{"name": "你好", "n": 1}, {"name": "abcd", "n": 22}])
    assert lines == ["name  n", "----  --", "你好  1", "abcd  22"]


def test_a_control_character_cannot_reach_the_terminal() -> None:
    assert "\x1b" not in "".join(table([{"a": "x\x1b[2Jy"}]))


def test_many_rows_are_cut_and_counted() -> None:
    lines = table([{"a": number} for number in range(1234)])
    assert lines[-1] == "… and 1,184 more"


def test_progress_says_how_much_time_is_left() -> None:
    data = {"label": "rows", "done": 1200, "total": 5000, "unit": "rows", "eta_seconds": 200.0}
    assert progress_text(Event("progress", data)) == (
        "rows 1,200/5,000 rows, about 3 min 20 s left"
    )
    assert [duration(second) for second in (0.4, 59, 3600, 7500)] == [
        "0 s",
        "59 s",
        "1 h 0 min",
        "2 h 5 min",
    ]
