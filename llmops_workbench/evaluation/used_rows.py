"""Rows that were used to choose are never the rows to judge by: find out which were."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from llmops_workbench.core.references import Reference, parse


@dataclass(frozen=True)
class Use:
    """Rows of the judged data that had a part in making or choosing the candidate.

    Attributes:
        run_id: The run that used them.
        operation: Its verb.
        data: What it read.
        rows: How many of the judged rows are among them.
    """

    run_id: str
    operation: str
    data: str
    rows: int


# What a run of these operations reads decides what the model is; `evaluate` only looks.
CHOOSING = {"tune": ("data", "validation"), "compare": ("data",), "sweep": ("data", "validation")}


def fingerprints(data: Reference) -> set[str]:
    """Give a fingerprint for each row: its content without ids and split.

    The same row is found again in another version, file or split.
    """
    from llmops_workbench.tracking import datasets

    columns = [name for name in datasets.find(data).meta["columns"] if not name.startswith("__")]
    table = datasets.load(data, columns=columns, identity=False)
    return {_fingerprint(row) for row in table.to_pylist()}


def _fingerprint(row: dict[str, Any]) -> str:
    text = json.dumps(sorted(row.items()), ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def uses(model: Reference, prompt: str | None, data: Reference) -> list[Use]:
    """Find the runs that chose with rows of this data.

    Args:
        model: The candidate; the runs that made it and its ancestors count.
        prompt: The candidate's prompt; comparisons that it took part in count.
        data: The rows to judge by.

    Returns:
        One entry a run and data set that shares rows with it.
    """
    judged = fingerprints(data)
    known: dict[str, set[str]] = {}
    found = []
    for run in _choosing_runs(model, prompt):
        for name in CHOOSING[run["operation"]]:
            for text in _read(run, name):
                reference = parse(text, "dataset")
                if text not in known:
                    known[text] = fingerprints(reference)
                shared = len(judged & known[text])
                if shared:
                    found.append(Use(run["run_id"], run["operation"], text, shared))
    return found


def _choosing_runs(model: Reference, prompt: str | None) -> list[dict[str, Any]]:
    from llmops_workbench.tracking.catalogue import catalogue

    book = catalogue()
    found: dict[str, dict[str, Any]] = {}
    for ancestor in _ancestors(model):
        run_id = book.get(ancestor).run_id
        if run_id:
            run = book.run(run_id)
            if run["operation"] in CHOOSING:
                found[run_id] = run
    for run in book.runs(where="operation=compare", limit=10_000)[0]:
        variants = json.dumps(run["arguments"])
        if str(model) in variants or (prompt is not None and prompt in variants):
            found[run["run_id"]] = run
    return list(found.values())


def _ancestors(model: Reference) -> list[Reference]:
    """Give a model version and the models that it was made from."""
    from llmops_workbench.tracking.catalogue import catalogue

    seen: list[Reference] = []
    waiting = [model]
    while waiting:
        reference = waiting.pop()
        if reference.external or reference in seen:
            continue
        seen.append(reference)
        parents = [parse(text) for text in catalogue().get(reference).parents]
        waiting += [parent for parent in parents if parent.kind == "model"]
    return seen


def _read(run: dict[str, Any], name: str) -> list[str]:
    """List what a run read under an argument; of a version with splits, only what it used."""
    from llmops_workbench.tracking import datasets

    value = run["arguments"].get(name)
    texts = [text for text in (value if isinstance(value, list) else [value]) if text]
    read: list[str] = []
    for text in texts:
        reference = parse(text, "dataset")
        splits = datasets.splits(reference)
        if run["operation"] == "tune" and name == "data" and reference.split is None and splits:
            used = [split for split in splits if split in ("train", "validation")] or list(splits)
            read += [f"{text}#{split}" for split in used]
        else:
            read.append(text)
    return read
