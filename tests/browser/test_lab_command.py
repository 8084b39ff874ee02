"""`llmops lab` as people start it: the sidebar is there, and nothing outside is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from llmops_workbench.core.workspace import Workspace
from tests.browser.lab import BUILT, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab\?token=\w+")


def test_the_command_opens_a_lab_that_asks_nobody(browser: Browser, tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "workspace")
    share = tmp_path / "share" / "labextensions"
    share.mkdir(parents=True)
    (share / "llmops-workbench").symlink_to(BUILT)
    enabled = tmp_path / "config" / "jupyter_server_config.d"
    enabled.mkdir(parents=True)
    config = BUILT.parents[1] / "labextension" / "jupyter-config" / "llmops_workbench.json"
    (enabled / config.name).write_bytes(config.read_bytes())
    environment = os.environ | {
        "JUPYTER_ALLOW_INSECURE_WRITES": "1",
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_PATH": str(tmp_path / "share"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    (tmp_path / "config" / "jupyter_server_config.json").write_text(
        '{"ServerApp": {"allow_root": true, "ip": "127.0.0.1"}}'
    )
    log = tmp_path / "log.txt"
    with log.open("wb") as said:
        command = [sys.executable, "-m", "llmops_workbench.faces.cli", "lab", "--no-browser"]
        process = subprocess.Popen(
            [*command, "--port", "9000"],
            cwd=workspace.root,
            env=environment,
            stdout=said,
            stderr=said,
        )
    try:
        address = until(lambda: ADDRESS.search(log.read_text()), what="the address")[0]
        context = browser.new_context()
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=60_000)
        page.locator('[data-id="llmops-workbench-sidebar"]').click()
        page.locator('[data-section="data"]').wait_for()
        outside = {url for url in asked if urlsplit(url).hostname not in (None, "127.0.0.1", "")}
        assert not outside
        assert page.locator(".Toastify__toast").count() == 0
        context.close()
    finally:
        process.terminate()
        process.wait(30)
