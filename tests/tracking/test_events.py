import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.store import tables
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import events


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    if request.param == "postgres":
        monkeypatch.setenv("LLMOPS_STORE_URL", request.getfixturevalue("postgres_url"))
    workspace = Workspace.init(tmp_path / "ws")
    yield workspace
    workspace.store.close()


def label(item: str, value: Any, **more: Any) -> dict[str, Any]:
    return {
        "queue": "q",
        "item": item,
        "schema": "polarity",
        "annotator": "ada",
        "source": "human",
        "value": value,
        **more,
    }


def test_the_same_key_gives_the_first_event(place: Workspace) -> None:
    first = events.append("label", [label("a", 1, idempotency_key="k")], workspace=place)
    again = events.append(
        "label",
        [label("a", 2, idempotency_key="k"), label("b", 3, idempotency_key="k")],
        workspace=place,
    )
    assert again == [first[0], first[0]]
    assert len(events.read("label", workspace=place)) == 1
    assert events.verify_chain("label", workspace=place).whole


def test_each_answer_is_kept_and_numbered_by_annotator(place: Workspace) -> None:
    events.append("label", [label("a", 1), label("a", 2, annotator="bob")], workspace=place)
    second = events.append(
        "label", [label("a", 3), label("b", None), label("a", 4)], workspace=place
    )
    assert [(e["id"], e["revision"], e["supersedes"]) for e in second] == [
        (3, 2, 1),
        (4, 1, None),
        (5, 3, 3),
    ]
    now = events.current_labels("q", workspace=place)
    assert {(e["item"], e["annotator"]): e["value"] for e in now} == {
        ("a", "ada"): 4,
        ("a", "bob"): 2,
        ("b", "ada"): None,
    }


def test_the_chain_is_the_hash_of_the_event_before_and_all_fields(place: Workspace) -> None:
    values = [1e5, 0.1, {"z": 1, "a": [True, None]}, "ümläut\x00\U0001f600", 5, "1e5"]
    events.append(
        "label",
        [label(str(n), value, payload={"seconds": 1.0}) for n, value in enumerate(values)],
        workspace=place,
    )
    previous = "sha256-" + "0" * 64
    for event in events.read("label", workspace=place):
        body = {key: event[key] for key in event if key not in ("previous", "chain")}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        assert event["previous"] == previous
        wanted = hashlib.sha256(f"{previous}|{text}".encode()).hexdigest()
        previous = event["chain"]
        assert previous == f"sha256-{wanted}"
    report = events.verify_chain("label", workspace=place)
    assert (report.whole, report.events) == (True, len(values))


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE label_events SET annotator = 'eve' WHERE id = 3", 3),
        ("UPDATE label_events SET value = '7' WHERE id = 1", 1),
        ("UPDATE label_events SET created = '2020-01-01T00:00:00.000Z' WHERE id = 5", 5),
        ("DELETE FROM label_events WHERE id = 2", 3),
        ("DELETE FROM label_events WHERE id = 5", None),
        ("DELETE FROM label_events", None),
        ("UPDATE label_events SET id = 9 WHERE id = 2", 3),
    ],
)
def test_tampering_is_found_where_it_begins(
    place: Workspace, statement: str, broken_at: int | None
) -> None:
    events.append("label", [label(str(n), n) for n in range(5)], workspace=place)
    assert events.verify_chain("label", workspace=place).whole
    with place.store.write() as connection:
        connection.exec_driver_sql(statement)
    report = events.verify_chain("label", workspace=place)
    assert (report.whole, report.broken_at) == (False, broken_at)
    assert report.reason


def test_traffic_is_known_by_its_request_and_audit_by_subject(place: Workspace) -> None:
    request = {
        "endpoint": "support",
        "request_id": "r1",
        "request": {"messages": [{"role": "user", "content": "hi"}]},
        "response": {"text": "ho"},
        "latency_ms": 12,
        "status": 200,
        "model_version": "model:triage@1",
        "payload": {"alias": "champion"},
    }
    twice = events.append("traffic", [request, dict(request)], workspace=place)
    assert twice[0] == twice[1]
    assert twice[0]["latency_ms"] == 12.0
    assert events.verify_chain("traffic", workspace=place).events == 1
    events.append(
        "audit",
        [
            {
                "action": "promote",
                "actor": "ada",
                "subject": f"model:triage@{n}",
                "payload": {"n": n},
            }
            for n in range(3)
        ],
        workspace=place,
    )
    found = events.read("audit", subject="model:triage@1", workspace=place)
    assert [event["payload"] for event in found] == [{"n": 1}]
    newest = events.read("audit", newest=True, limit=2, workspace=place)
    assert [event["id"] for event in newest] == [3, 2]
    assert [e["id"] for e in events.read("audit", after=1, limit=1, workspace=place)] == [2]


def test_events_become_an_arrow_table(place: Workspace) -> None:
    events.append("label", [label(str(n), {"n": n}) for n in range(4)], workspace=place)
    table = events.to_table("label", workspace=place)
    assert table.num_rows == 4
    assert table.column_names == tables.label_events.c.keys()
    assert json.loads(table["value"][3].as_py()) == {"n": 3}
    assert table["revision"].to_pylist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "event", "sentence"),
    [
        ("label", {"queue": "q"}, "needs 'item'"),
        ("label", {**label("a", 1), "annotater": "x"}, "did you mean 'annotator'"),
        ("label", {**label("a", 1), "source": "machine"}, "human, model, import"),
        ("labels", label("a", 1), "did you mean 'label'"),
        (
            "traffic",
            {"endpoint": "e", "request_id": "r", "request": {}, "status": "fine"},
            "'fine' cannot be the status",
        ),
    ],
)
def test_a_wrong_event_is_refused_in_a_sentence(
    workspace: Workspace, kind: str, event: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        events.append(kind, [event], workspace=workspace)


def test_appending_from_many_threads_keeps_one_chain(place: Workspace) -> None:
    def work(name: str) -> None:
        for number in range(10):
            events.append(
                "label",
                [label(str(number), number, annotator=name, idempotency_key=f"{name}-{number}")],
                workspace=place,
            )

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = events.verify_chain("label", workspace=place)
    assert (report.whole, report.events) == (True, 40)


LABELER = """
import sys
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import events
workspace = Workspace.find(sys.argv[1])
number = int(sys.argv[2])
while True:
    events.append("label", [{"queue": "q", "item": str(number), "schema": "s", "annotator": "a",
        "source": "human", "value": number, "idempotency_key": f"k{number}"}], workspace=workspace)
    print(number, flush=True)
    number += 1
"""


def test_an_acknowledged_label_survives_kill_9(workspace: Workspace) -> None:
    times = int(os.environ.get("LLMOPS_PROVE_N", "3"))
    said = -1
    for kill in range(times):
        # A client repeats what was not acknowledged to it.
        labeler = subprocess.Popen(
            [sys.executable, "-c", LABELER, str(workspace.root), str(said + 1)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert labeler.stdout is not None
        for _ in range(5 + 7 * (kill % 5)):
            said = int(labeler.stdout.readline())
        labeler.send_signal(signal.SIGKILL)
        rest = labeler.stdout.read().split("\n")
        said = max([said, *(int(line) for line in rest[:-1] if line)])
        labeler.wait()
    kept = [event["value"] for event in events.read_all("label", workspace=workspace)]
    assert kept[: said + 1] == list(range(said + 1))
    assert len(kept) <= said + 2
    assert events.verify_chain("label", workspace=workspace).whole
