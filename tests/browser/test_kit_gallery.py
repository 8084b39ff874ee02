"""The kit's parts in a real browser: how they look, who can use them, what hostile text does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.kit_gallery import LOOKS, PAGES, Gallery, bundle, open_gallery

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# What sticks out of the window or is cut although it may not be.
_OVERFLOWING = """() => {
  const wide = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > wide) found.push('the page scrolls sideways');
  for (const one of document.querySelectorAll('button, select, input, .lw-figure, .lw-badge')) {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || one.closest('.lw-grid, .lw-small-table-scroll, .lw-tabs-bar')) continue;
    if (box.right > wide + 1 || box.left < -1) found.push(one.outerHTML.slice(0, 200));
  }
  return found;
}"""

# Controls that are smaller than a finger or a shaking hand can hit.
_SMALL = """() => [...document.querySelectorAll(
    'button, select, input, [role=option], [role=tab], [role=slider], .lw-cell')]
  .filter(one => one.getClientRects().length > 0)
  .filter(one => {
    const box = one.getBoundingClientRect();
    return box.width < 24 || box.height < 24;
  })
  .filter(one => !one.matches('.lw-chip-remove, .lw-search-input') || one.offsetWidth < 24)
  .map(one => one.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("gallery")).parent


@pytest.fixture
def gallery(browser: Browser, folder: Path) -> Iterator[Gallery]:
    opened = open_gallery(browser, folder)
    yield opened
    opened.page.context.close()
    assert opened.errors == []


@pytest.mark.parametrize("width", [700, 1600])
@pytest.mark.parametrize("look", LOOKS)
def test_every_part_fits_and_can_be_used(
    browser: Browser, folder: Path, look: str, width: int
) -> None:
    gallery = open_gallery(browser, folder, look, width=width)
    for name in PAGES:
        gallery.turn(name)
        assert gallery.violations() == [], name
        assert gallery.page.evaluate(_OVERFLOWING) == [], name
        assert gallery.page.evaluate(_SMALL) == [], name
        gallery.page.screenshot(path=str(folder / f"{name}-{look}-{width}.png"))
    assert gallery.page.evaluate("window.hostile") is None
    assert gallery.elsewhere == []
    assert gallery.errors == []
    gallery.page.context.close()


def test_a_table_has_room_where_nothing_gives_it_a_height(browser: Browser, folder: Path) -> None:
    gallery = open_gallery(browser, folder, name="table", whole=True)
    grid = gallery.page.locator(".lw-grid").bounding_box()
    assert grid is not None
    assert 200 <= grid["height"] <= 900
    gallery.page.context.close()


def test_right_to_left_fits_as_well(browser: Browser, folder: Path) -> None:
    gallery = open_gallery(browser, folder, width=700, direction="rtl")
    for name in PAGES:
        gallery.turn(name)
        assert gallery.page.evaluate(_OVERFLOWING) == [], name
    gallery.page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_stop_of_the_tab_key_shows_where_it_is(
    browser: Browser, folder: Path, name: str
) -> None:
    gallery = open_gallery(browser, folder, name=name)
    stops = gallery.tab_stops()
    assert len(stops) >= 6
    assert [stop["name"] for stop in stops if not stop["shown"]] == []
    gallery.page.context.close()


