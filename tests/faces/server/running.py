"""A real Jupyter server in a process of its own, which can import none of the heavy libraries."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "a-token-for-the-tests"
PLUGINS = (
    Path(__file__).with_name("plugin.py"),
    Path(__file__).parents[2] / "execution" / "counting_plugin.py",
)
OTHERS = (
    "jupyter_lsp",
    "jupyter_server_terminals",
    "jupyterlab",
    "notebook_shim",
    "panel.io.jupyter_server_extension",
)
PROGRAM = Path(__file__).with_name("started.py")


class Server:
    """A running server.

    Args:
        root: The folder that it shows.
        home: Where its own files may be.
        base_url: What stands before every path.
        config: Further configuration, by class.
        environment: Further variables.
    """

    def __init__(
        self,
        root: Path,
        home: Path,
        *,
        base_url: str = "/user/x/",
        config: dict[str, dict[str, Any]] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.root, self.home, self.base_url = root, home, base_url
        home.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings: dict[str, dict[str, Any]] = {
            "ServerApp": {
                "allow_root": True,
                "allow_unauthenticated_access": False,
                "base_url": base_url,
                "ip": "127.0.0.1",
                "jpserver_extensions": {
                    **dict.fromkeys(OTHERS, False),
                    "llmops_workbench": True,
                },
                "open_browser": False,
                "port": self.port,
                "port_retries": 0,
                "root_dir": str(root),
            },
            "IdentityProvider": {"token": TOKEN},
            "LLMOpsWorkbench": {"poll_seconds": 0.1},
        }
        for name, facts in (config or {}).items():
            settings[name] = {**settings.get(name, {}), **facts}
        (home / "jupyter_server_config.json").write_text(json.dumps(settings))
        self.log = home / "log.txt"
        self.notes = home / "notes.txt"
        known = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
        self.environment = {
            **known,
            "JUPYTER_CONFIG_DIR": str(home),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "TESTS_NOTES": str(self.notes),
            "LLMOPS_PLUGINS": os.pathsep.join(map(str, PLUGINS)),
            **(environment or {}),
        }
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", str(PROGRAM)],
                cwd=self.home,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}{self.base_url}api", timeout=5)
            except httpx.TransportError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)
            else:
                self.begun = len(self.notes.read_text(encoding="utf-8"))
                return

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def url(self) -> str:
        """What stands before the routes."""
        return f"http://127.0.0.1:{self.port}{self.base_url}llmops-workbench/"

    def client(self, **headers: str) -> httpx.Client:
        """Make a client that is let in."""
        given = {"Authorization": f"token {TOKEN}", **headers}
        return httpx.Client(base_url=self.url, headers=given, timeout=60)


def foreign(server: Server) -> list[str]:
    """List what the server has touched since its start that is not its own, nor a library's."""
    plugins = [path.parent for path in PLUGINS]
    own = (server.root, server.home, ROOT / "llmops_workbench", ROOT / "templates", *plugins)
    libraries = (Path(sys.prefix), Path(sys.base_prefix) / "lib", Path(os.__file__).parent)
    system = ("/proc/", "/dev/", "/usr/share/zoneinfo", "/etc/localtime", "/usr/lib/", "/sys/")
    # What names this machine in a job, and where Jupyter looks for kernels.
    known = (Path("/etc/machine-id"), Path.home() / ".ipython")
    found = set()
    for line in server.notes.read_text(encoding="utf-8")[server.begun :].splitlines():
        event, _, text = line.partition("\t")
        text = text.removeprefix("file://").partition("?")[0]
        place = Path(text)
        if event == "subprocess.Popen" or text.startswith(system) or not place.is_absolute():
            continue
        if any(place.is_relative_to(one) for one in (*own, *libraries, *known)):
            continue
        if any(one.is_relative_to(place) for one in own):
            continue  # a folder on the way to them
        found.add(line)
    return sorted(found)


def eventually(look: Any, seconds: float = 60.0) -> Any:
    """Look until something true comes back, and give it."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def ended(client: httpx.Client, job: str) -> dict[str, Any]:
    """Wait until a job is over, and show it."""

    def look() -> dict[str, Any] | None:
        shown: dict[str, Any] = client.get(f"jobs/{job}").json()
        return None if shown["active"] else shown

    return eventually(look)
