"""Moving an alias, with the decision kept in the same breath."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_workbench.core import context
from llmops_workbench.governance.promote import AliasMove

if TYPE_CHECKING:
    from llmops_workbench.tracking.catalogue import Version
    from llmops_workbench.tracking.decisions import Decide


def move(version: Version, alias: str, *, action: str, decide: Decide) -> AliasMove:
    """Move an alias if that is allowed, and say what was done.

    Args:
        version: Where it shall point.
        alias: Which.
        action: `promote` or `rollback`.
        decide: Allows the move; see `decisions.move_alias`.
    """
    from llmops_workbench.tracking import decisions

    run_id = context.current().run_id
    event, before = decisions.move_alias(
        version, alias, action=action, run_id=run_id, decide=decide
    )
    name, kept = version.ref.name, event["payload"]
    return AliasMove(
        run_id=run_id,
        ref=str(version.ref),
        hash=version.hash,
        alias=alias,
        previous=f"model:{name}@{before}" if before is not None else None,
        decision=int(event["id"]),
        gate=kept["gate"],
        refused_by=kept.get("refused_by"),
        reason=kept["reason"],
    )
