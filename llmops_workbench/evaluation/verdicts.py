"""What gates have said about an evaluation, and whether its model may go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.references import parse

CHAMPION = "champion"
# Gates of one model that are looked through for the rules it is held to.
_LOOKED = 200


def verdicts(report: Mapping[str, Any] | None, run: str | None) -> dict[str, Any]:
    """Collect the decisions that an evaluation had a part in.

    Args:
        report: The evaluation's result; None before there is one.
        run: Its reference, `run:ID`; None for one that no run recorded.

    Returns:
        `registered`: whether the model is a version that a gate can decide about; `gates` that
        judged by this run, the newest first; `promotable` with the version if its
        newest gate let it pass, whichever run that judged by; `champion`, what the alias points
        at now; `rules` that the model was last held to.
    """
    from llmops_workbench.tracking import decisions
    from llmops_workbench.tracking.catalogue import catalogue

    nothing: dict[str, Any] = {
        "registered": False,
        "gates": [],
        "promotable": None,
        "champion": None,
        "rules": [],
    }
    if report is None or run is None:
        return nothing
    model = parse(report["model"], "model")
    if model.external:
        return nothing
    try:
        version = catalogue().get(model)
    except NotFoundError:
        return nothing
    own = [
        _verdict(event)
        for event in reversed(decisions.of(version.ref, decisions.GATE))
        if f"run:{event['payload'].get('evaluation')}" == run
    ]
    passed = decisions.has_passed(decisions.newest_gate(version.ref, version.hash))
    champion = catalogue().aliases("model", version.ref.name).get(CHAMPION)
    return {
        "registered": True,
        "gates": own,
        "promotable": {"model": str(version.ref), "to": CHAMPION} if passed else None,
        "champion": None if champion is None else f"model:{version.ref.name}@{champion}",
        "rules": _last_rules(version.ref.name),
    }


def _verdict(event: Mapping[str, Any]) -> dict[str, Any]:
    told = event["payload"]
    return {
        "id": event["id"],
        "run": f"run:{event['run_id']}" if event["run_id"] else None,
        "passed": told.get("passed") is True,
        "rules": told.get("rules") or [],
        "looks": told.get("looks"),
        "data": told.get("data"),
        "created": event["created"],
        "actor": event["actor"],
    }


def _last_rules(name: str) -> list[str]:
    """Give the rules of the newest gate of any version of a model."""
    from llmops_workbench.tracking import decisions, events

    for event in events.read("audit", newest=True, limit=_LOOKED, action=decisions.GATE):
        if parse(event["subject"], "model").name == name:
            return [str(rule["rule"]) for rule in event["payload"].get("rules") or []]
    return []
