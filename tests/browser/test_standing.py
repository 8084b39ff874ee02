"""What the page makes of its server: away, back, without its half, below a path, at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from llmops_workbench.core.workspace import Workspace
from tests.browser.lab import Lab, run
from tests.browser.test_sidebar import (
    ENTRY,
    ICON,
    SIDEBAR,
    add_prompt,
    count,
    entries,
    heading,
    show,
    wait_count,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
COUNTING = Path(__file__).parents[1] / "execution" / "counting_plugin.py"


@pytest.fixture(scope="module")
def own_lab(
    start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """JupyterLab on an own workspace, below a path as a hub has it, with a verb that counts."""
    root = tmp_path_factory.mktemp("own") / "workspace"
    Workspace.init(root).store.close()
    lab = start_lab(root, base_url="/user/ada/", environment={"LLMOPS_PLUGINS": str(COUNTING)})
    yield lab
    lab.end()


def start_counting(lab: Lab, steps: int) -> str:
    reply = httpx.post(
        f"{lab.address}llmops-workbench/operations/count",
        headers={"Authorization": f"token {lab.token}"},
        json={"arguments": {"steps": steps, "seconds": 0.1}},
        timeout=30,
    )
    assert reply.status_code == 202, reply.text
    return str(reply.json()["job"])


def forgive(page: Page) -> None:
    """Forget what the browser said of a server that was away; that is meant here."""
    page.problems.clear()  # type: ignore[attr-defined]


def test_a_running_job_is_seen_and_stopped(browser: Browser, own_lab: Lab) -> None:
    with own_lab.open(browser) as page:
        show(page)
        job = start_counting(own_lab, 3000)
        line = entries(page, "running").first
        line.wait_for(timeout=10_000)
        page.wait_for_function(
            f"""() => /[1-9]/.test(document.querySelector(
              '[data-section="running"] {ENTRY} .jp-LlmopsWorkbench-figure')?.innerText)""",
            timeout=30_000,
        )
        wait_count(page, "running", "1")
        item = page.locator(".jp-LlmopsWorkbench-statusItem button")
        item.wait_for()
        assert item.inner_text().startswith("count")
        heading(page, "running").click()
        assert entries(page, "running").count() == 0
        item.click()
        line.wait_for()
        line.hover()
        line.get_by_role("button", name="Stop and save").click()
        wait_count(page, "running", "0", seconds=30)
        item.wait_for(state="hidden")
        reply = httpx.get(
            f"{own_lab.address}llmops-workbench/jobs/{job}",
            headers={"Authorization": f"token {own_lab.token}"},
        )
        assert reply.json()["state"] == "cancelled"


def test_a_server_that_goes_is_told_and_found_again(browser: Browser, own_lab: Lab) -> None:
    with own_lab.open(browser) as page:
        show(page)
        start_counting(own_lab, 3000)
        entries(page, "running").first.wait_for(timeout=10_000)
        before = int(count(page, "prompts"))
        own_lab.end(kill=True)
        banner = page.locator(".jp-LlmopsWorkbench-banner")
        banner.wait_for(timeout=40_000)
        # What was known is still there to be read.
        assert entries(page, "running").count() == 1
        add_prompt(own_lab, "meanwhile")
        own_lab.start()
        back = time.monotonic()
        banner.wait_for(state="detached", timeout=10_000)
        wait_count(page, "prompts", str(before + 1))
        assert time.monotonic() - back < 3
        # JupyterLab itself says once that the server was away.
        if page.locator(".jp-Dialog").count():
            page.keyboard.press("Escape")
        entries(page, "running").first.hover()
        page.get_by_role("button", name="Stop and save").click()
        wait_count(page, "running", "0", seconds=30)
        forgive(page)


def test_a_missing_half_is_told_with_the_line_that_switches_it_on(
    browser: Browser, start_lab: Callable[..., Lab], tmp_path: Path
) -> None:
    lab = start_lab(tmp_path, enabled=False)
    with lab.open(browser) as page:
        page.locator(ICON).click()
        hint = page.locator(f'{SIDEBAR} [role="alert"]')
        hint.wait_for()
        assert "jupyter server extension enable llmops_workbench" in hint.inner_text()
        forgive(page)
    lab.end()


def test_code_goes_into_a_cell_of_a_notebook(browser: Browser, own_lab: Lab) -> None:
    def cells(page: Page) -> list[str]:
        return [text.strip() for text in page.locator(".jp-Notebook .cm-content").all_inner_texts()]

    with own_lab.open(browser) as page:
        page.evaluate(
            """async () => {
              const given = {kernelName: 'python3'};
              const made = await jupyterapp.commands.execute('notebook:create-new', given);
              await made.context.ready;
            }"""
        )
        run(page, "llmops-workbench:insert-code", code="%llmops jobs")
        page.wait_for_function(
            "document.querySelector('.jp-Notebook .cm-content').innerText.includes('%llmops jobs')"
        )
        run(page, "llmops-workbench:insert-code", code="%llmops ls")
        page.locator(".jp-Notebook .jp-Cell").nth(1).wait_for()
        assert cells(page) == ["%llmops jobs", "%llmops ls"]


def test_without_a_notebook_one_is_made_for_the_code(browser: Browser, own_lab: Lab) -> None:
    with own_lab.open(browser) as page:
        page.evaluate(
            "() => { jupyterapp.commands.execute('llmops-workbench:insert-code', {code: 'ls'}); }"
        )
        choose = page.locator(".jp-Dialog button.jp-mod-accept")
        cell = page.locator('.jp-Notebook .cm-content:has-text("ls")')
        choose.or_(cell).first.wait_for(timeout=30_000)
        if choose.is_visible():
            choose.click()
        cell.wait_for()
