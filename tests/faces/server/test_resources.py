"""What the routes give, asked of a real server under a base URL."""

from __future__ import annotations

import getpass

import httpx
import pytest

from llmops_workbench.core import operations
from llmops_workbench.version import __version__
from tests.faces.server.running import Server


def test_the_status_names_the_workspace_without_a_path_of_the_machine(
    server: Server, client: httpx.Client
) -> None:
    told = client.get("status").json()
    assert told["version"] == __version__
    assert told["workspace"]["root"] == "."
    assert told["workspace"]["name"] == "root"
    assert told["workspace"]["id"]
    assert told["revision"] > 0
    assert told["problem"] == ""
    assert told["user"] == getpass.getuser()
    assert str(server.root) not in client.get("status").text


def test_every_operation_is_listed_and_described(client: httpx.Client) -> None:
    listed = {item["name"]: item for item in client.get("operations").json()}
    assert set(operations.built_in()) | {"jot", "count"} == set(listed)
    assert listed["tune"]["runs"] == "job"
    assert not listed["ls"]["records"]
    for name in listed:
        told = client.get(f"operations/{name}").json()
        known = operations.get(name) if name in operations.built_in() else None
        if known is not None:
            assert told["schema"] == known.schema()
            assert [p["name"] for p in told["parameters"]] == [p.name for p in known.parameters]


def test_a_page_has_the_newest_version_of_each_name(client: httpx.Client) -> None:
    page = client.get("items", params={"kind": "datasets"}).json()
    assert page["total"] == 2
    found = {item["name"]: item for item in page["items"]}
    assert found["reviews"]["ref"] == "dataset:reviews@3"
    assert found["reviews"]["versions"] == 3
    every = client.get("items", params={"kind": "dataset", "versions": "true"}).json()
    assert every["total"] == 4


def test_pages_of_runs_hold_every_run_once(client: httpx.Client) -> None:
    seen: list[str] = []
    while True:
        params = {"kind": "run", "offset": len(seen), "limit": 5, "filter": "operation=tune"}
        page = client.get("items", params=params).json()
        if not page["items"]:
            break
        seen += [item["ref"] for item in page["items"]]
    assert len(seen) == len(set(seen)) == page["total"] == 12


def test_runs_are_sorted_and_filtered(client: httpx.Client) -> None:
    params = {"kind": "run", "sort": "-metrics.acc", "filter": "state=done operation=tune"}
    page = client.get("items", params=params).json()
    figures = [item["metrics"]["acc"] for item in page["items"]]
    assert page["total"] == 9
    assert figures == sorted(figures, reverse=True)
    assert {item["state"] for item in page["items"]} == {"done"}


def test_a_search_in_a_page_takes_nothing_for_a_condition(client: httpx.Client) -> None:
    answer = client.get("items", params={"kind": "dataset", "search": 'a=b "'})
    assert answer.status_code == 200
    assert answer.json() == {"items": [], "total": 0}
    found = client.get("items", params={"kind": "dataset", "search": "REV"}).json()
    assert [item["name"] for item in found["items"]] == ["reviews"]


def test_counts_are_those_of_the_pages(client: httpx.Client) -> None:
    counts = client.get("counts").json()
    for kind in ("dataset", "prompt", "model", "queue"):
        page = client.get("items", params={"kind": kind, "limit": 1}).json()
        assert counts[kind] == page["total"], kind
    assert counts["dataset"] == 2


def test_one_search_finds_all_kinds(client: httpx.Client) -> None:
    def found(q: str) -> list[str]:
        return [item["kind"] for item in client.get("search", params={"q": q}).json()["items"]]

    assert found("reviews") == ["dataset"]
    assert found("评") == ["dataset"]
    assert set(found("tune failed")) == {"run"}
    assert found("no such thing at all") == []
    assert found("%") == []


def test_a_dataset_is_shown_with_its_rows_and_versions(
    server: Server, client: httpx.Client
) -> None:
    answer = client.get("items/dataset:reviews")
    shown = answer.json()
    assert shown["ref"] == "dataset:reviews@3"
    assert [one["version"] for one in shown["versions"]] == [1, 2, 3]
    assert shown["rows"][0]["text"] == "a text 0"
    assert str(server.root) not in answer.text


def test_a_name_in_any_script_is_found_by_its_address(client: httpx.Client) -> None:
    assert client.get("items/dataset:评论@1").json()["rows"] == [{"文本": "好"}]


def test_lineage_goes_both_ways(client: httpx.Client) -> None:
    back = client.get("lineage/model:triage@1").json()
    assert "dataset:reviews@1" in [node["ref"] for node in back["nodes"]]
    on = client.get("lineage/dataset:reviews@1", params={"forward": "true"}).json()
    assert "model:triage@1" in [node["ref"] for node in on["nodes"]]


def test_tags_and_aliases_are_set_and_audited(server: Server, client: httpx.Client) -> None:
    body = {"tags": {"owner": "ada"}, "alias": "gold"}
    told = client.post("items/dataset:reviews@2", json=body).json()
    assert told == {"ref": "dataset:reviews@2", "tags": {"owner": "ada"}, "pointing": {"gold": 2}}
    refused = client.delete("items/dataset:reviews@2")
    assert refused.status_code == 409, refused.text
    gone = client.post(
        "items/dataset:reviews@2", json={"tags": {"owner": None}, "remove_alias": "gold"}
    ).json()
    assert gone["tags"] == {}
    assert gone["pointing"] == {}


def test_a_models_alias_is_left_to_the_gate(client: httpx.Client) -> None:
    answer = client.post("items/model:triage@1", json={"alias": "champion"})
    assert answer.status_code == 400
    assert "promote" in answer.json()["error"]


def test_only_one_version_is_removed_at_a_time(client: httpx.Client) -> None:
    assert client.delete("items/dataset:reviews").status_code == 400
    run = client.get("items", params={"kind": "run", "limit": 1}).json()["items"][0]["ref"]
    before = client.get("counts").json()["run"]
    assert client.delete(f"items/{run}").json() == {"ref": run}
    assert client.get("counts").json()["run"] == before - 1
    assert client.get(f"items/{run}").status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("items/dataset:reviws", 404, "did you mean 'reviews'?"),
        ("items/datset:reviews", 400, "did you mean"),
        ("items/job:x", 400, "does not say what it is"),
        ("items?kind=nothing", 400, "no kind"),
        ("items?kind=run&limit=0", 400, "limit"),
        ("items?kind=run&limit=many", 400, "limit"),
        ("items?kind=run&oddity=1", 400, "oddity"),
        ("items?kind=run&sort=oddity", 400, "oddity"),
        ("items", 400, "kind"),
        ("operations/tuen", 404, "did you mean 'tune'?"),
        ("nothing", 404, "openapi.json"),
        ("jobs/nothing", 404, "job"),
        ("jobs?state=odd", 400, "state"),
        ("lineage/model:nothing@1", 404, "nothing"),
        ("opening?ref=", 400, ""),
    ],
)
def test_a_mistake_gets_one_sentence(
    client: httpx.Client, path: str, status: int, words: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert set(told) == {"error", "kind", "detail", "message"}
    assert words in told["error"]
    assert "\n" not in told["error"]


def test_another_method_is_refused_by_name(client: httpx.Client) -> None:
    answer = client.put("status", json={})
    assert answer.status_code == 405
    assert "GET" in answer.json()["error"]
