"""A real JupyterLab in a process of its own, with the extension as it is built in this checkout."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BUILT = Path(__file__).resolve().parents[2] / "llmops_workbench" / "labextension"
WAIT_SECONDS = 90
# What JupyterLab itself complains about in any browser without a screen.
NOT_OURS = ("fonts", "WebGL", "favicon", "ResizeObserver loop", "preload")
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


def until(look: Callable[[], Any], seconds: float = WAIT_SECONDS, what: str = "it") -> Any:
    """Look again and again until there is something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.05)


class Lab:
    """A JupyterLab that can be ended and started again at the same address.

    Args:
        root: The folder that it shows.
        home: Where its own files may be.
        base_url: What stands before every path, as behind a hub.
        environment: Further variables.
        enabled: Whether the server's half is switched on.
    """

    def __init__(
        self,
        root: Path,
        home: Path,
        base_url: str = "/",
        environment: dict[str, str] | None = None,
        enabled: bool = True,
    ) -> None:
        self.root, self.home, self.base_url, self._enabled = root, home, base_url, enabled
        self.token = secrets.token_hex(8)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._write_settings()
        known = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
        self._environment = {
            **known,
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_PATH": str(home / "share"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            **(environment or {}),
        }
        self.start()

    @property
    def address(self) -> str:
        """The server's base URL."""
        return f"http://127.0.0.1:{self.port}{self.base_url}"

    def _write_settings(self) -> None:
        config, share = self.home / "config", self.home / "share" / "labextensions"
        notices = config / "lab/user-settings/@jupyterlab/apputils-extension"
        notices.mkdir(parents=True)
        share.mkdir(parents=True)
        # A link, so that what is tested is what was built last.
        (share / "llmops-workbench").symlink_to(BUILT)
        quiet = {"fetchNews": "false", "checkForUpdates": False}
        (notices / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
        settings = {
            "IdentityProvider": {"token": self.token},
            "LabApp": {
                "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
                "expose_app_in_browser": True,
                "extension_manager": "readonly",
            },
            "ServerApp": {
                "allow_root": True,
                "base_url": self.base_url,
                "ip": "127.0.0.1",
                "jpserver_extensions": {"llmops_workbench": self._enabled},
                "open_browser": False,
                "port": self.port,
                "port_retries": 0,
                "root_dir": str(self.root),
            },
        }
        (config / "jupyter_server_config.json").write_text(json.dumps(settings))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab"],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.root,
            )
        until(self._answers, what="the server")

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.home / "server.log").read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"{self.address}api", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def end(self, kill: bool = False) -> None:
        """End the server; jobs that it has started go on."""
        self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @contextmanager
    def open(
        self, browser: Browser, width: int = 1600, height: int = 1000, query: str = "reset"
    ) -> Iterator[Page]:
        """Open it in a browser of its own; whatever the page complains about fails the test."""
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(f"thrown: {error.stack}"))
        page.on("console", lambda line: _note(problems, line))
        page.problems = problems  # type: ignore[attr-defined]
        page.goto(f"{self.address}lab?token={self.token}&{query}")
        ready(page, fresh="reset" in query)
        yield page
        context.close()
        assert not problems, problems


def _note(problems: list[str], line: Any) -> None:
    if line.type == "error" and not any(word in line.text for word in NOT_OURS):
        problems.append(f"said: {line.text} ({line.location.get('url', '')})")


def ready(page: Page, *, fresh: bool = False) -> None:
    """Wait until JupyterLab has been painted, and its launcher has had the keyboard."""
    page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=WAIT_SECONDS * 1000)
    page.wait_for_function("globalThis.jupyterapp")
    page.evaluate("async () => { await jupyterapp.restored; }")
    if fresh:
        # On a fresh page the launcher takes the keyboard, seconds later and from whoever has it.
        page.wait_for_function(
            "document.activeElement?.closest('.jp-Launcher')", timeout=WAIT_SECONDS * 1000
        )


def run(page: Page, command: str, **given: Any) -> Any:
    """Run a command of JupyterLab."""
    return page.evaluate(
        "async ([command, given]) => { await jupyterapp.commands.execute(command, given); }",
        [command, given],
    )


def set_theme(page: Page, theme: str) -> None:
    """Change the theme, and wait until it is painted."""
    run(page, "apputils:change-theme", theme=theme)
    page.wait_for_selector(f'body[data-jp-theme-name="{theme}"]', state="attached")
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def again(page: Page, kept: str) -> None:
    """Load the page anew, once JupyterLab has written down what is to survive that."""
    fetch = (
        "async () => JSON.stringify(await jupyterapp.serviceManager.workspaces.fetch('default'))"
    )
    until(lambda: kept in page.evaluate(fetch), what=f"'{kept}' in the layout")
    page.goto(page.url.partition("?")[0])
    ready(page)
