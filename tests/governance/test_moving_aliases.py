"""`promote` and `rollback`: what lets a version through, what is kept, and what two at once do."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import (
    ConflictError,
    LLMOpsError,
    NotFoundError,
    UsageError,
    outcome,
)
from llmops_workbench.core.operations import get
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.resolve import resolve
from llmops_workbench.tracking import decisions, events
from llmops_workbench.tracking.catalogue import Catalogue

Call = Callable[..., Any]


def sha(number: int) -> str:
    return f"sha256-{number:064x}"


@pytest.fixture
def book(workspace: Workspace) -> Iterator[Catalogue]:
    """A catalogue with five versions of a model."""
    found = Catalogue(workspace)
    for number in range(1, 6):
        found.register("model", "triage", hash=sha(number))
    yield found


@pytest.fixture
def call(workspace: Workspace, book: Catalogue) -> Call:
    """Call an operation as a run, without MLflow, which has no part in it."""

    def do(verb: str, **arguments: Any) -> Any:
        operation = get(verb)
        with activate(workspace):
            checked = operation.validate(resolve(operation, arguments, workspace))
        run_id = book.start_run(verb, {})
        told: list[Any] = []
        with activate(workspace, operation=verb, run_id=run_id, listener=told.append):
            result = operation.function(**checked)
        do.told = [event.data.get("message") for event in told]  # type: ignore[attr-defined]
        return result

    return do


def decide(workspace: Workspace, version: int, passed: bool, hash: str | None = None) -> int:
    """Keep a gate's decision about a version."""
    ref = Catalogue(workspace).get(f"model:triage@{version}").ref
    rules = [{"rule": "accuracy.lower >= 0.7", "passed": passed}]
    with activate(workspace):
        event = decisions.record(
            decisions.GATE,
            ref,
            model_hash=hash or sha(version),
            run_id=None,
            details={"passed": passed, "rules": rules},
        )
    return int(event["id"])


def moves(workspace: Workspace) -> list[dict[str, Any]]:
    with activate(workspace):
        kept = [e for e in events.read_all("audit") if e["action"] != decisions.GATE]
        assert events.verify_chain("audit").whole
    return kept


def champion(book: Catalogue) -> int | None:
    return book.aliases("model", "triage").get("champion")


def test_only_a_version_that_passed_goes_on(
    workspace: Workspace, book: Catalogue, call: Call
) -> None:
    with pytest.raises(UsageError, match="model:triage@2 has passed no gate") as caught:
        call("promote", model="triage@2", to="champion")
    assert outcome(caught.value).exit_code == 2
    decide(workspace, 1, passed=True)
    decide(workspace, 2, passed=True, hash=sha(99))
    with pytest.raises(UsageError, match="has passed no gate"):
        call("promote", model="triage@2", to="champion")
    assert (champion(book), moves(workspace)) == (None, [])

    allowed = decide(workspace, 2, passed=True)
    moved = call("promote", model="triage@2", to="champion")
    assert (moved.ref, moved.hash, moved.alias) == ("model:triage@2", sha(2), "champion")
    assert (moved.gate, moved.previous, moved.reason) == (allowed, None, "")
    assert champion(book) == 2
    (event,) = moves(workspace)
    assert event["id"] == moved.decision
    assert (event["action"], event["actor"]) == ("promote", workspace.user())
    assert (event["subject"], event["run_id"]) == ("model:triage@2", moved.run_id)
    assert event["payload"] == {
        "model_hash": sha(2),
        "alias": "champion",
        "previous": None,
        "gate": allowed,
        "reason": "",
    }


def test_the_newest_gate_counts(workspace: Workspace, book: Catalogue, call: Call) -> None:
    decide(workspace, 3, passed=True)
    refusal = decide(workspace, 3, passed=False)
    with pytest.raises(UsageError, match=r"the newest gate refused .*accuracy.lower >= 0.7"):
        call("promote", model="triage@3", to="champion")
    assert champion(book) is None
    moved = call("promote", model="triage@3", to="champion", without_gate=" urgent fix ")
    assert (moved.gate, moved.refused_by, moved.reason) == (None, refusal, "urgent fix")
    assert "although its newest gate refused it: urgent fix" in call.told[-1]  # type: ignore[attr-defined]
    assert moves(workspace)[-1]["payload"]["refused_by"] == refusal
    again = decide(workspace, 3, passed=True)
    assert call("promote", model="triage@3", to="champion").gate == again


