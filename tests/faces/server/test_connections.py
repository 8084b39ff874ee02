"""Connections to providers: kept without values, tested with the key, never told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from llmops_workbench.core.workspace import Workspace
from tests.faces.server.running import Server

KEY = "sk-a-secret-that-nobody-may-see"


class Provider(BaseHTTPRequestHandler):
    """Lists two models to whoever has the key."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == f"Bearer {KEY}"
        body: dict[str, Any] = {"data": [{"id": "small"}, {"id": "large"}]}
        if not known:
            body = {"error": {"message": f"wrong key {self.headers.get('Authorization')}"}}
        data = json.dumps(body).encode()
        self.send_response(200 if known and self.path == "/v1/models" else 401)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("connections")
    Workspace.init(place / "root").store.close()
    running = Server(place / "root", place / "home", environment={"TESTED_KEY": KEY})
    yield running
    running.stop()


@pytest.fixture(scope="module")
def asked(served: Server) -> Iterator[httpx.Client]:
    with served.client() as opened:
        yield opened


def test_a_connection_is_kept_and_tested_with_its_key(
    served: Server, asked: httpx.Client, provider: str
) -> None:
    body = {"url": provider + "/", "secret": "env:TESTED_KEY", "cap_usd": 5, "models": ["small"]}
    kept = asked.put("connections/lab", json=body).json()
    assert kept["url"] == provider
    assert kept["references"] == [f"openai:{provider}?key=env:TESTED_KEY#small"]
    tested = asked.post("connections/lab/test").json()
    assert tested["ok"], tested
    assert tested["models"] == ["large", "small"]
    assert [one["name"] for one in asked.get("connections").json()] == ["lab"]
    everything = (
        b"".join(path.read_bytes() for path in served.root.rglob("*") if path.is_file())
        + served.log.read_bytes()
    )
    assert KEY.encode() not in everything
    assert asked.delete("connections/lab").status_code == 200
    assert asked.delete("connections/lab").status_code == 404


def test_a_refused_key_is_said_without_the_key(asked: httpx.Client, provider: str) -> None:
    asked.put("connections/wrong", json={"url": provider, "secret": "env:HOME"})
    answer = asked.post("connections/wrong/test")
    assert answer.status_code == 200
    told = answer.json()
    assert not told["ok"]
    assert "refuses the key" in told["error"]
    assert str(Path.home()) not in answer.text


@pytest.mark.parametrize(
    ("secret", "words"),
    [("env:NOT_SET_AT_ALL", "not set"), ("", "refuses the key")],
)
def test_what_keeps_a_test_from_passing_is_one_sentence(
    asked: httpx.Client, provider: str, secret: str, words: str
) -> None:
    asked.put("connections/odd", json={"url": provider, "secret": secret})
    told = asked.post("connections/odd/test").json()
    assert not told["ok"]
    assert words in told["error"]


def test_a_server_that_is_not_there_is_no_error_of_ours(asked: httpx.Client) -> None:
    asked.put("connections/gone", json={"url": "http://127.0.0.1:9/v1"})
    answer = asked.post("connections/gone/test")
    assert answer.status_code == 200
    assert "cannot be reached" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://a/v1"},
        {"url": "file:///etc/passwd"},
        {"url": "https://user:pass@a/v1"},
        {"url": "https://a/v1?key=sk-literal"},
        {"url": "https://a:port/v1"},
        {"url": ""},
        {"url": "https://a/v1", "secret": KEY},
        {"url": "https://a/v1", "secret": "file:/etc/passwd"},
        {"url": "https://a/v1", "secret": "file:../../key"},
        {"url": "https://a/v1", "cap_usd": -1},
        {"url": "https://a/v1", "key": "sk-literal"},
    ],
)
def test_a_wrong_connection_is_refused_and_not_repeated(
    asked: httpx.Client, body: dict[str, Any]
) -> None:
    answer = asked.put("connections/bad", json=body)
    assert answer.status_code == 400, answer.text
    assert KEY not in answer.text
    assert "bad" not in [one["name"] for one in asked.get("connections").json()]


@pytest.mark.parametrize("name", ["..", "a b", "%2e%2e%2fx", "ü", "x" * 65])
def test_a_name_is_plain(asked: httpx.Client, name: str) -> None:
    answer = asked.put(f"connections/{name}", json={"url": "https://a/v1"})
    assert answer.status_code in (400, 404, 405)
