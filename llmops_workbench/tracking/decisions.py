"""Decisions about model versions: which gate let what through, and who moved which alias.

A decision is an audit event, so it is on the disk before anybody acts on it, and is never changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.tracking import events

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_workbench.core.references import Reference
    from llmops_workbench.tracking.catalogue import Version

GATE, PROMOTE, ROLLBACK = "gate", "promote", "rollback"

# Is given the newest gate's decision about the version and where the alias points now; returns
# what to keep about the move, or raises to forbid it.
Decide = Callable[[dict[str, Any] | None, int | None], dict[str, Any]]


def record(
    action: str, subject: Reference, *, model_hash: str, run_id: str | None, details: dict[str, Any]
) -> dict[str, Any]:
    """Keep a decision.

    Args:
        action: `gate`, `promote` or `rollback`.
        subject: The exact model version that it is about.
        model_hash: Its content hash.
        run_id: The run that decided.
        details: JSON values: rules, observations, data, reason.

    Returns:
        The event as it stands in the store.
    """
    return events.append("audit", [_event(action, subject, model_hash, run_id, details)])[0]


def move_alias(
    version: Version, alias: str, *, action: str, run_id: str | None, decide: Decide
) -> tuple[dict[str, Any], int | None]:
    """Point an alias of a model at a version and keep the decision, both or neither.

    No other writer comes between what `decide` looks at and the move, so that a gate which refuses
    the version at the same moment is either seen or comes after.

    Args:
        version: Where the alias shall point.
        alias: Which.
        action: `promote` or `rollback`.
        run_id: The run that moves it.
        decide: Allows the move.

    Returns:
        The event, and the number that the alias pointed at before.

    Raises:
        NotFoundError: The version was removed meanwhile.
        UsageError: The alias cannot be one.
        LLMOpsError: What `decide` raises.
    """
    from llmops_workbench.tracking import versions

    ref = version.ref
    with context.workspace().store.write(durable=True) as connection:
        versions.find(connection, ref)
        before = versions.aliases(connection, ref.kind, ref.name).get(alias)
        details = decide(_newest_gate(connection, ref, version.hash), before)
        details = {"alias": alias, "previous": before, **details}
        event = _event(action, ref, version.hash, run_id, details)
        kept = events.append_in(connection, "audit", event)
        versions.set_alias(connection, ref.kind, ref.name, alias, version.number, run_id)
    return kept, before


def of(subject: Reference, action: str | None = None) -> list[dict[str, Any]]:
    """List the decisions about a model version, the oldest first."""
    equal: dict[str, Any] = {"subject": str(subject)}
    if action is not None:
        equal["action"] = action
    return list(events.read_all("audit", **equal))


def newest_gate(subject: Reference, model_hash: str) -> dict[str, Any] | None:
    """Give the newest decision of a gate about this exact version, passed or refused."""
    with context.workspace().store.read() as connection:
        return _newest_gate(connection, subject, model_hash)


def has_passed(gate: dict[str, Any] | None) -> bool:
    """Tell whether a gate's decision lets its version through."""
    return gate is not None and gate["payload"].get("passed") is True


def rollback_runs() -> set[str]:
    """Give the runs that moved an alias back."""
    found = events.read_all("audit", action=ROLLBACK)
    return {event["run_id"] for event in found if event["run_id"]}


def _event(
    action: str, subject: Reference, model_hash: str, run_id: str | None, details: dict[str, Any]
) -> dict[str, Any]:
    return {
        "action": action,
        "actor": context.workspace().user(),
        "subject": str(subject),
        "model_version": str(subject),
        "run_id": run_id,
        "payload": {"model_hash": model_hash, **details},
    }


def _newest_gate(
    connection: Connection, subject: Reference, model_hash: str
) -> dict[str, Any] | None:
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import audit_events

    query = (
        select(audit_events)
        .where(audit_events.c.action == GATE, audit_events.c.subject == str(subject))
        .order_by(audit_events.c.id.desc())
    )
    for row in connection.execute(query).mappings():
        if row["payload"].get("model_hash") == model_hash:
            return dict(row)
    return None
