"""Requests made up from the server's own description: none fails the server or leads out of it.

`LLMOPS_PROVE_N=1000` asks for as many; the everyday suite makes fewer.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.faces.server.conftest import stock
from tests.faces.server.running import TOKEN, Server, ended, foreign

WANTED = int(os.environ.get("LLMOPS_PROVE_N", "150"))
# Most made-up names name nothing: half of the requests get one that does.
KNOWN = {
    "operations/{name}": ["jot"],
    "operations/{name}/check": ["jot", "tune", "label", "execute", "init"],
    "jobs/{name}": ["JOB"],
    "jobs/{name}/events": ["JOB"],
    "views/{name}/state": ["probe"],
    "views/{name}/ask": ["probe"],
    "connections/{name}": ["lab"],
    "connections/{name}/test": ["lab"],
}
REFS = ["dataset:reviews@1", "dataset:reviews", "model:triage@1", "prompt:short@1", "run:abcd"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("fuzz")
    stock(place / "root").store.close()
    (place / "outside").mkdir()
    (place / "outside" / "canary.csv").write_text("canary\nsinging\n")
    running = Server(place / "root", place / "home")
    yield running
    running.stop()


def print_of(place: Path, but: tuple[Path, ...]) -> dict[str, str]:
    """Hash every file beside those that are the server's own."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in place.rglob("*")
        if path.is_file() and not any(path.is_relative_to(one) for one in but)
    }


@pytest.mark.timeout(1800)
def test_made_up_requests_fail_nothing_and_lead_nowhere(served: Server) -> None:
    import schemathesis
    from schemathesis import GenerationMode

    outside = served.root.parent
    before = print_of(outside, (served.root, served.home))
    statuses: Counter[int] = Counter()
    failed: list[str] = []
    with served.client() as client:
        body = {"arguments": {"text": "first"}}
        job = client.post("operations/jot", json=body).json()["job"]
        ended(client, job)
        client.put("connections/lab", json={"url": "http://127.0.0.1:9/v1"})
        described = client.get("openapi.json").json()
        schema = schemathesis.openapi.from_dict(described)
        operations = [found.ok() for found in schema.get_all_operations()]
        each = -(-WANTED // (len(operations) * 2))

        def send(case: Any, known: str | None) -> None:
            path = case.operation.path.strip("/")
            if known is not None and case.path_parameters:
                case.path_parameters = dict.fromkeys(case.path_parameters, known)
            arguments = case.as_transport_kwargs(base_url=served.url.rstrip("/"))
            headers = {**dict(arguments.get("headers") or {}), "Authorization": f"token {TOKEN}"}
            answer = _sent(client, arguments, headers)
            if answer is None:
                return
            statuses[answer.status_code] += 1
            if answer.status_code == 500:
                failed.append(f"{case.method} {path}: {answer.text[:300]} {arguments}"[:1500])
            assert b"singing" not in answer.content

        for operation in operations:
            path = operation.path.strip("/")
            names = [job if one == "JOB" else one for one in KNOWN.get(path, [])]
            names = REFS if "{ref}" in path else names
            known = st.sampled_from([None, *names])
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                try:
                    cases = operation.as_strategy(generation_mode=mode)
                except Exception as error:  # a route without anything that could be wrong
                    assert mode == GenerationMode.NEGATIVE, error
                    continue
                run = settings(
                    max_examples=each,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )(given(cases, known)(send))
                _run(run, mode == GenerationMode.NEGATIVE)
        assert not failed, "\n".join(failed)
        assert client.get("status").status_code == 200
        assert sum(statuses.values()) >= WANTED * 0.9, statuses
        assert {200, 400, 404} <= set(statuses)
        assert print_of(outside, (served.root, served.home)) == before
        assert not foreign(served)
        # The watch does see what is read.
        peek = {"method": "peek", "payload": {"place": str(outside / "outside" / "canary.csv")}}
        assert client.post("views/probe/ask", json=peek).status_code == 200
        assert [line for line in foreign(served) if "canary.csv" in line]


def _sent(client: Any, arguments: dict[str, Any], headers: dict[str, str]) -> Any:
    """Send a request, unless it is one that no client can write."""
    given = {key: arguments[key] for key in ("params", "json", "cookies") if key in arguments}
    if isinstance(arguments.get("data"), str | bytes):
        given["content"] = arguments["data"]
    given.pop("cookies", None)
    try:
        request = client.build_request(
            arguments["method"], arguments["url"], headers=headers, **given
        )
    except (ValueError, TypeError, UnicodeError):
        return None
    except Exception as error:
        if type(error).__name__ == "InvalidURL":
            return None
        raise
    return client.send(request)


def _run(work: Any, may_be_nothing: bool) -> None:
    from hypothesis.errors import Unsatisfiable

    try:
        work()
    except Unsatisfiable:
        assert may_be_nothing
    except Exception as error:
        if may_be_nothing and "negative" in str(error).lower():
            return
        raise
