"""Checks of the form of an answer."""

from __future__ import annotations

import json

from llmops_workbench.scoring.check import check


@check("json", argument="none", help="The answer is one JSON value.")
def is_json(answer: str, argument: str) -> bool:
    """Read the answer as JSON."""
    try:
        json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return True
