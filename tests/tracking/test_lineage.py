import random
from pathlib import Path

import pytest

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import events
from llmops_workbench.tracking.catalogue import Catalogue


def sha(number: int) -> str:
    return f"sha256-{number:064x}"


def reachable(edges: list[tuple[str, str]], start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        near = waiting.pop()
        for source, target in edges:
            if source == near and target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def test_a_served_answer_leads_back_to_its_rows_and_forward_again(workspace: Workspace) -> None:
    catalogue = Catalogue(workspace)
    catalogue.register("dataset", "raw", hash=sha(1))
    prepare = catalogue.start_run("prepare", {}, inputs=["dataset:raw"])
    catalogue.register("dataset", "home", hash=sha(2), parents=["dataset:raw"], run_id=prepare)
    catalogue.register("prompt", "triage", hash=sha(3))
    tune = catalogue.start_run("tune", {}, inputs=["dataset:home#train", "prompt:triage"])
    model = catalogue.register(
        "model", "triage", hash=sha(4), parents=["dataset:home", "model:./base"], run_id=tune
    )
    request = {
        "endpoint": "support",
        "request_id": "req-1",
        "request": {},
        "status": 200,
        "model_version": str(model.ref),
        "prompt_version": "prompt:triage@1",
    }
    events.append("traffic", [request], workspace=workspace)

    back = catalogue.lineage("request:req-1")
    assert back["nodes"][0]["ref"] == "request:req-1"
    by_ref = {node["ref"]: node for node in back["nodes"]}
    assert set(by_ref) == {
        "request:req-1",
        "model:triage@1",
        "prompt:triage@1",
        "dataset:home@1",
        "dataset:raw@1",
        "model:./base",
        f"run:{tune}",
        f"run:{prepare}",
    }
    assert by_ref["dataset:home@1"]["hash"] == sha(2)
    assert by_ref[f"run:{tune}"]["operation"] == "tune"
    pairs = {(edge["source"], edge["target"], edge["kind"]) for edge in back["edges"]}
    assert ("dataset:home@1", f"run:{tune}", "input") in pairs
    assert (f"run:{tune}", "model:triage@1", "output") in pairs
    assert ("model:triage@1", "request:req-1", "model") in pairs

    forward = {node["ref"] for node in catalogue.lineage("dataset:raw", forward=True)["nodes"]}
    assert forward == {
        "dataset:raw@1",
        "dataset:home@1",
        "model:triage@1",
        f"run:{tune}",
        f"run:{prepare}",
    }
    for nobody in ("request:nobody", "dataset:nobody"):
        with pytest.raises(NotFoundError):
            catalogue.lineage(nobody)


def test_the_walk_finds_what_a_plain_search_finds_also_in_circles(workspace: Workspace) -> None:
    catalogue = Catalogue(workspace)
    chance = random.Random(7)
    names = [f"dataset:d{number}@1" for number in range(40)]
    for number in range(40):
        catalogue.register("dataset", f"d{number}", hash=sha(number))
    edges = [(chance.choice(names), chance.choice(names)) for _ in range(60)]
    for source, target in [*edges, *edges]:
        catalogue.edge(source, target, "test")
    for start in names[:10]:
        walked = catalogue.lineage(start, forward=True)
        found = {node["ref"] for node in walked["nodes"]}
        assert found == reachable(edges, start)
        assert len(walked["edges"]) == len({edge for edge in edges if edge[0] in found})
        back = {node["ref"] for node in catalogue.lineage(start)["nodes"]}
        assert back == reachable([(target, source) for source, target in edges], start)


def test_a_graph_wider_than_one_query_is_walked_whole(workspace: Workspace, tmp_path: Path) -> None:
    catalogue = Catalogue(workspace)
    catalogue.register("dataset", "root", hash=sha(1))
    from llmops_workbench.tracking import lineage

    with workspace.store.write() as connection:
        lineage.add(
            connection,
            [("dataset:root@1", f"run:{number}", "input", None) for number in range(1200)],
        )
    assert len(catalogue.lineage("dataset:root", forward=True)["nodes"]) == 1201
