"""Whether an answer ends in the right number."""

from __future__ import annotations

import math
import re

from llmops_workbench.scoring.metric import metric

_NUMBER = re.compile(r"[-+]?(?:\d+(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?")


@metric("number_match", kind="proportion", help="Share of answers whose last number is right.")
def number_match(
    prediction: str, references: list[str], *, tolerance: float = 1e-9
) -> float | None:
    """Give 1 when the last number of the prediction is that of one reference, else 0.

    Args:
        prediction: The answer, with any text around the number; "1,234.5" is one number.
        references: The right answers; their last numbers count as well.
        tolerance: Relative difference that still counts as equal.

    Returns:
        None, which counts as failed, when a reference holds no number.
    """
    wanted = [_last_number(one) for one in references]
    if None in wanted:
        return None
    given = _last_number(prediction)
    if given is None:
        return 0.0
    return float(
        any(
            math.isclose(given, one, rel_tol=tolerance, abs_tol=0)
            for one in wanted
            if one is not None
        )
    )


def _last_number(text: str) -> float | None:
    found = [one for one in _NUMBER.findall(text) if any(map(str.isdigit, one))]
    for one in reversed(found):
        try:
            return float(one.replace(",", ""))
        except ValueError:
            continue  # an exponent without a number before it
    return None
