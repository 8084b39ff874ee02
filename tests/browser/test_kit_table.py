"""The kit's table of a million rows in a real browser: where it is, what it asks, what keys do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.kit_gallery import Gallery, bundle, open_gallery

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROWS = 1_000_000
# Where the keyboard is, as the table's cells say it.
_AT = """() => {
  const at = document.activeElement;
  return [Number(at.dataset.row), Number(at.dataset.column),
          Number(at.parentElement.getAttribute('aria-rowindex'))];
}"""
# The numbers of the rows that are wholly seen.
_SEEN = """() => {
  const grid = document.querySelector('.lw-grid').getBoundingClientRect();
  const head = document.querySelector('.lw-grid-head').getBoundingClientRect();
  return [...document.querySelectorAll('.lw-grid-body [role=rowheader]')]
    .filter(one => {
      const box = one.getBoundingClientRect();
      return box.top >= head.bottom - 1 && box.bottom <= grid.bottom + 1;
    })
    .map(one => Number(one.textContent)).sort((a, b) => a - b);
}"""
_FETCHED = "document.querySelectorAll('.lw-cell-wait').length === 0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("table")).parent


@pytest.fixture
def gallery(browser: Browser, folder: Path) -> Iterator[Gallery]:
    opened = open_gallery(browser, folder, name="table")
    opened.page.wait_for_function(_FETCHED)
    yield opened
    assert opened.errors == []
    opened.page.context.close()


@pytest.fixture
def page(gallery: Gallery) -> Page:
    return gallery.page


def _scroll(page: Page, top: float) -> None:
    page.evaluate("top => { document.querySelector('.lw-grid').scrollTop = top; }", top)
    page.wait_for_function(_FETCHED)


def _settled(page: Page) -> list[int]:
    """Wait until two looks agree on what is seen, and give it."""
    page.wait_for_function(_FETCHED)
    before: list[int] = []
    for _ in range(100):
        found: list[int] = page.evaluate(_SEEN)
        if found and found == before:
            return found
        before = found
        page.evaluate("new Promise(done => setTimeout(done, 60))")
    raise AssertionError("the table never comes to rest")


def test_keeps_the_page_small_wherever_it_is(page: Page) -> None:
    count = "document.querySelectorAll('.lw-grid *').length"
    height: int = page.evaluate("document.querySelector('.lw-grid').scrollHeight")
    assert height < 16_000_000
    sizes = []
    for share in (0, 0.3, 0.77, 1):
        _scroll(page, height * share)
        sizes.append(page.evaluate(count))
    assert max(sizes) < 1500
    assert max(sizes) - min(sizes) < 400


def test_both_ends_can_be_reached(page: Page) -> None:
    assert _settled(page)[0] == 1
    _scroll(page, 1e9)
    seen = _settled(page)
    assert seen[-1] == ROWS
    assert seen == list(range(seen[0], ROWS + 1))
    _scroll(page, 0)
    assert _settled(page)[0] == 1


def test_the_wheel_leaves_no_row_out(page: Page) -> None:
    _scroll(page, 4_000_000)
    before = _settled(page)
    box = page.locator(".lw-grid").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    for _ in range(12):
        page.mouse.wheel(0, 300)
        now = _settled(page)
        assert now == list(range(now[0], now[-1] + 1))
        assert before[0] < now[0] <= before[-1] + 1
        before = now
    # At rest the bar stands where the rows do, so that its end is theirs.
    page.wait_for_function(
        """first => {
          const grid = document.querySelector('.lw-grid');
          const bar = grid.scrollTop / (grid.scrollHeight - grid.clientHeight);
          return Math.abs(bar - first / 1e6) < 1e-4;
        }""",
        arg=before[0],
    )


def test_keys_lead_through_all_of_it(page: Page) -> None:
    page.locator("[data-row='0'][data-column='0']").click()
    for key, expected in [
        ("ArrowDown", [1, 0, 3]),
        ("ArrowRight", [1, 1, 3]),
        ("End", [1, 46, 3]),
        ("Home", [1, 0, 3]),
        ("Control+End", [ROWS - 1, 46, ROWS + 1]),
        ("Control+Home", [0, 0, 2]),
        ("ArrowUp", [-1, 0, 1]),
        ("ArrowDown", [0, 0, 2]),
    ]:
        page.keyboard.press(key)
        page.wait_for_function(f"String(({_AT})()) === '{','.join(map(str, expected))}'")
        box = page.locator(":focus").bounding_box()
        grid = page.locator(".lw-grid").bounding_box()
        assert box is not None and grid is not None
        assert grid["y"] <= box["y"] <= grid["y"] + grid["height"] - 24, key
        assert grid["x"] <= box["x"] <= grid["x"] + grid["width"], key
    page.keyboard.press("PageDown")
    first = page.evaluate(_AT)[0]
    assert 10 < first < 40
    page.keyboard.press("PageUp")
    assert page.evaluate(_AT)[0] == 0


def test_the_focus_stays_when_its_row_leaves(page: Page) -> None:
    page.locator("[data-row='3'][data-column='1']").click()
    _scroll(page, 5_000_000)
    assert page.evaluate(_AT)[:2] == [3, 1]
    page.keyboard.press("ArrowDown")
    page.wait_for_function(f"({_AT})()[0] === 4")
    assert _settled(page)[0] <= 5


def test_withdraws_what_rushed_by(browser: Browser, folder: Path) -> None:
    gallery = open_gallery(browser, folder, name="table", state={"delay": 250})
    page = gallery.page
    page.wait_for_function(_FETCHED)
    page.evaluate(
        """async () => {
          const grid = document.querySelector('.lw-grid');
          for (let at = 1; at <= 30; at += 1) {
            grid.scrollTop = at * 200_000;
            await new Promise(requestAnimationFrame);
          }
        }"""
    )
    seen = _settled(page)
    asked = page.evaluate("gallery.requests")
    assert asked["withdrawn"] >= 1
    assert asked["asked"] < 20
    assert asked["rows"] < 6000
    text = page.locator(f"[data-row='{seen[0] - 1}'] .lw-cell-text").first
    assert page.locator(f"[aria-rowindex='{seen[0] + 1}']").inner_text().count(f"row-{seen[0] - 1}")
    assert text.is_visible()
    page.context.close()


def test_sorts_by_a_click_and_by_keys(page: Page) -> None:
    header = page.get_by_role("columnheader", name="tokens")
    header.click()
    assert header.get_attribute("aria-sort") == "ascending"
    header.press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    page.wait_for_function(f"document.body.innerText.includes('row-{ROWS - 1}')")
    page.get_by_role("status").filter(has_text="Sorted by tokens, descending").wait_for(
        state="attached"
    )
    header.press("Space")
    assert header.get_attribute("aria-sort") is None


def test_columns_take_the_width_that_they_are_given(page: Page) -> None:
    header = page.get_by_role("columnheader", name="label")
    box = header.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"], box["y"] + 16)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 80, box["y"] + 16, steps=5)
    page.mouse.up()
    assert _width(page) == 200
    assert header.get_attribute("aria-sort") is None
    header.press("Shift+ArrowLeft")
    assert _width(page) == 184
    page.wait_for_function("shown.host.state.get('widths:gallery')?.label === 184")


def _width(page: Page) -> float:
    box = page.get_by_role("columnheader", name="label").bounding_box()
    assert box is not None
    return round(box["width"])


def test_chosen_rows_are_copied_as_a_table(page: Page) -> None:
    page.evaluate(
        """() => document.addEventListener('copy', event => {
          window.copied = event.clipboardData.getData('text/plain');
        })"""
    )
    page.locator("[data-row='1'][data-column='1']").click()
    page.keyboard.press("Control+c")
    assert page.evaluate("copied") == "negative"
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.locator("[aria-selected=true]").nth(2).wait_for()
    page.keyboard.press("Control+c")
    lines = page.evaluate("copied").split("\n")
    assert [line.split("\t")[6] for line in lines] == ["id", "row-1", "row-2", "row-3"]
    page.keyboard.press("Escape")
    assert page.locator("[role=row][aria-selected=true]").count() == 0
    page.keyboard.press("Space")
    assert page.locator("[role=row][aria-selected=true]").count() == 1
    page.locator("[role=rowheader]").nth(7).click(modifiers=["Shift"])
    page.wait_for_function("document.querySelectorAll('[role=row][aria-selected=true]').length > 3")


def test_a_cell_of_five_megabytes_is_clipped_and_opens(page: Page) -> None:
    cell = page.locator("[data-row='40'][data-column='0']")
    _scroll(page, 30 * 28)
    assert len(cell.inner_text()) < 400
    cell.click()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("5,000,000 characters").wait_for(timeout=5000)
    assert len(dialog.locator("pre").inner_text()) == 20_000
    dialog.get_by_role("button", name="Show more").click()
    page.wait_for_function("document.querySelector('dialog pre').textContent.length === 120000")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.wait_for_function(f"({_AT})()[0] === 40")


def test_from_right_to_left_the_keys_turn_round(browser: Browser, folder: Path) -> None:
    gallery = open_gallery(browser, folder, name="table", direction="rtl", width=700)
    page = gallery.page
    page.wait_for_function(_FETCHED)
    page.locator("[data-row='0'][data-column='0']").click()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"({_AT})()[1] === 6")
    box: Any = page.locator(":focus").bounding_box()
    assert 0 <= box["x"] <= 700
    page.context.close()


def test_says_when_there_is_nothing(browser: Browser, folder: Path) -> None:
    gallery = open_gallery(browser, folder, name="table", state={"total": 0})
    gallery.page.get_by_text("No rows").wait_for()
    assert gallery.violations() == []
    gallery.page.context.close()
