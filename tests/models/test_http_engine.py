from __future__ import annotations

import json
import math
import socket
import threading
import time

import numpy as np
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import CancelledError, JobError, NotFoundError, UsageError
from llmops_workbench.models.discovery import discover
from llmops_workbench.models.engine import Engine, Generation, Sampling
from llmops_workbench.models.engines.http import HttpEngine, open_http, read_target
from llmops_workbench.models.transport import Transport, server_sent
from tests.models.server import serving, until

USAGE = {"prompt_tokens": 5, "completion_tokens": 2}


def echo_answer(path, body):
    if path == "/v1/models":
        return 200, {"data": [{"id": "only"}]}
    if path == "/v1/completions":
        return 200, {
            "choices": [{"text": f"<{body['prompt']}>", "finish_reason": "length"}],
            "usage": USAGE,
        }
    text = body["messages"][-1]["content"]
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return 200, {"choices": [choice], "usage": USAGE}


def connect(server, **options) -> HttpEngine:
    return HttpEngine(Transport(server.url, first_wait_seconds=0.01, **options), "m", name="m")


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_text_is_completed_and_messages_are_answered():
    with serving(echo_answer) as server, connect(server) as engine:
        assert isinstance(engine, Engine)
        sampling = Sampling(
            max_new_tokens=7, temperature=0.5, top_p=0.9, top_k=3, stop=("x",), seed=9
        )
        chat = [{"role": "user", "content": "hello"}]
        first, second = engine.generate(["text", chat], sampling)
        assert (first.text, first.finish_reason) == ("<text>", "length")
        assert (second.text, second.finish_reason) == ("hello", "stop")
        assert (second.prompt_tokens, second.new_tokens) == (5, 2)
        bodies = {path: body for path, body, _ in server.requests}
        assert bodies["/v1/chat/completions"] == {
            "model": "m",
            "messages": chat,
            "max_tokens": 7,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 3,
            "stop": ["x"],
            "seed": 9,
        }


def test_order_is_kept_while_several_are_under_way():
    def slow_first(path, body):
        if body["prompt"] == "0":
            until(lambda: server.most_at_once > 1 and len(server.requests) >= 6)
        return echo_answer(path, body)

    order: list[int] = []
    with serving(slow_first) as server, connect(server) as engine:
        prompts = [str(number) for number in range(12)]
        answers = engine.generate(prompts, on_result=lambda number, _: order.append(number))
        assert [answer.text for answer in answers] == [f"<{prompt}>" for prompt in prompts]
        assert sorted(order) == list(range(12))
        assert order[0] != 0
        assert 1 < server.most_at_once <= 4


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_server_is_asked_again(status):
    def twice_busy(path, body):
        if len(server.requests) < 3:
            return status, {"error": {"message": "busy"}}
        return echo_answer(path, body)

    with serving(twice_busy) as server, connect(server) as engine:
        assert engine.generate(["a"])[0].text == "<a>"
        assert len(server.requests) == 3


def test_tries_are_bounded_and_the_row_says_why():
    def never_one(path, body):
        if body["prompt"] == "bad":
            return 503, {"error": {"message": "out of memory"}}
        return echo_answer(path, body)

    with serving(never_one) as server, connect(server, tries=3) as engine:
        good, bad, other = engine.generate(["a", "bad", "b"])
        assert (good.text, other.text) == ("<a>", "<b>")
        assert bad.finish_reason == "error"
        assert "503" in bad.error and "out of memory" in bad.error
        assert sum(body["prompt"] == "bad" for _, body, _ in server.requests) == 3


def test_wrong_request_is_not_repeated():
    with (
        serving(lambda path, body: (400, {"error": {"message": "top_k unknown"}})) as server,
        connect(server) as engine,
    ):
        answer = engine.generate(["a"])[0]
        assert "top_k unknown" in answer.error
        assert len(server.requests) == 1


def test_server_names_its_wait():
    def busy_once(path, body):
        return (429, {}) if len(server.requests) == 1 else echo_answer(path, body)

    with serving(busy_once, headers={"retry-after": "0.3"}) as server, connect(server) as engine:
        begun = time.monotonic()
        assert engine.generate(["a"])[0].text == "<a>"
        assert time.monotonic() - begun >= 0.3


