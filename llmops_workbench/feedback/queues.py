"""Queues of labels: their definition, and what is in them."""

from __future__ import annotations

import hashlib
import json
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
