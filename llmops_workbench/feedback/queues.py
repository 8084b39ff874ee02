"""Queues of labels: their definition, and what is in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from llmops_workbench.core import context


def key_of(*parts: Any) -> str:
    """Make the key by which a judgment is known when it comes a second time."""
    text = json.dumps(parts, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def register(queue: str, question: str, source: str) -> str:
    """Keep the definition of a queue, and that labels came into it from a source.

    The same definition again is the same version, however many sources there are.
    """
    from llmops_workbench.tracking.catalogue import catalogue

    book, run_id = catalogue(), context.current().run_id
    version = book.register(
        "queue",
        queue,
        hash=f"sha256-{key_of(queue, question)}",
        meta={"questions": [question]},
        run_id=run_id,
    )
    book.edge(source, version.ref, "labels", run_id)
    return str(version.ref)


def unknown(
    made: Sequence[Mapping[str, Any]], current: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Leave out judgments that say no more than what is known.

    A longer file is another version with other row ids, so that its rows are new by their keys.
    What an annotator has said of an item last is compared instead.

    Args:
        made: Label events in their order.
        current: The labels that count now.
    """
    counts = {_place(event): _said(event) for event in current}
    last = {_place(event): _said(event) for event in made}
    same = {place for place, said in last.items() if counts.get(place) == said}
    return [event for event in made if _place(event) not in same]


def _place(event: Mapping[str, Any]) -> tuple[str, str, str]:
    return event["item"], event["schema"], event["annotator"]


def _said(event: Mapping[str, Any]) -> tuple[str, str, str | None]:
    from llmops_workbench.core.store.plain import to_json

    return to_json(event["value"]), event["source"], event["model_version"]


def summary(queue: str) -> dict[str, int]:
    """Count the events, items, annotators and valid labels of a queue."""
    from llmops_workbench.tracking import events

    every = events.count("label", queue=queue)
    current = events.current_labels(queue) if every else []
    return {
        "events": every,
        "labels": len(current),
        "items": len({event["item"] for event in current}),
        "annotators": len({event["annotator"] for event in current}),
    }
