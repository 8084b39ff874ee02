"""Whether an answer is the same JSON value as the reference."""

from __future__ import annotations

import json
from typing import Any

from llmops_workbench.scoring.metric import metric


@metric("json_match", kind="proportion", help="Share of answers that are the same JSON value.")
def json_match(prediction: str, references: list[str]) -> float | None:
    """Give 1 when the prediction is the same JSON value as one reference, else 0.

    The order of keys and spaces do not matter, 1 and 1.0 are the same, 1 and true are not. What is
    no JSON scores 0.

    Args:
        prediction: The answer.
        references: The right answers, as JSON.

    Returns:
        None, which counts as failed, when a reference is no JSON.
    """
    try:
        wanted = [_read(one) for one in references]
    except ValueError:
        return None
    try:
        given = _read(prediction)
    except (ValueError, RecursionError):
        return 0.0
    return float(any(_same(given, one) for one in wanted))


def _read(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same(one[key], two[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same, one, two))
    return bool(one == two)
