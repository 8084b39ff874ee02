"""Which variant a comparison speaks for, and what to do with it: operations with arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.references import parse

# The chance of a false difference that a comparison accepts, over all its columns.
LEVEL = 0.05


def best_variants(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Say by each metric which variant has the best score, and whether that is more than chance.

    Returns:
        By metric the number of the `variant`, and whether it is `sure`: it differs from the first
        one after correction; the first one itself must differ from all others. A metric by which
        two are equally good is left out.
    """
    from llmops_workbench.scoring.kept import metric_facts

    columns = report["columns"]
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for column in columns for name in column["metrics"]):
        sign = 1 if metric_facts(name)["higher"] else -1
        known = {
            at: sign * column["metrics"][name]["value"]
            for at, column in enumerate(columns)
            if column["metrics"].get(name, {}).get("value") is not None
        }
        if len(known) < 2:
            continue
        best = max(known, key=lambda at: known[at])
        if list(known.values()).count(known[best]) > 1:
            continue
        against = [best] if best else [at for at in known if at]
        sure = all(columns[at]["adjusted_p"].get(name, 1.0) < LEVEL for at in against)
        found[name] = {"variant": best, "sure": sure}
    return found


def uses_of(report: Mapping[str, Any], column: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the arguments of the operations that go on with a variant.

    The rows of the comparison chose it, so that they cannot judge it: an evaluation is offered the
    data's split `test` if there is one that was not compared, else no data at all.

    Args:
        report: The comparison's result.
        column: The variant.

    Returns:
        By operation: `evaluate`, `tune`, and `prompt` to write the next version of it, or to give a
        nameless one its name.
    """
    shared = {
        "model": column["model"],
        "prompt": column["prompt"],
        "target": report["target"],
        "choices": report["choices"],
    }
    shared = {name: value for name, value in shared.items() if value}
    test, train = _split(report["data"], "test"), _split(report["data"], "train")
    metrics = list(column["metrics"])
    found = {
        "evaluate": shared
        | ({"data": test} if test else {})
        | ({"metrics": metrics} if metrics else {}),
        "tune": shared | ({"data": train} if train else {}),
    }
    prompt = _prompt(column["prompt"])
    return found | ({"prompt": prompt} if prompt else {})


def _split(data: str, wanted: str) -> str | None:
    """Name another split of the same data; None when there is none, or it was compared."""
    from llmops_workbench.tracking import datasets

    try:
        ref = parse(data, "dataset")
        splits = datasets.splits(ref)
    except LLMOpsError:
        return None
    if wanted not in splits or ref.split in (None, wanted):
        return None
    return f"{ref.whole()}#{wanted}"


def _prompt(ref: str) -> dict[str, Any] | None:
    from llmops_workbench.tracking import prompts

    try:
        kept = prompts.load(ref)
    except LLMOpsError:
        return None
    template = kept.template
    text = template if isinstance(template, str) else json.dumps(template, ensure_ascii=False)
    return {"name": kept.ref.name, "text": text} if kept.ref.name else {"text": text}
