"""Decisions about model versions: which gate let what through, and who moved which alias.

A decision is an audit event, so it is on the disk before anybody acts on it, and is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.tracking import events

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference

GATE, PROMOTE, ROLLBACK = "gate", "promote", "rollback"


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
    workspace = context.workspace()
    event = {
        "action": action,
        "actor": workspace.user(),
        "subject": str(subject),
        "model_version": str(subject),
        "run_id": run_id,
        "payload": {"model_hash": model_hash, **details},
    }
    return events.append("audit", [event])[0]


def of(subject: Reference, action: str | None = None) -> list[dict[str, Any]]:
    """List the decisions about a model version, the oldest first."""
    equal: dict[str, Any] = {"subject": str(subject)}
    if action is not None:
        equal["action"] = action
    return events.read("audit", limit=10_000, **equal)


def passed_gate(subject: Reference, model_hash: str) -> dict[str, Any] | None:
    """Give the newest gate that this exact version passed, unless a newer one refused it."""
    for event in reversed(of(subject, GATE)):
        if event["payload"].get("model_hash") == model_hash:
            return event if event["payload"].get("passed") else None
    return None
