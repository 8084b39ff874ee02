"""A log is read piece by piece, and nothing but its words reaches a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.execution.printed import LONGEST_LINE, MOST_BYTES, plain, read_printed


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m and \x1b[38;5;12mblue\x1b[m", "red and blue"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;http://x.invalid\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended", ""),
        ("10%\r50%\r100%", "100%"),
        ("done\r", "done"),
        ("a\x00b\x07c\x9b31md", "abcd"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("一 二\tthree العربية 🙂", "一 二\tthree العربية 🙂"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_only_words_are_left(printed: str, shown: str):
    assert plain(printed) == shown


def test_a_line_of_megabytes_is_cut():
    assert len(plain("x" * 5_000_000)) <= LONGEST_LINE + 2


@given(
    lines=st.lists(st.text(st.characters(categories=["L", "N", "P"]), max_size=40), max_size=60),
    cuts=st.lists(st.integers(0, 5000), max_size=12),
)
def test_pieces_behind_a_cursor_are_the_whole(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], cuts: list[int]
):
    file = tmp_path_factory.mktemp("log") / "log.txt"
    data = "".join(line + "\n" for line in lines).encode()
    read, offset = [], None
    for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        file.write_bytes(data[:cut])
        found = read_printed(file, offset)
        read += found.lines
        offset = found.offset
    assert read == lines


def test_a_line_without_an_end_waits_and_is_shown_as_it_is(tmp_path: Path):
    file = tmp_path / "log.txt"
    file.write_bytes(b"one\n 30%\r 60%")
    first = read_printed(file)
    assert (first.lines, first.pending, first.offset) == (["one"], " 60%", 4)
    file.write_bytes(b"one\n 30%\r 60%\rdone\ntwo")
    second = read_printed(file, first.offset)
    assert (second.lines, second.pending) == (["done"], "two")


def test_of_a_large_log_the_end_is_read_and_the_rest_on_demand(tmp_path: Path):
    file = tmp_path / "log.txt"
    lines = [f"line {number} é" for number in range(50_000)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read_printed(file)
    assert found.size == file.stat().st_size > 10 * MOST_BYTES
    assert found.lines == lines[-len(found.lines) :]
    assert sum(len(line.encode()) + 1 for line in found.lines) <= MOST_BYTES
    pages = [found.lines]
    start = found.start
    while start > 0:
        page = read_printed(file, before=start)
        assert page.offset == start
        pages.insert(0, page.lines)
        start = page.start
    assert [line for page in pages for line in page] == lines


def test_much_that_came_at_once_is_skipped_and_said(tmp_path: Path):
    file = tmp_path / "log.txt"
    file.write_text("a\n")
    cursor = read_printed(file).offset
    file.write_text("a\n" + "x\n" * MOST_BYTES)
    found = read_printed(file, cursor)
    assert found.start > cursor
    assert found.offset == found.size


def test_a_log_that_became_shorter_is_read_anew(tmp_path: Path):
    file = tmp_path / "log.txt"
    file.write_text("a long line of another log\n")
    cursor = read_printed(file).offset
    file.write_text("new\n")
    assert read_printed(file, cursor).lines == ["new"]
    assert read_printed(tmp_path / "none.txt", 7).lines == []
