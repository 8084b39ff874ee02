"""The server under attack: who is not let in, what is not read, and what is not held in memory."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest

from llmops_workbench.faces.server.routes import table
from tests.faces.server.running import TOKEN, Server, foreign

ROUTES = [
    (one.method, one.pattern.pattern and one.path.replace("{file}", "a.js")) for one in table()
]
OUTSIDE = [
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
    "dataset:../../etc/passwd",
    "dataset:@../../../etc/passwd",
    "dataset:/etc/passwd",
    "dataset:reviews@../../x",
    "dataset:reviews#../../x",
    "model:/etc/passwd",
    "model:../outside",
    "model:~/.ssh/id_rsa",
    "run:../../../etc",
    "job:../../../etc",
    "queue:..",
    "..\\..\\windows",
    "dataset:%00",
    "\u202edataset:reviews",
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_is_let_in_without_the_token(server: Server, method: str, path: str) -> None:
    path = path.replace("{", "").replace("}", "")
    for given in ({}, {"Authorization": "token wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = httpx.request(method, server.url + path, headers=given)
        assert answer.status_code == 403, (given, answer.text)
        assert set(answer.json()) == {"error", "kind", "detail", "message"}
    assert httpx.request(method, f"{server.url}{path}?token=wrong").status_code == 403


@pytest.fixture
def browser(server: Server) -> httpx.Client:
    """A client that is let in by its cookie alone, as a browser is."""
    client = httpx.Client(base_url=server.url, timeout=30)
    client.get("status", params={"token": TOKEN})
    base = server.url.removesuffix("llmops-workbench/")
    client.get(f"{base}api/status")
    assert client.get("status").status_code == 200
    return client


def test_another_origin_gets_nothing(server: Server, browser: httpx.Client) -> None:
    evil = {"Origin": "https://evil.example"}
    assert browser.get("status", headers=evil).status_code == 404
    assert browser.get("status", headers={"Origin": "null"}).status_code == 404
    same = {"Origin": f"http://127.0.0.1:{server.port}"}
    assert browser.get("status", headers=same).status_code == 200


def test_a_form_of_another_site_changes_nothing(server: Server, browser: httpx.Client) -> None:
    body = {"tags": {"forged": "yes"}}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Content-Type": "text/plain"},
        {"Referer": "https://evil.example/page"},
        {},
    ):
        for method, path in (
            ("POST", "items/dataset:reviews@1"),
            ("POST", "operations/jot"),
            ("DELETE", "items/dataset:reviews@1"),
            ("PUT", "connections/forged"),
        ):
            answer = browser.request(method, path, content=json.dumps(body), headers=headers)
            assert answer.status_code in (403, 404), (method, path, headers)
    with server.client() as client:
        assert "forged" not in client.get("items/dataset:reviews@1").text
    cross = browser.cookies.get("_xsrf") or ""
    if cross:
        evil = {"Origin": "https://evil.example", "X-XSRFToken": cross}
        assert browser.post("items/dataset:reviews@1", json=body, headers=evil).status_code == 404


def test_a_foreign_host_name_gets_nothing(server: Server) -> None:
    with server.client(Host="evil.example") as client:
        assert client.get("status").status_code == 403


@pytest.mark.parametrize("ref", OUTSIDE)
def test_no_reference_leads_out(server: Server, client: httpx.Client, ref: str) -> None:
    secret = Path("/etc/passwd").read_text().splitlines()[0]
    plain = quote(ref, safe="%:@#/.").replace("#", "%23")
    for address in (
        f"items/{plain}",
        f"lineage/{plain}",
        f"opening?ref={quote(ref)}",
        f"jobs/{plain}",
        f"jobs/{plain}/events",
        f"views/{plain}.js",
        f"operations/{plain}",
        f"items?kind={quote(ref)}",
        f"choices?operation=jot&parameter=column&arguments={quote(json.dumps({'source': ref}))}",
    ):
        answer = client.get(address)
        assert answer.status_code in (200, 400, 404), (address, answer.text)
        assert secret not in answer.text, address
        if answer.status_code == 200:
            # A model outside is a node without a past; a split is only a word.
            assert address.startswith(("choices", "lineage", "opening")), address
    for view, body in (
        ("probe", {"subject": ref, "method": "rows", "payload": {"start": 0, "stop": 1}}),
        (ref, {"subject": ref, "method": "rows"}),
    ):
        answer = client.post(f"views/{quote(view, safe='')}/ask", json=body)
        assert answer.status_code < 500, answer.text
        assert secret.encode() not in answer.content
    for method in ("DELETE", "POST"):
        body = {} if method == "DELETE" else {"json": {"alias": "a b"}}
        answer = client.request(method, f"items/{plain}", **body)
        assert answer.status_code in (400, 404), answer.text
    assert not foreign(server)


@pytest.mark.parametrize("folder", ["..", "../new", "/tmp/new", "a/../../new", "~/new", "link/new"])
def test_no_workspace_is_made_outside(server: Server, client: httpx.Client, folder: str) -> None:
    link = server.root / "link"
    if not link.is_symlink():
        link.symlink_to(server.root.parent)
    before = sorted(path.name for path in server.root.parent.iterdir())
    answer = client.post("workspace", json={"folder": folder})
    if folder == "~/new":  # a folder of that name, below the root, and nobody's home
        assert answer.status_code in (201, 400)
        assert not (Path.home() / "new").exists()
        client.post("workspace", json={"folder": "."})
    else:
        assert answer.status_code == 400, answer.text
        assert "outside" in answer.json()["error"]
    assert sorted(path.name for path in server.root.parent.iterdir()) == before
    link.unlink()


@pytest.mark.parametrize("path", ["operations/jot", "views/probe/ask", "items/dataset:reviews@1"])
def test_a_body_of_fifty_megabytes_is_refused_and_not_held(
    server: Server, client: httpx.Client, path: str
) -> None:
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    body = b'{"arguments": {"text": "' + b"x" * 50_000_000 + b'"}}'
    answer = client.post(path, content=body)
    assert answer.status_code == 413
    assert "bytes" in answer.json()["error"]
    assert process.memory_info().rss - before < 25_000_000

    def pieces():
        for start in range(0, len(body), 1_000_000):
            yield body[start : start + 1_000_000]

    assert client.post(path, content=pieces()).status_code == 413
    assert client.get("status").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b"[1, 2]",
        b'"text"',
        b"null",
        b"\xff\xfe{}",
        b'{"action": NaN}',
        b'{"action": "cancel"',
        b'{"action": "\xed\xa0\x80"}',
        b'{"action": "\\ud800"}',
        b'{"action": "\\u0000"}',
        b'{"a\\u0000": "x"}',
        b'{"action": "a\x00b"}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"action": ' + b"1" * 5000 + b"}",
        b'{"action": 1e999999}',
        b'{"action": "cancel", "action": 3}',
    ],
)
def test_a_broken_body_is_one_sentence(client: httpx.Client, body: bytes) -> None:
    for path in ("jobs/any", "operations/jot", "views/probe/ask", "items/dataset:reviews@1"):
        answer = client.post(path, content=body)
        assert answer.status_code in (400, 404), (path, answer.text)
        assert answer.json()["error"]


@pytest.mark.parametrize(
    "address",
    [
        "items?kind=run&offset=99999999999999999999999",
        "items?kind=run&limit=-1",
        "items?kind=run&filter=metrics.acc%3E1e999",
        "items?kind=run&filter=metrics.%27%22--%3E1",
        "items?kind=run&filter=state%3D%27%20OR%201%3D1",
        "items?kind=model&filter=version%3D99999999999999999999999999",
        "items?kind=run&sort=arguments.%27%3B%20drop%20table%20runs%3B",
        "items?kind=dataset&search=%00",
        "items?kind=dataset&search=%ff",
        "items?kind=%F0%9F%92%A9",
        "jobs/any/events?after=99999999999999999999999",
        "search?q=" + "%25" * 400,
        "search?q=" + "x" * 5000,
        "choices?operation=jot&parameter=tone&arguments=[1]",
        "choices?operation=jot&parameter=tone&arguments=" + "[" * 20000,
    ],
)
def test_an_odd_query_is_no_failure_of_the_server(client: httpx.Client, address: str) -> None:
    assert client.get(address).status_code in (200, 400, 404, 414, 431)


def test_jupyters_own_check_finds_every_verb_behind_the_login(server: Server) -> None:
    # With `allow_unauthenticated_access=False` the server warns of each verb that is not.
    log = server.log.read_text()
    assert "llmops_workbench | extension was successfully loaded" in log
    assert "JupyterServerAuthWarning" not in log