def test_a_reason_stands_in_for_a_gate_and_blanks_do_not(
    workspace: Workspace, book: Catalogue, call: Call
) -> None:
    with pytest.raises(UsageError, match="has passed no gate"):
        call("promote", model="triage@1", to="champion", without_gate="  ")
    moved = call("promote", model="triage", to="champion", without_gate="the first one")
    assert (moved.ref, moved.gate, moved.reason) == ("model:triage@5", None, "the first one")
    assert moves(workspace)[0]["payload"]["reason"] == "the first one"


@pytest.mark.parametrize("alias", ["latest", "7", "v2", "two words", ""])
def test_what_cannot_be_an_alias_leaves_no_decision_behind(
    workspace: Workspace, call: Call, alias: str
) -> None:
    decide(workspace, 1, passed=True)
    with pytest.raises(UsageError, match="cannot be an alias"):
        call("promote", model="triage@1", to=alias)
    assert moves(workspace) == []


def test_what_is_not_there_is_said(workspace: Workspace, call: Call) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'triage'"):
        call("promote", model="triagge@1", to="champion")
    with pytest.raises(NotFoundError, match="has no version 9"):
        call("promote", model="triage@9", to="champion")
    with pytest.raises(UsageError, match="is not registered"):
        call("promote", model="./weights", to="champion", without_gate="x")
    with pytest.raises(UsageError, match="names no alias"):
        call("rollback", model="triage@2")
    with pytest.raises(UsageError, match="names no alias"):
        call("rollback", model="triage")
    with pytest.raises(NotFoundError, match="champion"):
        call("rollback", model="triage@champion")


def promote(call: Call, version: int) -> Any:
    return call("promote", model=f"triage@{version}", to="champion", without_gate="trial")


def test_two_rollbacks_walk_back_two_promotions(
    workspace: Workspace, book: Catalogue, call: Call
) -> None:
    for version in (1, 2, 3):
        promote(call, version)
    first = call("rollback", model="model:triage@champion", reason="wrong on refunds")
    assert (first.ref, first.previous, first.reason) == (
        "model:triage@2",
        "model:triage@3",
        "wrong on refunds",
    )
    assert call("rollback", model="triage@champion").ref == "model:triage@1"
    assert champion(book) == 1
    with pytest.raises(ConflictError, match="nothing to go back to") as caught:
        call("rollback", model="triage@champion")
    assert outcome(caught.value).exit_code == 1
    kept = [(e["action"], e["subject"], e["payload"]["previous"]) for e in moves(workspace)]
    assert kept == [
        ("promote", "model:triage@1", None),
        ("promote", "model:triage@2", 1),
        ("promote", "model:triage@3", 2),
        ("rollback", "model:triage@2", 3),
        ("rollback", "model:triage@1", 2),
    ]


def test_a_version_that_was_promoted_again_is_gone_back_from(book: Catalogue, call: Call) -> None:
    for version in (1, 2, 1):
        promote(call, version)
    assert call("rollback", model="triage@champion").ref == "model:triage@2"
    assert call("rollback", model="triage@champion").ref == "model:triage@1"


def test_a_version_that_was_rolled_back_from_is_not_returned_to(call: Call) -> None:
    for version in (1, 2):
        promote(call, version)
    call("rollback", model="triage@champion")
    promote(call, 3)
    assert call("rollback", model="triage@champion").ref == "model:triage@1"


