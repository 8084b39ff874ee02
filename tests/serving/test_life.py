"""Hang-ups, full queues, stops and kills: no answer is lost, and no place is held by nobody."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from llmops_workbench.execution import control
from tests.serving.conftest import Served, end, own_copy, serve, until


def begun(served: Served) -> list[str]:
    file = served.workspace.root / "begun"
    return file.read_text().split() if file.exists() else []


def go(served: Served) -> None:
    (served.workspace.root / "go").touch()


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], "user": text, **more}


def raw_request(served: Served, text: str, **more: Any) -> socket.socket:
    """Send a request by hand, so that the connection can be dropped at will."""
    port = int(served.url.split(":")[-1].split("/")[0])
    content = json.dumps(body(text, **more)).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {served.key}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(head.encode() + content)
    return connection


def waiting(served: Served) -> float:
    with served.client() as client:
        text = client.get(served.url.removesuffix("/v1") + "/metrics").text
    line = next(row for row in text.splitlines() if row.startswith("llmops_requests_waiting{"))
    return float(line.split()[-1])


def test_a_full_queue_is_429_and_a_caller_who_hangs_up_frees_the_place(slow: Served):
    with ThreadPoolExecutor(4) as pool, slow.client() as client:
        first = pool.submit(client.post, "/chat/completions", json=body("first"))
        until(lambda: begun(slow) == ["first"])
        gone = raw_request(slow, "gone")
        until(lambda: waiting(slow) == 1)
        second = pool.submit(client.post, "/chat/completions", json=body("second"))
        until(lambda: waiting(slow) == 2)
        refused = client.post("/chat/completions", json=body("refused"))
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["error"]["type"] == "rate_limit_error"

        gone.close()
        until(lambda: waiting(slow) == 1)
        third = pool.submit(client.post, "/chat/completions", json=body("third"))
        until(lambda: waiting(slow) == 2)
        go(slow)
        for answer in (first, second, third):
            assert answer.result().json()["choices"][0]["message"]["content"] == "one two"
    assert begun(slow) == ["first", "second", "third"], "who is gone was answered all the same"
    kept = {event["request"]["user"]: event["status"] for event in slow.traffic()}
    assert kept == {"first": 200, "second": 200, "third": 200, "refused": 429, "gone": 499}
    assert len(slow.traffic()) == 5


def test_who_leaves_a_stream_is_kept_with_what_it_heard(slow: Served):
    given = body("left", stream=True)
    with slow.client() as client, client.stream("POST", "/chat/completions", json=given) as answer:
        next(line for line in answer.iter_lines() if "one" in line)
    [event] = until(lambda: slow.of_user("left"))
    assert (event["status"], event["response"]) == (499, {"text": "one "})
    go(slow)
    with slow.client() as client:
        assert client.post("/chat/completions", json=body("next")).status_code == 200
    assert len(slow.of_user("left")) == 1


def test_what_a_function_raises_is_not_the_callers_fault(slow: Served):
    with slow.client() as client:
        found = client.post("/chat/completions", json=body("fail"))
        streamed = client.post("/chat/completions", json=body("fail", stream=True))
    for answer in (found, streamed):
        assert answer.status_code == 502
        assert "no answer to that" in answer.json()["error"]["message"]


@pytest.mark.parametrize("how", ["cancel", "signal"])
def test_a_stop_lets_an_open_stream_end(slow: Served, how: str):
    given = body("open", stream=True)
    with slow.client() as client, client.stream("POST", "/chat/completions", json=given) as answer:
        lines = answer.iter_lines()
        next(line for line in lines if "one" in line)
        stop: threading.Thread | None = None
        if how == "cancel":
            stop = threading.Thread(target=control.cancel, args=(slow.job,))
            stop.start()
        else:
            os.kill(slow.pid, signal.SIGTERM)
        until(lambda: refuses(slow))
        go(slow)
        rest = list(lines)
    assert any("two" in line for line in rest)
    assert [line for line in rest if line][-1] == "data: [DONE]"
    if stop is not None:
        stop.join()
    state = until(lambda: slow.job.state.state not in ("running", "queued") and slow.job.state)
    assert state.state == ("cancelled" if how == "cancel" else "interrupted")
    [event] = slow.traffic()
    assert (event["status"], event["response"]) == (200, {"text": "one two"})


def refuses(served: Served) -> bool:
    """Whether nobody new is let in any more."""
    try:
        httpx.get(served.url.removesuffix("/v1") + "/health", timeout=2)
    except httpx.TransportError:
        return True
    return False


LITERAL = "sk-literal-canary-7261"


def test_a_literal_key_is_hidden_and_no_acknowledged_answer_is_lost_to_kill_9(
    stocked: Path, tiny: Path, tmp_path: Path
):
    found = serve(own_copy(stocked, tmp_path / "w", tiny), model="asked", key=LITERAL)
    try:
        warned = [e.data["message"] for e in found.events if e.kind == "warning"]
        assert any("a key was given literally" in message for message in warned)
        assert found.key == LITERAL
        holders = [f for f in files(found) if LITERAL.encode() in f.read_bytes()]
        assert holders == [Path(found.report.key_file)]
        assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600
        process = psutil.Process(found.pid)
        assert LITERAL not in " ".join(process.cmdline())
        assert LITERAL not in json.dumps(process.environ())

        heard: list[str] = []

        def ask(number: int) -> None:
            with found.client() as client:
                while True:
                    given = body(f"caller {number}", max_tokens=3, stream=bool(number % 2))
                    answer = client.post("/chat/completions", json=given)
                    text = answer.text
                    if number % 2:
                        # A stream is acknowledged by its end.
                        if not text.rstrip().endswith("data: [DONE]"):
                            return
                        text = text.splitlines()[0].removeprefix("data: ")
                    heard.append(json.loads(text)["id"])

        threads = [threading.Thread(target=swallowed, args=(ask, n)) for n in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: len(heard) >= 20)
        os.kill(found.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        kept = [event["request_id"] for event in found.traffic()]
        assert set(heard) <= set(kept)
        assert len(kept) == len(set(kept))
        holders = [f for f in files(found) if LITERAL.encode() in f.read_bytes()]
        assert holders == [Path(found.report.key_file)]
    finally:
        end(found)


def swallowed(ask: Any, number: int) -> None:
    # The endpoint is killed meanwhile.
    with contextlib.suppress(httpx.TransportError, json.JSONDecodeError):
        ask(number)


def files(served: Served) -> list[Path]:
    return [f for f in served.workspace.root.rglob("*") if f.is_file()]
