"""Moving an alias, with the decision kept before the alias moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_workbench.core import context
from llmops_workbench.governance.promote import AliasMove

if TYPE_CHECKING:
    from llmops_workbench.tracking.catalogue import Version


def move(version: Version, alias: str, *, action: str, gate: int | None, reason: str) -> AliasMove:
    """Record who moves an alias and why, then move it.

    Args:
        version: Where it shall point.
        alias: Which.
        action: `promote` or `rollback`.
        gate: The id of the gate's decision that allows it.
        reason: Why, where there is no gate.
    """
    from llmops_workbench.tracking import decisions
    from llmops_workbench.tracking.catalogue import catalogue

    book = catalogue()
    name = version.ref.name
    number = int(str(version.ref.version))
    before = book.aliases("model", name).get(alias)
    event = decisions.record(
        action,
        version.ref,
        model_hash=version.hash,
        run_id=context.current().run_id,
        details={"alias": alias, "previous": before, "gate": gate, "reason": reason},
    )
    book.set_alias("model", name, alias, number, run_id=context.current().run_id)
    return AliasMove(
        run_id=context.current().run_id,
        ref=str(version.ref),
        hash=version.hash,
        alias=alias,
        previous=f"model:{name}@{before}" if before is not None else None,
        decision=int(event["id"]),
        gate=gate,
        reason=reason,
    )