def test_silent_server_is_left_after_the_time_limit():
    release = threading.Event()

    def hang(path, body):
        release.wait(10)
        return echo_answer(path, body)

    with serving(hang) as server, connect(server, tries=1, read_seconds=0.2) as engine:
        answer = engine.generate(["a"])[0]
        release.set()
        assert answer.finish_reason == "error"
        assert "did not answer" in answer.error


def test_absent_server_fails_every_row_soon():
    url = f"http://127.0.0.1:{closed_port()}/v1"
    with HttpEngine(Transport(url, first_wait_seconds=0.01), "m", name="m") as engine:
        begun = time.monotonic()
        answers = engine.generate(["a"] * 200)
        assert time.monotonic() - begun < 10
        assert all("cannot be reached" in answer.error for answer in answers)


def test_cancelling_stops_a_batch():
    stop = threading.Event()

    def answer(path, body):
        stop.set()
        return 503, {}

    with serving(answer) as server, connect(server) as engine:
        with activate(None, cancelled=stop.is_set), pytest.raises(CancelledError):
            engine.generate(["a"] * 50)
        assert len(server.requests) < 50


def events(*items) -> bytes:
    lines = [f"data: {json.dumps(item, ensure_ascii=False)}\n\n" for item in items]
    return (": hello\n\n" + "".join(lines) + "data: [DONE]\n\n").encode()


def delta(text, reason=None):
    return {"choices": [{"delta": {"content": text}, "finish_reason": reason}]}


def test_stream_gives_pieces_and_then_the_whole():
    body = events(
        {"choices": [{"delta": {"role": "assistant"}}]},
        delta("Bon"),
        delta("jour\u2028日\x85本"),
        delta("", "length"),
        {"choices": [], "usage": USAGE},
    )
    with serving(lambda *_: (200, body)) as server, connect(server) as engine:
        *pieces, final = engine.stream([{"role": "user", "content": "hi"}])
        assert pieces == ["Bon", "jour\u2028日\x85本"]
        assert isinstance(final, Generation)
        assert final.text == "Bonjour\u2028日\x85本"
        assert (final.finish_reason, final.prompt_tokens, final.new_tokens) == ("length", 5, 2)
        assert 0 < final.first_token_seconds <= final.seconds
        assert server.requests[0][1]["stream"] is True


def test_stream_that_breaks_is_an_error():
    whole = events(delta("a"))
    for body, sentence in (
        (whole[: whole.index(b"data: [DONE]")], "before its end"),
        (events(delta("a"), {"error": {"message": "lost the GPU"}}), "lost the GPU"),
        (b"data: {not json}\n\n", "not JSON"),
    ):
        with (
            serving(lambda *_, body=body: (200, body)) as server,
            connect(server) as engine,
            pytest.raises(JobError, match=sentence),
        ):
            list(engine.stream("a"))


def test_server_sent_events_however_they_are_cut():
    whole = "data: a\r\n\r\n: note\nevent: x\ndata: b\ndata:c\n\ndata: дом\n\n".encode()
    for size in (1, 2, 3, 7, 100):
        chunks = (whole[at : at + size] for at in range(0, len(whole), size))
        assert list(server_sent(chunks)) == ["a", "b\nc", "дом"]


def test_key_is_sent_and_never_shown(monkeypatch):
    monkeypatch.setenv("MY_KEY", "s3cret-value")

    def refuse(path, body):
        return 401, {"error": {"message": "bad key s3cret-value"}}

    with serving(refuse) as server:
        with open_http(f"{server.url}?key=env:MY_KEY#m") as engine:
            answer = engine.generate(["a"])[0]
            assert "s3cret-value" not in answer.error + repr(engine.info)
            assert "refuses the key" in answer.error
        assert server.requests[0][2]["Authorization"] == "Bearer s3cret-value"