def test_without_motion_nothing_moves(browser: Browser, folder: Path) -> None:
    gallery = open_gallery(browser, folder, reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll('.lw-app *')].filter(one => {
      const style = getComputedStyle(one);
      return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
    }).length"""
    assert gallery.page.evaluate(moving) == 0
    gallery.page.context.close()


def test_single_keys_act_and_help_shows_them(gallery: Gallery) -> None:
    page = gallery.page
    page.get_by_role("tab", name="states").focus()
    page.keyboard.press("u")
    page.locator("[aria-live=polite] .lw-toast:has-text('Undone')").wait_for()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    assert "Start tuning" in sheet.inner_text()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("u")
    assert page.get_by_text("Undone").count() == 1
    page.keyboard.press("Escape")
    sheet.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent").startswith("states")


def test_a_slash_goes_to_the_search_and_text_is_no_key(gallery: Gallery) -> None:
    page = gallery.page
    gallery.turn("controls")
    page.get_by_role("tab", name="controls").focus()
    page.keyboard.press("/")
    box = page.get_by_label("Search the rows")
    page.keyboard.type("u/t?")
    assert box.input_value() == "u/t?"
    assert page.get_by_text("Undone").count() == 0
    page.keyboard.press("Escape")
    assert box.input_value() == ""


def test_single_keys_stay_out_of_the_notebook(gallery: Gallery) -> None:
    page = gallery.page
    page.evaluate(
        """() => { window.marked = {}; document.addEventListener('keydown', event => {
          const name = (event.ctrlKey ? 'Ctrl+' : event.shiftKey ? 'Shift+' : '') + event.key;
          window.marked[name] = !!event.target.closest('[data-lm-suppress-shortcuts]');
        }, true); }"""
    )
    page.get_by_role("tab", name="states").focus()
    for key in ("d", "ArrowDown", "Control+s", "Shift+Enter"):
        page.keyboard.press(key)
    marked = page.evaluate("marked")
    kept = {"d": True, "ArrowDown": True, "Ctrl+s": False, "Shift+Enter": False}
    assert {key: marked[key] for key in kept} == kept


def test_a_menu_is_used_by_keys(gallery: Gallery) -> None:
    page = gallery.page
    gallery.turn("controls")
    button = page.get_by_role("button", name="New")
    button.focus()
    page.keyboard.press("ArrowDown")
    menu = page.get_by_role("menu", name="New")
    menu.wait_for()
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    menu.wait_for(state="detached")
    page.locator("[aria-live=polite] .lw-toast:has-text('good')").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "New"
    page.keyboard.press("ArrowDown")
    menu.wait_for()
    page.keyboard.press("Escape")
    menu.wait_for(state="detached")


def test_a_failed_part_says_so_and_is_told(gallery: Gallery) -> None:
    page = gallery.page
    page.get_by_role("button", name="Break").click()
    page.get_by_text("This panel failed: this part breaks on purpose").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Break").wait_for()
    told = page.evaluate("shown.host.asked.filter(one => one.method === 'host.failed')")
    assert [one["payload"]["message"] for one in told] == ["this part breaks on purpose"]
    assert "Breaks" in told[0]["payload"]["stack"]


def test_says_when_its_host_is_gone(gallery: Gallery) -> None:
    page = gallery.page
    page.evaluate("shown.host.hostSet('$status', 'offline')")
    page.get_by_text("The server cannot be reached; what is shown may be old.").wait_for()
    page.evaluate("shown.host.hostSet('$status', 'gone')")
    page.get_by_text("The kernel has ended").wait_for()
    page.evaluate("shown.host.hostSet('$status', 'live')")
    page.locator(".lw-banner .lw-notice").wait_for(state="detached")


def test_a_range_is_brushed_and_set_by_keys(gallery: Gallery) -> None:
    page = gallery.page
    gallery.turn("facets")
    plot = page.locator(".lw-histogram").first
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.26, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.52, box["y"] + 20, steps=4)
    page.mouse.up()
    page.wait_for_function("String(shown.host.state.get('range')) === '128,288'")
    low = page.get_by_role("slider", name="tokens from")
    low.press("ArrowRight")
    page.get_by_role("slider", name="tokens up to").press("End")
    page.wait_for_function("String(shown.host.state.get('range')) === '160,512'")
    assert low.get_attribute("aria-valuetext") == "160"
    low.press("Escape")
    page.wait_for_function("shown.host.state.get('range') === null")


def test_categories_are_chosen_by_keys(gallery: Gallery) -> None:
    page = gallery.page
    gallery.turn("facets")
    page.locator("[role=option]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert [text.split("\n")[0] for text in chosen.all_inner_texts()] == ["en", "中文"]
    page.keyboard.press("Escape")
    assert chosen.count() == 0


def test_a_chart_is_read_and_zoomed_by_mouse_and_keys(gallery: Gallery) -> None:
    page = gallery.page
    gallery.turn("charts")
    chart = page.get_by_role("slider", name="loss over step")
    chart.focus()
    page.keyboard.press("Home")
    assert chart.get_attribute("aria-valuetext") == "step 0: " + _values(page)
    page.keyboard.press("ArrowRight")
    assert str(chart.get_attribute("aria-valuetext")).startswith("step 1: train loss")
    page.keyboard.press("+")
    page.get_by_role("button", name="Whole range").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Whole range").wait_for(state="detached")
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 80, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Whole range").wait_for()
    ticks = page.locator(".lw-chart-svg").first.locator("text").all_text_contents()
    assert "200" in ticks
    assert "500" not in ticks
    page.get_by_role("button", name="log").first.click()
    assert page.get_by_role("button", name="log").first.get_attribute("aria-pressed") == "true"


def _values(page: Any) -> str:
    items = page.locator(".lw-legend").first.locator("button")
    return ", ".join(
        " ".join(one.locator(f".lw-legend-{part}").inner_text() for part in ("name", "value"))
        for one in items.all()
    )


def test_is_translated_by_its_host(browser: Browser, folder: Path) -> None:
    messages = {"Start tuning": "开始调优", "Loading": "正在加载", "ETA %1": "剩余 %1"}
    gallery = open_gallery(browser, folder, state={"$messages": messages, "$locale": "zh-CN"})
    page = gallery.page
    page.get_by_role("button", name="开始调优").wait_for()
    page.get_by_text("剩余 1 min 10 s").wait_for()
    assert page.locator(".lw-app").get_attribute("lang") == "zh-CN"
    page.context.close()


def test_can_live_in_a_shadow_root(gallery: Gallery) -> None:
    page = gallery.page
    page.evaluate(
        """() => {
          shown.stop();
          const inside = document.createElement('div');
          document.getElementById('root').attachShadow({ mode: 'open' }).append(inside);
          window.shown = gallery.show(inside, { page: 'controls' });
        }"""
    )
    primary = page.locator(".lw-button-primary").first
    primary.wait_for()
    assert primary.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(25, 118, 210)"
    page.get_by_role("tab", name="controls").focus()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
