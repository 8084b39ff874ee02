"""The grid of a comparison in JupyterLab: its numbers, its filters, its keys, and what it bears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.tracking import datasets
from tests.browser.answered import (
    BODY_CELL,
    GRID,
    Answered,
    busy_milliseconds,
    cell,
    choice,
    hold_readable,
    titles,
    wait_rows,
    written,
)
from tests.browser.lab import Lab, again, run
from tests.stand_ins import reviews

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def cells(answered: Answered, name: str) -> list[dict[str, Any]]:
    workspace = Workspace(answered.lab.root)
    with activate(workspace):
        kept: list[dict[str, Any]] = datasets.load(answered.reports[name].cells).to_pylist()
    workspace.store.close()
    return kept


def test_numbers_and_answers_are_those_of_the_run(browser: Browser, answered: Answered) -> None:
    report = answered.reports["grid"]
    kept = cells(answered, "grid")
    with answered.open(browser, "grid", width=2200) as page:
        wait_rows(page, report.n)
        figures = page.locator(".lw-figures").inner_text()
        assert f"{report.calls}" in figures
        assert f"{report.failed}" in figures
        badges = titles(page, ".lw-variant .lw-badge")
        differences = titles(page, ".lw-variant .lw-difference")
        assert len(badges) == 6
        for column, title in zip(report.columns, badges, strict=True):
            score = column.metrics["exact_match"]
            for number in (score.value, score.lower, score.upper):
                assert written(number) in title
        for column, title in zip(report.columns[1:], differences, strict=True):
            assert written(column.adjusted_p["exact_match"]) in title
        heads = page.locator(".lw-head-cell .lw-head-name").all_inner_texts()
        assert heads[2:5] == ["short@1 · short", "few-shot@1 · short", "short@1 · careful"]
        cell(page, 0, 2).locator(".lw-answer").wait_for()
        for place in range(5):
            for number in range(3):
                shown = cell(page, place, number + 2).inner_text()
                told = kept[number * report.n + place]
                assert (told["answer"] or told["error"]) in shown
                assert ("✓" in shown) is (told["exact_match"] == 1)


def test_filters_and_search_leave_the_rows_that_they_should(
    browser: Browser, answered: Answered
) -> None:
    report, kept = answered.reports["grid"], cells(answered, "grid")
    rows = [kept[place :: report.n] for place in range(report.n)]
    failures = [at for at, row in enumerate(rows) if any(c["exact_match"] == 0 for c in row)]
    errors = [at for at, row in enumerate(rows) if any(c["error"] for c in row)]
    assert 0 < len(errors) < len(failures) < report.n
    with answered.open(browser, "grid") as page:
        wait_rows(page, report.n)
        for name, places in (("Failures", failures), ("Errors", errors)):
            assert choice(page, name).locator(".lw-bar-count").inner_text() == str(len(places))
            choice(page, name).click()
            wait_rows(page, len(places))
        page.keyboard.press("/")
        page.keyboard.type("ممل")
        arabic = [at for at in errors if "ممل" in rows[at][0]["sent"][0]["content"]]
        wait_rows(page, len(arabic))
        choice(page, "All").click()
        found = [at for at, row in enumerate(rows) if "ممل" in row[0]["sent"][0]["content"]]
        wait_rows(page, len(found))
        page.get_by_label("Clear").click()
        wait_rows(page, report.n)
        page.get_by_label("Order").select_option("score")
        means = [[c["exact_match"] for c in row if c["exact_match"] is not None] for row in rows]
        worst = min(range(report.n), key=lambda at: sum(means[at]) / len(means[at]))
        page.wait_for_function(
            """([cell, text]) => document.querySelector(cell)?.innerText.includes(text)""",
            arg=[f'{BODY_CELL}[data-row="0"][data-column="2"]', rows[worst][0]["answer"]],
        )


def test_a_cell_is_read_starred_and_left_by_the_keyboard_alone(
    browser: Browser, answered: Answered
) -> None:
    kept = cells(answered, "grid")
    with answered.open(browser, "grid") as page:
        cell(page, 0, 2).locator(".lw-answer").wait_for()
        cell(page, 0, 0).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        drawer = page.locator(".lw-drawer")
        drawer.get_by_text("Prompt as sent").wait_for()
        told = kept[1]
        assert told["sent"][0]["content"] in drawer.locator(".lw-turn .lw-text").inner_text()
        assert told["row_id"] in drawer.inner_text()
        page.keyboard.press("s")
        drawer.get_by_role("button", name="Take the star off").wait_for()
        page.keyboard.press("n")
        after = kept[2]
        drawer.get_by_text(after["row_id"]).wait_for()
        page.keyboard.press("Escape")
        drawer.wait_for(state="detached")
        assert cell(page, 1, 2).get_by_label("starred").count() == 1
        assert choice(page, "Starred").locator(".lw-bar-count").inner_text() == "1"
        page.keyboard.press("?")
        assert "Star the cell" in page.locator(".lw-keys").inner_text()
        page.keyboard.press("Escape")
        again(page, "starred")
        choice(page, "Starred").click()
        wait_rows(page, 1)
        cell(page, 0, 2).get_by_label("starred").wait_for()
        choice(page, "All").click()


def test_answers_are_compared_word_by_word(browser: Browser, answered: Answered) -> None:
    report, kept = answered.reports["grid"], cells(answered, "grid")
    place = next(
        at
        for at in range(report.n)
        if kept[at]["answer"].startswith("I would say")
        and kept[2 * report.n + at]["answer"] in kept[at]["answer"]
    )
    with answered.open(browser, "grid") as page:
        page.get_by_label("Lines").select_option("1")
        page.get_by_label("Diff").select_option("baseline")
        page.locator(GRID).evaluate(f"grid => {{ grid.scrollTop = {place} * 28; }}")
        shown = cell(page, place, 4)
        shown.locator("del").first.wait_for()
        gone = "".join(shown.locator("del").all_inner_texts())
        assert "I would say that this review is" in gone
        assert kept[2 * report.n + place]["answer"] not in gone
        assert cell(page, place, 2).locator("del").count() == 0, "the first is compared with itself"


def test_what_is_hostile_is_text_and_fetches_nothing(browser: Browser, answered: Answered) -> None:
    with answered.open(browser, "nasty") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        cell(page, 0, 2).locator(".lw-answer").wait_for()
        for row in range(14):
            cell(page, row, 2).scroll_into_view_if_needed()
        cell(page, 0, 2).dblclick()
        page.locator(".lw-drawer .lw-turn").first.wait_for()
        page.get_by_label("Diff").select_option("expected")
        cell(page, 0, 2).locator("del, ins").first.wait_for()
        text = page.locator(".lw-app").inner_text()
        assert "<script>window.__ran = 1</script>" in text
        assert page.evaluate("window.__ran") is None
        inside = page.locator(".lw-app")
        assert inside.locator("img, iframe, script, a, h1:has-text('out')").count() == 0
        assert all(url.startswith(answered.lab.address) for url in asked)
        overflow = page.evaluate(
            """() => [...document.querySelectorAll('.lw-grid-body .lw-cell')]
              .filter(cell => cell.scrollWidth > cell.clientWidth + 1).length"""
        )
        assert overflow == 0


def test_ten_thousand_cells_scroll_without_a_long_task(
    browser: Browser, answered: Answered
) -> None:
    report = answered.reports["large"]
    assert report.calls == 10_000
    with answered.open(browser, "large") as page:
        wait_rows(page, report.n)
        cell(page, 0, 2).locator(".lw-answer").wait_for()
        assert page.locator(".lw-grid-body .lw-row").count() < 60
        tasks = busy_milliseconds(
            page,
            """async () => {
              const grid = document.querySelector('.lw-grid');
              for (let step = 0; step < 150; step += 1) {
                grid.scrollTop += step % 3 === 2 ? 1500 : 180;
                await new Promise(resolve => {
                  requestAnimationFrame(resolve);
                  setTimeout(resolve, 200);
                });
              }
              await new Promise(resolve => setTimeout(resolve, 500));
            }""",
        )
        assert len(tasks) > 100
        assert max(tasks) < 50
        page.locator(GRID).evaluate("grid => { grid.scrollTop = 1e9; }")
        cell(page, report.n - 1, 2).locator(".lw-answer").wait_for()


def test_a_comparison_under_way_says_how_far_it_is_and_then_shows_its_answers(
    browser: Browser, start_lab: Callable[..., Lab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    workspace = Workspace.init(tmp_path / "workspace")
    with activate(workspace):
        datasets.register("reviews", reviews(120))
    call = {
        "data": "reviews", "prompts": ["{{text}} ?"], "target": "label",
        "models": ["callable:tests.stand_ins:slow"], "metrics": ["exact_match"],
    }  # fmt: skip
    with start_lab(workspace.root).open(browser) as page:
        job = invoke("compare", call, workspace=workspace, detach=True)
        run(page, "llmops-workbench:open", ref=f"run:{job.run_id}", view="grid")
        bar = page.locator(".lw-underway [role=progressbar]")
        bar.wait_for()
        seen = int(bar.get_attribute("aria-valuenow") or 0)
        page.wait_for_function(
            """seen => Number(document.querySelector('.lw-underway [role=progressbar]')
              ?.ariaValueNow ?? 1e9) > seen""",
            arg=seen,
        )
        wait_rows(page, 120)
        cell(page, 0, 2).locator(".lw-answer").wait_for()
    workspace.store.close()


@pytest.mark.parametrize("width", [700, 1600])
def test_it_can_be_read_in_any_theme_and_width(
    browser: Browser, answered: Answered, width: int
) -> None:
    with answered.lab.open(browser, width=width) as page:
        hold_readable(page, answered, ("grid", "nasty"), ".lw-answer")
