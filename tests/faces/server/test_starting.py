"""Forms and jobs: checking, starting, watching, stopping, and in whose environment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from llmops_workbench.core.workspace import Workspace
from tests.faces.server.conftest import stock
from tests.faces.server.running import PLUGINS, Server, ended, eventually

ROOT = Path(__file__).resolve().parents[3]


def kernelspec(data: Path, name: str, python: str, language: str = "python") -> None:
    place = data / "kernels" / name
    place.mkdir(parents=True)
    spec = {"argv": [python, "-m", "ipykernel"], "display_name": name, "language": language}
    (place / "kernel.json").write_text(json.dumps(spec))


def environment(place: Path, *paths: str) -> str:
    """Make an environment of its own, whose interpreter also looks in some folders."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    (site,) = place.glob("lib/python*/site-packages")
    (site / "others.pth").write_text("\n".join(paths))
    return str(place / "bin" / "python")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows four kernelspecs."""
    place = tmp_path_factory.mktemp("kernels")
    stock(place / "root").store.close()
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    second = environment(place / "second", str(ROOT), ours)
    empty = environment(place / "empty")
    (place / "future" / "llmops_workbench").mkdir(parents=True)
    (place / "future" / "llmops_workbench" / "__init__.py").touch()
    (place / "future" / "llmops_workbench" / "version.py").write_text('__version__ = "99.1.0"')
    newer = environment(place / "newer", str(place / "future"))
    data = place / "home" / "data"
    kernelspec(data, "second", second)
    kernelspec(data, "empty", empty)
    kernelspec(data, "newer", newer)
    kernelspec(data, "gone", str(place / "no" / "python"))
    kernelspec(data, "other", "Rscript", "R")
    running = Server(place / "root", place / "home")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def asked(served: Server) -> Iterator[httpx.Client]:
    with served.client() as opened:
        yield opened


def start(client: httpx.Client, name: str, /, **arguments: object) -> dict[str, str]:
    answer = client.post(f"operations/{name}", json={"arguments": arguments})
    assert answer.status_code == 202, answer.text
    found: dict[str, str] = answer.json()
    return found


def test_an_inline_operation_is_a_job_with_its_run(asked: httpx.Client) -> None:
    started = start(asked, "jot", text="hello")
    shown = ended(asked, started["job"])
    assert shown["state"] == "done", shown
    assert shown["result"]["python"] == sys.executable
    run = asked.get(f"items/run:{started['run_id']}").json()["details"]
    assert run["state"] == "done"
    assert run["operation"] == "jot"
    told = asked.get("opening", params={"ref": f"run:{started['run_id']}"}).json()
    assert told["view"] == "probe"  # the view that its result names
    told = asked.get("opening", params={"ref": f"job:{started['job'][-4:]}"}).json()
    assert (told["view"], told["subject"]) == ("job", f"job:{started['job']}")


def test_it_runs_in_the_environment_of_the_kernelspec(served: Server, asked: httpx.Client) -> None:
    body = {"arguments": {"text": "hello"}, "kernelspec": "second"}
    answer = asked.post("operations/jot", json=body)
    assert answer.status_code == 202, answer.text
    shown = ended(asked, answer.json()["job"])
    assert shown["state"] == "done", shown
    assert shown["result"]["python"] == str(served.home.parent / "second" / "bin" / "python")


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("empty", 400, "-m pip install llmops-workbench"),
        ("newer", 400, "99.1.0"),
        ("gone", 400, "does not run"),
        ("other", 400, "needs a Python one"),
        ("scond", 404, "did you mean 'second'?"),
    ],
)
def test_an_environment_that_cannot_do_it_is_refused_in_one_sentence(
    asked: httpx.Client, name: str, status: int, words: str
) -> None:
    before = asked.get("jobs").json()["total"], asked.get("counts").json()["run"]
    body = {"arguments": {"text": "hello"}, "kernelspec": name}
    answer = asked.post("operations/jot", json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]
    assert (asked.get("jobs").json()["total"], asked.get("counts").json()["run"]) == before


def test_a_file_is_named_from_the_servers_root(asked: httpx.Client) -> None:
    started = start(asked, "jot", text="a file", source="rows.csv")
    shown = ended(asked, started["job"])
    assert shown["state"] == "done", shown
    assert shown["arguments"]["source"].startswith("dataset:@sha256-")


@pytest.mark.parametrize(
    "path", ["/etc/hosts.csv", "../secret.csv", "link/secret.csv", "~/secret.csv", "./../x.csv"]
)
def test_a_file_outside_is_not_read(served: Server, asked: httpx.Client, path: str) -> None:
    outside = served.root.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "secret.csv").write_text("a\n1\n")
    (served.root.parent / "secret.csv").write_text("a\n1\n")
    link = served.root / "link"
    if not link.exists():
        link.symlink_to(outside)
    body = {"arguments": {"text": "x", "source": path}}
    answer = asked.post("operations/jot", json=body)
    assert answer.status_code == 400, answer.text
    assert "outside" in answer.json()["error"]
    checked = asked.post("operations/jot/check", json={"arguments": body["arguments"]}).json()
    assert "outside" in checked["errors"]["source"]


def test_an_operation_without_a_workspace_stays_inside_too(
    served: Server, asked: httpx.Client
) -> None:
    body = {"arguments": {"folder": "../elsewhere"}}
    assert asked.post("operations/init", json=body).status_code == 400
    assert not (served.root.parent / "elsewhere").exists()


def test_a_form_is_checked_field_by_field(asked: httpx.Client) -> None:
    given = {
        "tone": "icy",
        "times": 12,
        "source": "reviews@2",
        "column": "lable",
        "odd": 1,
    }
    told = asked.post("operations/jot/check", json={"arguments": given}).json()
    assert not told["ok"]
    assert set(told["errors"]) == {"text", "tone", "times", "column", "odd"}
    assert "did you mean 'label'?" in told["errors"]["column"]
    assert told["plan"] is None


def test_a_sound_form_gets_its_lines_and_its_plan(asked: httpx.Client) -> None:
    before = asked.get("status").json()
    given = {"text": "two words", "tone": "cool", "source": "reviews@2", "column": "label"}
    told = asked.post("operations/jot/check", json={"arguments": given}).json()
    assert told == {
        "ok": True,
        "errors": {},
        "line": "%llmops jot --text 'two words' --tone cool --source reviews@2 --column label",
        "shell": "llmops jot --text 'two words' --tone cool --source reviews@2 --column label",
        "python": "lw.jot(text='two words', tone='cool', source='reviews@2', column='label')",
        "plan": {"rows": 3, "words": 2},
    }
    after = asked.get("status").json()
    assert before["revision"] == after["revision"]


def test_choices_come_from_the_workspace(asked: httpx.Client) -> None:
    def values(**query: str) -> list[str]:
        answer = asked.get("choices", params={"operation": "jot", **query})
        assert answer.status_code == 200, answer.text
        return [item["value"] for item in answer.json()]

    assert values(parameter="tone") == ["warm", "cool"]
    assert set(values(parameter="source")) == {"reviews", "评论"}
    assert values(parameter="source", prefix="rev") == ["reviews"]
    shown = asked.get("choices", params={"operation": "jot", "parameter": "source"}).json()
    assert {"value": "reviews", "label": "reviews", "hint": "@3 · 6 rows"} in shown
    of = json.dumps({"source": "reviews"})
    assert values(parameter="column", arguments=of) == ["text", "label"]
    of = json.dumps({"source": "rows.csv"})
    assert values(parameter="column", arguments=of) == ["text", "label"]
    of = json.dumps({"source": "../secret.csv"})
    answer = asked.get(
        "choices", params={"operation": "jot", "parameter": "column", "arguments": of}
    )
    assert answer.status_code == 400


def test_a_job_is_paused_resumed_and_stopped(asked: httpx.Client) -> None:
    job = start(asked, "count", steps=5000, every=1)["job"]
    path = f"jobs/{job}"
    eventually(lambda: (asked.get(path).json()["step"] or 0) > 5)
    assert asked.post(path, json={"action": "pause"}).status_code in (200, 202)
    eventually(lambda: asked.get(path).json()["state"] == "paused")
    reached = asked.get(path).json()["step"]
    assert asked.post(path, json={"action": "resume"}).status_code in (200, 202)
    eventually(lambda: (asked.get(path).json()["step"] or 0) > reached)
    assert asked.get("status").json()["running"] == 1
    listed = asked.get("jobs", params={"state": "running,queued"}).json()
    assert [item["job"] for item in listed["items"]] == [job]
    assert asked.post(path, json={"action": "cancel"}).status_code in (200, 202)
    eventually(lambda: asked.get(path).json()["state"] == "cancelled")
    # The list is a copy of what the folders say, and a moment behind them.
    eventually(lambda: asked.get("status").json()["running"] == 0)
    refused = asked.post(path, json={"action": "pause"})
    assert refused.status_code == 409
    assert asked.post(path, json={"action": "explode"}).status_code == 400


def test_events_are_read_on_from_where_one_was(asked: httpx.Client) -> None:
    job = start(asked, "count", steps=30)["job"]
    seen, offset = [], 0
    while True:
        told = asked.get(f"jobs/{job}/events", params={"after": offset}).json()
        seen += told["events"]
        offset = told["offset"]
        if told["state"] not in ("queued", "running"):
            break
    whole = asked.get(f"jobs/{job}/events").json()
    assert seen == whole["events"]
    assert [event["state"] for event in seen if event["kind"] == "state"][-1] == "done"
    assert asked.get(f"jobs/{job}/events", params={"after": offset}).json()["events"] == []


def test_a_failed_job_shows_why(asked: httpx.Client) -> None:
    job = start(asked, "count", steps=9, fail_at=2)["job"]
    shown = ended(asked, job)
    assert shown["state"] == "failed"
    assert shown["error"]["message"] == "step 2 has no row"
    assert asked.get(f"items/run:{shown['run_id']}").json()["details"]["state"] == "failed"


def test_a_job_outlives_the_server(tmp_path: Path) -> None:
    Workspace.init(tmp_path / "root").store.close()
    running = Server(tmp_path / "root", tmp_path / "home")
    try:
        with running.client() as client:
            job = start(client, "count", steps=5000, every=1)["job"]
            eventually(lambda: client.get(f"jobs/{job}").json()["state"] == "running")
            running.process.kill()
            running.process.wait()
            running.start()
            eventually(lambda: client.get(f"jobs/{job}").json()["state"] == "running", 3)
            client.post(f"jobs/{job}", json={"action": "cancel"})
            eventually(lambda: client.get(f"jobs/{job}").json()["state"] == "cancelled")
    finally:
        running.stop()


def test_the_plug_ins_of_these_tests_are_there() -> None:
    assert all(path.is_file() for path in PLUGINS)
