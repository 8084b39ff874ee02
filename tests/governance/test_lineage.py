"""`lineage` against a plain walk over the parents, and its page."""

from __future__ import annotations

import random
from typing import Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.tracking import events
from llmops_workbench.tracking.catalogue import Catalogue

KINDS = ("dataset", "prompt", "model")


def sha(number: int) -> str:
    return f"sha256-{number:064x}"


def grown(workspace: Workspace, seed: int, count: int = 40) -> dict[str, list[str]]:
    """Register versions with random parents among the earlier ones; give each one's parents."""
    draw = random.Random(seed)
    book = Catalogue(workspace)
    parents: dict[str, list[str]] = {}
    for number in range(count):
        chosen = draw.sample(list(parents), min(len(parents), draw.randint(0, 3)))
        kind = draw.choice(KINDS)
        made = book.register(kind, f"n{number % 9}", hash=sha(number), parents=chosen)
        parents[str(made.ref)] = chosen
    return parents


def walk(parents: dict[str, list[str]], start: str, forward: bool) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        own = waiting.pop()
        near = [c for c, p in parents.items() if own in p] if forward else parents[own]
        for other in near:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


@pytest.mark.parametrize("forward", [False, True])
def test_the_graph_is_what_a_walk_over_the_parents_finds(
    workspace: Workspace, forward: bool
) -> None:
    parents = grown(workspace, seed=3)
    pairs = {(parent, child) for child, own in parents.items() for parent in own}
    for start in parents:
        graph = invoke("lineage", {"ref": start, "forward": forward}, workspace=workspace)
        refs = [node["ref"] for node in graph.nodes]
        assert refs[0] == graph.start == start
        assert len(refs) == len(set(refs))
        assert set(refs) == walk(parents, start, forward)
        inside = {(a, b) for a, b in pairs if a in refs and b in refs}
        found = {(edge["source"], edge["target"]) for edge in graph.edges}
        reached = {b if forward else a for a, b in found}
        assert reached == set(refs) - {start}
        assert found <= inside


def test_forward_is_the_inverse_of_back(workspace: Workspace) -> None:
    parents = grown(workspace, seed=4, count=25)

    def reach(start: str, forward: bool) -> set[str]:
        graph = invoke("lineage", {"ref": start, "forward": forward}, workspace=workspace)
        return {node["ref"] for node in graph.nodes}

    back = {ref: reach(ref, False) for ref in parents}
    for ref in parents:
        assert reach(ref, True) == {other for other in parents if ref in back[other]}


def test_a_served_answer_a_run_a_split_and_a_short_name(workspace: Workspace) -> None:
    book = Catalogue(workspace)
    book.register("dataset", "raw", hash=sha(1))
    run = book.start_run("tune", {}, inputs=["dataset:raw"])
    model = book.register("model", "triage", hash=sha(2), parents=["dataset:raw"], run_id=run)
    book.set_alias("model", "triage", "champion", 1)
    request: dict[str, Any] = {
        "endpoint": "support",
        "request_id": "r-1",
        "request": {},
        "status": 200,
        "model_version": str(model.ref),
    }
    events.append("traffic", [request], workspace=workspace)

    def nodes(ref: str, **more: Any) -> set[str]:
        graph = invoke("lineage", {"ref": ref, **more}, workspace=workspace)
        return {node["ref"] for node in graph.nodes}

    whole = {"model:triage@1", "dataset:raw@1", f"run:{run}"}
    assert nodes("model:triage@champion") == whole
    assert nodes("request:r-1") == {"request:r-1", *whole}
    assert nodes(f"run:{run[:8]}") == {f"run:{run}", "dataset:raw@1"}
    assert nodes("dataset:raw#train", forward=True) == whole
    for wrong, error in (
        ("request:nobody", NotFoundError),
        ("model:triagge", NotFoundError),
        ("triage", UsageError),
    ):
        with pytest.raises(error):
            nodes(wrong)


def test_the_page_shows_each_node_and_survives_long_chains_and_strange_names(
    workspace: Workspace,
) -> None:
    book = Catalogue(workspace)
    for number in range(3):
        parents = [f"dataset:chain@{number}"] if number else []
        book.register("dataset", "chain", hash=sha(number), parents=parents)
    short = invoke("lineage", {"ref": "dataset:chain"}, workspace=workspace)
    page = short.html_body()
    assert [page.count(f"dataset:chain@{number}") for number in (3, 2, 1)] == [2, 1, 1]
    with workspace.store.write() as connection:
        from llmops_workbench.tracking import lineage

        lineage.add(
            connection,
            [(f"run:{n}", f"run:{n + 1}", "<b>step</b>", None) for n in range(3000)]
            + [("run:3000", "dataset:chain@3", "output", None)],
        )
    long = invoke("lineage", {"ref": "dataset:chain@3"}, workspace=workspace)
    assert len(long.nodes) == 3004
    page = long.html_body()
    assert page.count("<div>") == 500
    assert "the graph goes on" in page
    assert "<b>step</b>" not in page
    assert "&lt;b&gt;step" in page
    with activate(workspace):
        assert len(long.to_frame()) == len(long.edges) == 3003
