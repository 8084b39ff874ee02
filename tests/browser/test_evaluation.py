"""The panel of an evaluation in JupyterLab: its numbers, its parts, its examples, its actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.catalogue import Catalogue
from tests.browser.answered import (
    Answered,
    cell,
    choice,
    hold_readable,
    show,
    titles,
    wait_rows,
    written,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def kept(answered: Answered, name: str) -> list[dict[str, Any]]:
    """What was kept of each row, with the row itself."""
    report = answered.reports[name]
    workspace = Workspace(answered.lab.root)
    with activate(workspace):
        lines = datasets.load(report.rows).to_pylist()
        source = datasets.load(report.data).to_pylist()
    workspace.store.close()
    return [{**row, **line} for row, line in zip(source, lines, strict=True)]


def test_numbers_are_those_of_the_run(browser: Browser, answered: Answered) -> None:
    report = answered.reports["scored"]
    lines = kept(answered, "scored")
    with answered.open(browser, "scored") as page:
        wait_rows(page, report.n)
        differences = titles(page, ".lw-forest .lw-difference")
        pairs = [report.paired["exact_match"], report.paired["chrf"]]
        pairs += [part.paired["exact_match"] for part in report.slices]
        assert len(differences) == len(pairs)
        for title, pair in zip(differences, pairs, strict=True):
            assert written(pair.lower) in title
            assert written(pair.upper) in title
        for part, title in zip(report.slices, differences[2:], strict=True):
            assert written(part.adjusted_p["exact_match"]) in title
        names = page.locator(".lw-forest-label").all_inner_texts()
        assert [f"{part.column} = {part.value}" for part in report.slices] == [
            name for name in names if " = " in name
        ]
        up = sum(line["exact_match"] > line["baseline_exact_match"] for line in lines)
        down = sum(line["exact_match"] < line["baseline_exact_match"] for line in lines)
        assert choice(page, "Fixed").locator(".lw-bar-count").inner_text() == str(up)
        assert choice(page, "Broken").locator(".lw-bar-count").inner_text() == str(down)
        first = cell(page, 0, 0)
        first.get_by_text("Fixed").wait_for()
        assert cell(page, 0, 3).locator("del").count() > 0


def test_parts_and_outcomes_narrow_the_examples(browser: Browser, answered: Answered) -> None:
    lines = kept(answered, "scored")
    with answered.open(browser, "scored") as page:
        wait_rows(page, len(lines))
        page.locator(".lw-forest-row", has_text="language = ar").click()
        arabic = [line for line in lines if line["language"] == "ar"]
        wait_rows(page, len(arabic))
        choice(page, "Broken").click()
        choice(page, "Both wrong").click()
        wrong = [line for line in arabic if line["exact_match"] == 0]
        wait_rows(page, len(wrong))
        page.get_by_label("Remove language = ar").click()
        everywhere = [line for line in lines if line["exact_match"] == 0]
        wait_rows(page, len(everywhere))
        page.keyboard.press("/")
        page.keyboard.type("節奏nothing")
        page.get_by_text("No row is like this").wait_for()


def test_a_row_is_read_by_the_keyboard_alone(browser: Browser, answered: Answered) -> None:
    lines = kept(answered, "scored")
    gains = [line["exact_match"] - line["baseline_exact_match"] for line in lines]
    fixed = [line for line, gain in zip(lines, gains, strict=True) if gain > 0]
    with answered.open(browser, "scored") as page:
        cell(page, 0, 0).get_by_text("Fixed").wait_for()
        cell(page, 0, 0).focus()
        page.keyboard.press("Enter")
        drawer = page.locator(".lw-drawer")
        drawer.get_by_text("Prompt as sent").wait_for()
        shown = drawer.inner_text()
        assert fixed[0]["row_id"] in shown
        assert fixed[0]["sent"][0]["content"].splitlines()[-1] in shown
        assert fixed[0]["baseline_answer"] in shown
        page.keyboard.press("n")
        drawer.get_by_text(fixed[1]["row_id"]).wait_for()
        drawer.get_by_role("button", name="Look for them").click()
        drawer.get_by_text("The model was not tuned here").wait_for()
        page.keyboard.press("Escape")
        drawer.wait_for(state="detached")


def test_only_a_version_that_passed_its_gate_can_be_promoted(
    browser: Browser, answered: Answered
) -> None:
    with answered.open(browser, "judged") as page:
        page.get_by_text("gate passed").wait_for()
        assert "accuracy >= 0" in page.locator(".lw-evaluation-rules").inner_text()
        can = page.evaluate("() => jupyterapp.commands.hasCommand('llmops-workbench:new')")
        promote = page.get_by_role("button", name="Promote to champion")
        assert promote.count() == int(can)
        assert page.get_by_role("button", name="Check the gate").count() == int(can)
        show(page, answered.ref("scored"))
        page.locator(".lw-forest").first.wait_for()
        assert promote.count() == 0
        assert page.get_by_role("button", name="Check the gate").count() == 0


def test_scores_without_a_baseline_have_their_failures_beside(
    browser: Browser, answered: Answered
) -> None:
    report = answered.reports["alone"]
    assert report.failed > 0
    with answered.open(browser, "alone") as page:
        badges = titles(page, ".lw-forest .lw-badge")
        for title, name in zip(badges, report.metrics, strict=True):
            assert written(report.metrics[name].value) in title
            assert written(report.metrics[name].lower) in title
        failed = page.locator(".lw-forest .lw-badge-failed").all_inner_texts()
        assert {text.strip(" ,") for text in failed} == {f"{report.failed} failed"}
        choice(page, "Not scored").click()
        wait_rows(page, report.failed)
        assert "no answer after 30 s" in cell(page, 0, 3).inner_text()


def test_an_evaluation_that_failed_says_why(browser: Browser, answered: Answered) -> None:
    workspace = Workspace(answered.lab.root)
    book = Catalogue(workspace)
    run = book.start_run("evaluate", {"model": "model:triage@1", "data": "dataset:reviews@1"})
    book.finish_run(run, "failed", error="9 of 9 rows failed; row 0: no answer after 30 s")
    workspace.store.close()
    with answered.lab.open(browser) as page:
        show(page, f"run:{run}")
        page.get_by_text("9 of 9 rows failed; row 0: no answer after 30 s").wait_for()
        assert "triage" in page.locator(".lw-panel-title").inner_text()


def test_what_is_hostile_is_text_and_fetches_nothing(browser: Browser, answered: Answered) -> None:
    with answered.open(browser, "nastier") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for row in range(14):
            cell(page, row, 3).scroll_into_view_if_needed()
        cell(page, 0, 3).dblclick()
        page.locator(".lw-drawer .lw-turn").first.wait_for()
        assert page.evaluate("window.__ran") is None
        inside = page.locator(".lw-app")
        assert inside.locator("img, iframe, script, a, h1:has-text('out')").count() == 0
        assert all(url.startswith(answered.lab.address) for url in asked)


@pytest.mark.parametrize("width", [700, 1600])
def test_it_can_be_read_in_any_theme_and_width(
    browser: Browser, answered: Answered, width: int
) -> None:
    with answered.lab.open(browser, width=width) as page:
        hold_readable(page, answered, ("scored", "alone", "judged", "nastier"), ".lw-outcome")
