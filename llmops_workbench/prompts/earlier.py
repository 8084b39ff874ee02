"""The comparison before this one, of the same data by some of the same variants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.references import parse

# How far back is looked; who compares more often in between compares something else.
_LOOKED = 200


def earlier_run(run: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Find the newest finished comparison that began before a run, and has rows and variants of it.

    Args:
        run: The run, with `run` and `started`.
        report: Its result.

    Returns:
        Its `run`, when it `started`, its `report`, and `variants`: the number of its own variant
        for each of this one's that it had, too. None when there is none.
    """
    from llmops_workbench.tracking.catalogue import catalogue

    book = catalogue()
    data = parse(report["data"], "dataset")
    own = [_key(column) for column in report["columns"]]
    page, _ = book.runs(where="operation=compare state=done", limit=_LOOKED)
    for one in page:
        if one["ref"] == run["run"] or one["started"] >= (run["started"] or ""):
            continue
        try:
            read = parse(str(one["arguments"].get("data")), "dataset")
            if (read.name or read.version) != (data.name or data.version):
                continue
            found = book.run(one["run_id"])["result"]
        except LLMOpsError:
            continue
        numbers = {_key(column): at for at, column in enumerate(found["columns"])}
        variants = {at: numbers[key] for at, key in enumerate(own) if key in numbers}
        if variants:
            return {
                "run": one["ref"],
                "started": one["started"],
                "report": found,
                "variants": variants,
            }
    return None


def _key(column: Mapping[str, Any]) -> tuple[str, str]:
    """Name a variant whatever its versions are; what has no name is told by its content."""
    return _name(column["prompt"], "prompt"), _name(column["model"], "model")


def _name(ref: str, kind: str) -> str:
    found = parse(ref, kind)
    return found.name or str(found.version)
