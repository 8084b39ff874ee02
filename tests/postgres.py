"""A private PostgreSQL cluster: made, started and removed by the session that uses it."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 60.0
STARTS = 3  # another process may take the free port between the question and the start


@dataclass(frozen=True)
class Cluster:
    """A running server: where it listens, and the password of its only user."""

    port: int
    password: str

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://llmops:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        import psycopg

        address = self.url("postgres").replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)

    def create_database(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def binaries() -> Path | None:
    """The folder of the newest installed server, else of an `initdb` on the path."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(installed, key=lambda path: int(path.parts[-3]), reverse=True)
    found = newest[0] if newest else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@dataclass(frozen=True)
class Disguise:
    """How a child runs as somebody else than root, whom PostgreSQL refuses."""

    prefix: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def disguise() -> Disguise:
    if os.geteuid() != 0:
        return Disguise()
    mapped = [tuple(map(int, line.split())) for line in _uid_map()]
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if any(first <= entry.pw_uid < first + count for first, _, count in mapped):
                options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
                return Disguise(options=options)
    # A user name space in which root is the only user: another one inside it has another name.
    prefix = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("PostgreSQL refuses root, and this system has no other user to run it as")
    return Disguise(prefix=prefix)


def _uid_map() -> list[str]:
    file = Path("/proc/self/uid_map")
    return file.read_text().splitlines() if file.exists() else ["0 0 4294967295"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def start_cluster() -> Iterator[Cluster]:
    """Make a cluster in a folder of its own, run it, and remove both at the end."""
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL's server binaries (initdb, postgres) are not installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed: llmops-workbench[postgres]")
    somebody = disguise()
    home = Path(tempfile.mkdtemp(prefix="llmops-pg-", dir="/tmp"))  # a socket's path is short
    try:
        if somebody.options:
            os.chown(home, somebody.options["user"], somebody.options["group"])
        cluster, server = _start(folder, home, somebody)
        try:
            yield cluster
        finally:
            server.terminate()
            try:
                server.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _start(folder: Path, home: Path, somebody: Disguise) -> tuple[Cluster, subprocess.Popen[bytes]]:
    data, log, secret = home / "data", home / "log", home / "password"
    password = secrets.token_urlsafe(16)
    secret.write_text(password)
    secret.chmod(0o644)  # inside a folder that only its owner enters
    made = subprocess.run(
        [
            *somebody.prefix,
            str(folder / "initdb"),
            f"--pgdata={data}",
            "--username=llmops",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        cwd=home,
        capture_output=True,
        text=True,
        **somebody.options,
    )
    assert made.returncode == 0, f"initdb failed:\n{made.stdout}\n{made.stderr}"
    for _ in range(STARTS):
        cluster = Cluster(free_port(), password)
        command = [
            *somebody.prefix,
            str(folder / "postgres"),
            *("-D", str(data), "-k", str(home), "-p", str(cluster.port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
            *("-c", "shared_buffers=32MB", "-c", "max_connections=60"),
        ]
        with log.open("wb") as output:
            # Its own group: Ctrl-C reaches pytest, which then stops the server itself.
            server = subprocess.Popen(
                command,
                cwd=home,
                stdout=output,
                stderr=output,
                process_group=0,
                **somebody.options,
            )
        if _answers(cluster, server):
            return cluster, server
        server.kill()
        server.wait()
    raise AssertionError(f"PostgreSQL did not start:\n{log.read_text()}")


def _answers(cluster: Cluster, server: subprocess.Popen[bytes]) -> bool:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            cluster.execute("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False