def test_addresses_are_read():
    assert read_target("http://h:1/v1?key=env:A#org/m:7b") == (
        "http://h:1/v1",
        "env:A",
        "org/m:7b",
    )
    with pytest.raises(UsageError, match="name a secret"):
        read_target("http://h/v1?key=sk-123#m")
    with pytest.raises(UsageError, match="password"):
        read_target("http://me:pw@h/v1#m")
    with pytest.raises(UsageError, match="no address"):
        read_target("localhost#m")


def test_only_model_is_taken_and_several_are_named():
    with serving(echo_answer) as server, open_http(server.url) as engine:
        assert engine.info.name == f"openai:{server.url}#only"
    two = {"data": [{"id": "one"}, {"id": "two"}]}
    with serving(lambda *_: (200, two)) as server, pytest.raises(UsageError, match="one, two"):
        open_http(server.url)


def test_score_reads_the_echo():
    """Tokens of three characters; the boundary token holds a character of the prompt."""

    def answer(path, body):
        text = body["prompt"]
        tokens = [text[at : at + 3] for at in range(0, len(text), 3)]
        values = [None, *[-0.5 * at for at in range(1, len(tokens))]]
        tops = [None, *[{token: value} for token, value in zip(tokens, values, strict=True)][1:]]
        offsets = [3 * at for at in range(len(tokens))]
        return 200, {
            "choices": [
                {
                    "text": text + "!",
                    "logprobs": {
                        "tokens": [*tokens, "!"],
                        "token_logprobs": [*values, -9.0],
                        "top_logprobs": [*tops, {"!": -9.0}],
                        "text_offset": [*offsets, len(text)],
                    },
                }
            ]
        }

    with serving(answer) as server, connect(server) as engine:
        row, other = engine.score(["abcdefgh", "ab"], [["ijk", "i"], ["cd"]])
        # abc def gh|i jk: the continuation is "ghi" (-1.0) and "jk" (-1.5)
        assert (row[0].log_likelihood, row[0].tokens, row[0].greedy) == (-2.5, 2, True)
        assert (row[1].log_likelihood, row[1].tokens) == (-1.0, 1)
        assert math.isnan(other[0].log_likelihood)
        assert "no condition" in other[0].error
        with pytest.raises(UsageError, match="text only"):
            engine.score([[{"role": "user", "content": "x"}]], [["a"]])


def test_score_of_a_server_without_echo_is_refused():
    without = {"choices": [{"text": "x", "logprobs": None}]}
    generated = {
        "choices": [{"text": "x", "logprobs": {"tokens": ["x"], "token_logprobs": [-1.0]}}]
    }
    for said in (without, generated):
        with (
            serving(lambda *_, said=said: (200, said)) as server,
            connect(server) as engine,
            pytest.raises(UsageError, match="score with a local model"),
        ):
            engine.score(["prompt "], [["text"]])


def test_embeddings_come_in_order():
    def answer(path, body):
        rows = [{"index": at, "embedding": [len(t), at]} for at, t in enumerate(body["input"])]
        return 200, {"data": rows[::-1]}

    with serving(answer) as server, connect(server) as engine:
        texts = ["x" * (number % 7) for number in range(100)]
        vectors = engine.embed(texts)
        assert vectors.dtype == np.float32
        assert vectors[:, 0].tolist() == [len(text) for text in texts]
        assert len(server.requests) == 2


def test_unknown_route_is_not_found():
    with (
        serving(lambda *_: (404, {"error": "no such model"})) as server,
        connect(server) as engine,
        pytest.raises(NotFoundError, match="no such model"),
    ):
        list(engine.stream("a"))


def test_discovery_finds_what_answers_and_passes_over_the_rest():
    hanging = socket.create_server(("127.0.0.1", 0))
    try:
        with (
            serving(echo_answer) as server,
            serving(lambda *_: (200, b"<html>another program</html>")) as other,
        ):
            places = {
                "Ollama": server.port,
                "LM Studio": closed_port(),
                "llama.cpp": other.port,
                "silent": hanging.getsockname()[1],
            }
            begun = time.monotonic()
            found = discover(places)
            assert time.monotonic() - begun < 3
            assert [(one.kind, one.models) for one in found] == [("Ollama", ("only",))]
            assert found[0].specs == (f"openai:{server.url}#only",)
    finally:
        hanging.close()