def test_a_removed_version_is_passed_over(book: Catalogue, call: Call) -> None:
    for version in (1, 2, 3):
        promote(call, version)
    book.remove("model:triage@2")
    assert call("rollback", model="triage@champion").ref == "model:triage@1"
    assert "model:triage@2 was removed" in call.told[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_moves_is_that_of_an_undo_list(book: Catalogue, call: Call, seed: int) -> None:
    """The oracle keeps what `undo` of an editor keeps."""
    draw = random.Random(seed)
    undo: list[int] = []
    for _ in range(20):
        if len(set(undo)) > 1 and draw.random() < 0.5:
            current = undo[-1]
            while undo[-1] == current:
                undo.pop()
            assert call("rollback", model="triage@champion").ref == f"model:triage@{undo[-1]}"
        else:
            number = draw.randint(1, 5)
            promote(call, number)
            if not undo or undo[-1] != number:
                undo.append(number)
        assert champion(book) == undo[-1]


def together(*parts: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment, each in a thread; give results or errors."""
    barrier = threading.Barrier(len(parts))
    ended: list[Any] = [None] * len(parts)

    def do(place: int, part: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            ended[place] = part()
        except LLMOpsError as error:
            ended[place] = error

    threads = [threading.Thread(target=do, args=item) for item in enumerate(parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return ended


def test_two_promotions_at_once_leave_one_unbroken_story(
    workspace: Workspace, book: Catalogue, call: Call
) -> None:
    together(*(lambda number=number: promote(call, number) for number in (1, 2, 3, 4, 5)))
    kept = moves(workspace)
    assert sorted(event["subject"][-1] for event in kept) == list("12345")
    before = None
    for event in kept:
        assert event["payload"]["previous"] == before
        before = int(event["subject"][-1])
    assert champion(book) == before
    history = book.alias_history("model", "triage", "champion")
    assert [entry["version"] for entry in history] == [int(e["subject"][-1]) for e in kept]


def test_two_rollbacks_at_once_go_back_one_step_or_are_two_decisions(
    workspace: Workspace, book: Catalogue, call: Call
) -> None:
    for version in (1, 2, 3):
        promote(call, version)
    ended = together(*(lambda: call("rollback", model="triage@champion") for _ in range(2)))
    back = [event for event in moves(workspace) if event["action"] == "rollback"]
    won = [result for result in ended if not isinstance(result, LLMOpsError)]
    lost = [error for error in ended if isinstance(error, LLMOpsError)]
    assert len(won) == len(back) >= 1
    # Whoever saw the alias before it moved is told; nobody goes back from what they did not see.
    for error in lost:
        assert isinstance(error, ConflictError)
    assert [event["payload"]["previous"] for event in back] == [3, 2][: len(back)]
    assert champion(book) == 3 - len(back)


def test_nobody_goes_back_from_what_they_did_not_see(
    workspace: Workspace, book: Catalogue, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in (1, 2):
        promote(call, version)
    real = decisions.move_alias

    def late(*given: Any, **named: Any) -> Any:
        # Somebody else is quicker by the time between the look and the move.
        book.set_alias("model", "triage", "champion", 4)
        return real(*given, **named)

    monkeypatch.setattr(decisions, "move_alias", late)
    with pytest.raises(ConflictError, match="was moved from 2 to 4 at this moment: look again"):
        call("rollback", model="triage@champion")
    assert champion(book) == 4
    assert [event["action"] for event in moves(workspace)] == ["promote", "promote"]


def test_a_refusal_that_comes_first_stops_the_move(
    workspace: Workspace, book: Catalogue, call: Call
) -> None:
    """What `decide` looks at is what holds when the alias moves: nothing comes between."""
    decide(workspace, 4, passed=True)
    version = book.get("model:triage@4")
    began, refused = threading.Event(), threading.Event()

    def slow(gate: dict[str, Any] | None, before: int | None) -> dict[str, Any]:
        began.set()
        assert not refused.wait(0.5), "a gate decided while the alias was moving"
        return {"gate": gate and gate["id"], "reason": ""}

    def refuse() -> None:
        assert began.wait(10)
        decide(workspace, 4, passed=False)
        refused.set()

    thread = threading.Thread(target=refuse)
    thread.start()
    with activate(workspace):
        event, _ = decisions.move_alias(
            version, "champion", action="promote", run_id=None, decide=slow
        )
    thread.join(30)
    assert refused.is_set()
    with activate(workspace):
        (_, refusal) = decisions.of(version.ref, decisions.GATE)
    assert refusal["id"] > event["id"]
    with pytest.raises(UsageError, match="refused"):
        call("promote", model="triage@4", to="champion")
