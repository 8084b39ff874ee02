"""What to do with a variant that a comparison chose, as operations with their arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.references import parse


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
