"""The page of the events: labels, traffic and audit, column by column."""

from __future__ import annotations

from typing import Any

from llmops_workbench.faces.reference.markdown import table

WORDS: dict[str, dict[str, str]] = {
    "": {
        "id": "Number of the event; events are read in this order.",
        "idempotency_key": "The same key gives the event that is there, and adds none.",
        "schema_version": "Version of these columns.",
        "created": "When, ISO 8601 in UTC.",
        "previous": "`chain` of the event before.",
        "chain": "SHA-256 over `previous` and the event's own fields.",
        "model_version": "Pinned reference of the model that is concerned.",
        "payload": "What else the writer keeps.",
    },
    "label": {
        "queue": "Name of the queue.",
        "item": "What was judged: a row's `__id__`, or the id of a request.",
        "schema": "Which question was asked.",
        "value": "The judgment.",
        "annotator": "Who judged.",
        "source": "`human`, `model` or `import`.",
        "revision": "1, 2 … of this annotator's answer to this question about this item.",
        "supersedes": "Id of the answer that this one replaces.",
    },
    "traffic": {
        "endpoint": "Name of the endpoint.",
        "request_id": "The id that the caller was given.",
        "prompt_version": "Pinned reference of the prompt that was filled.",
        "key_id": "A hash of the caller's key; never the key.",
        "request": "The body as it came.",
        "response": "The answer; nothing when there is none.",
        "latency_ms": "From the request to the end of the answer.",
        "prompt_tokens": "Tokens of the prompt.",
        "completion_tokens": "Tokens of the answer.",
        "status": "As HTTP counts; 499 when the caller hung up.",
        "error": "Why there is no answer, in one sentence.",
    },
    "audit": {
        "action": "`gate`, `promote` or `rollback`.",
        "actor": "Who did it.",
        "subject": "Pinned reference of what it is about.",
        "run_id": "The run that did it.",
    },
}

_INTRO = {
    "label": "Judgments, each with who made it. They are on the disk when the call returns.",
    "traffic": "Requests that an endpoint answered or refused.",
    "audit": "Decisions of gates, passed or not, and moves of aliases.",
}


def events_page() -> str:
    """Describe the tables of events as they are in the store."""
    from llmops_workbench.core.store import tables

    lines = [
        "# Events",
        "",
        "Labels, traffic and audit are events: they are added, never changed. Each is chained to",
        "the one before by a hash, so that `llmops doctor` finds whatever was changed, taken out",
        "or put in between.",
        "",
    ]
    for kind, intro in _INTRO.items():
        columns = getattr(tables, f"{kind}_events").columns
        words = {**WORDS[""], **WORDS[kind]}
        rows = [(f"`{c.name}`", _type(c), words[c.name]) for c in columns]
        lines += [f"## {kind}", "", intro, "", *table(["column", "holds", "what it is"], rows)]
    return "\n".join(lines).rstrip() + "\n"


def _type(column: Any) -> str:
    kind = type(column.type).__name__
    names = {"BigInteger": "integer", "Integer": "integer", "Float": "number", "Json": "JSON"}
    optional = " or nothing" if column.nullable else ""
    return names.get(kind, "text") + optional
