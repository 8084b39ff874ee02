"""A workspace with comparisons and evaluations of known answers, and ways to look at them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import STEP, invoke
from tests.browser.lab import DARK, LIGHT, Lab, run, set_theme
from tests.stand_ins import HOSTILE, PROMPTS, reviews
from tests.tiny import make_tiny

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Locator, Page

AXE = Path(__file__).resolve().parents[2] / "labextension/node_modules/axe-core/axe.min.js"
GRID = '.lw-grid[role="grid"]'
BODY_CELL = ".lw-grid-body .lw-cell"
SHORT, CAREFUL, WEAKER, FAILING, NASTY = (
    f"callable:tests.stand_ins:{name}"
    for name in ("short", "careful", "weaker", "failing", "hostile")
)


class Answered:
    """JupyterLab on such a workspace.

    Attributes:
        reports: The results of the runs by name.
    """

    def __init__(self, lab: Lab, reports: dict[str, Any]) -> None:
        self.lab, self.reports = lab, reports

    def ref(self, name: str) -> str:
        """Give the reference of a run."""
        return f"run:{self.reports[name].run_id}"

    @contextmanager
    def open(self, browser: Browser, name: str, **more: Any) -> Iterator[Page]:
        """Open the panel of a run alone in JupyterLab."""
        with self.lab.open(browser, **more) as page:
            show(page, self.ref(name))
            yield page


def show(page: Page, ref: str) -> None:
    """Open the panel of a reference, with nothing beside it."""
    run(page, "application:close-all")
    page.evaluate("() => { jupyterapp.shell.collapseLeft(); }")
    run(page, "llmops-workbench:open", ref=ref)
    page.locator(".lw-panel").wait_for()


def make(root: Path) -> dict[str, Any]:
    """Fill a workspace with comparisons, evaluations and a gate, and give their results by name."""
    from llmops_workbench.models.registration import register_folder
    from llmops_workbench.tracking import datasets, prompts

    workspace = Workspace.init(root)
    roles = {"roles": {"input": "text", "target": "label"}}
    with activate(workspace):
        datasets.register("reviews", reviews(120), meta=roles)
        datasets.register("large", reviews(2500, seed=3), meta=roles)
        # The first ones are short and stand in the other data, too.
        datasets.register("held", reviews(80, seed=9)[40:], meta=roles)
        hostile = [{"text": text or "x", "label": text or "x"} for text in HOSTILE]
        datasets.register("hostile", hostile, meta=roles)
        for name, text in PROMPTS.items():
            prompts.register(name, text)
        register_folder("triage", make_tiny(root.parent / "triage"))
    reports: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STEP, "1")

        def call(name: str, verb: str, **arguments: Any) -> None:
            reports[name] = invoke(verb, arguments, workspace=workspace)

        both = list(PROMPTS)
        scores = ["exact_match", "chrf"]
        call("judged", "evaluate", model="triage", data="held", prompt="short", target="label",
             choices=["positive", "negative"], metrics=["accuracy"])  # fmt: skip
        call("gate", "gate", rules=["accuracy >= 0"], run=reports["judged"].run_id)
        call("grid", "compare", data="reviews", prompts=both, models=[SHORT, CAREFUL, FAILING],
             metrics=scores)  # fmt: skip
        call("large", "compare", data="large", prompts=both, models=[SHORT, CAREFUL],
             metrics=["exact_match"])  # fmt: skip
        call("nasty", "compare", data="hostile", prompts=both, models=[NASTY, CAREFUL],
             metrics=["exact_match"])  # fmt: skip
        call("scored", "evaluate", model=CAREFUL, baseline=WEAKER, data="reviews", prompt="short",
             metrics=scores, slices=["language", "domain"])  # fmt: skip
        call("alone", "evaluate", model=FAILING, data="reviews", prompt="short", metrics=scores)
        call("nastier", "evaluate", model=NASTY, baseline=CAREFUL, data="hostile", prompt="short",
             metrics=["exact_match"])  # fmt: skip
    workspace.store.close()
    return reports


def cell(page: Page, row: int, column: int) -> Locator:
    """Give a cell of the table."""
    return page.locator(f'{BODY_CELL}[data-row="{row}"][data-column="{column}"]')


def wait_rows(page: Page, count: int) -> None:
    """Wait until the table says that it has so many rows."""
    page.wait_for_function(
        """([grid, count]) => document.querySelector(grid)
          ?.getAttribute('aria-rowcount') === String(count + 1)""",
        arg=[GRID, count],
    )


def choice(page: Page, name: str) -> Locator:
    """Give a button of those that narrow the rows."""
    return page.locator(".lw-bar-choices button").filter(has_text=name)


def hold_readable(page: Page, answered: Answered, names: Sequence[str], drawn: str) -> None:
    """Hold that panels and their details fit and can be read, in the light and the dark theme.

    Args:
        page: JupyterLab.
        answered: What it is open on.
        names: The runs whose panels are looked at.
        drawn: Is there in the first cell once the table is drawn.
    """
    for theme in (LIGHT, DARK):
        set_theme(page, theme)
        for name in names:
            show(page, answered.ref(name))
            cell(page, 0, 0).locator(drawn).wait_for()
            assert axe(page) == []
            cell(page, 0, 0).dblclick()
            page.locator(".lw-drawer .lw-part").first.wait_for()
            assert axe(page) == []
            wide = page.evaluate(
                "() => document.querySelector('.lw-app').scrollWidth"
                " - document.querySelector('.lw-app').clientWidth"
            )
            assert wide <= 1
            page.keyboard.press("Escape")
    set_theme(page, LIGHT)


def axe(page: Page) -> list[str]:
    """Name what axe-core finds in the panel at level serious or worse."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """async () => (await axe.run('.lw-app', {resultTypes: ['violations']})).violations
          .filter(one => ['serious', 'critical'].includes(one.impact))
          .map(one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).join(', ')}`)"""
    )
    return [str(one) for one in found]


def busy_milliseconds(page: Page, script: str) -> list[float]:
    """Run a script, and give how long each task of the page's main thread computed meanwhile.

    Time of the processor, not of the wall: what else the machine does is not the panel's fault.
    """
    session: CDPSession = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    ended: list[bool] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    session.send(
        "Tracing.start",
        {"categories": "toplevel,devtools.timeline,disabled-by-default-devtools.timeline"},
    )
    page.evaluate(script)
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    frames = [one["tid"] for one in events if one["name"] == "FireAnimationFrame"]
    main = max(set(frames), key=frames.count)
    return [
        one["tdur"] / 1000
        for one in events
        if one["tid"] == main and one["name"] == "RunTask" and "tdur" in one
    ]


def titles(page: Page, selector: str) -> list[str]:
    """Give the tooltips of elements, which hold each number in full."""
    return [str(one.get_attribute("title")) for one in page.locator(selector).all()]


def written(value: float) -> str:
    """Write a number as a page writes it in full."""
    return json.dumps(int(value) if value == int(value) else value)
