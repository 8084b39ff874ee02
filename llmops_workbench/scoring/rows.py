"""From what a caller has to rows of clean text: which rows can be scored, and why others cannot."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from llmops_workbench.core.errors import UsageError


@dataclass(frozen=True)
class Rows:
    """Predictions and references, ready to be scored.

    Attributes:
        count: Rows given.
        kept: Places of the rows that can be scored.
        predictions: One text per kept row.
        references: One list of texts per kept row.
        all_references: Those of every row whose references are text, whatever the prediction.
        failures: Why a row cannot be scored, by its place.
    """

    count: int
    kept: list[int]
    predictions: list[str]
    references: list[list[str]]
    all_references: list[list[str]]
    failures: dict[int, str]


def read_rows(predictions: Iterable[Any], references: Iterable[Any]) -> Rows:
    """Pair predictions with their references and set aside what is no text.

    Args:
        predictions: One per row: text, a number, a truth value, or an object (as its JSON).
        references: One per row, or a list of several per row.

    Raises:
        UsageError: There are no rows, the numbers differ, or a single text was given for a column.
    """
    given, expected = _listed(predictions, "predictions"), _listed(references, "references")
    if len(given) != len(expected):
        raise UsageError(
            f"there are {len(given)} predictions and {len(expected)} references; "
            "give one reference, or one list of references, per prediction"
        )
    if not given:
        raise UsageError("there are no rows to score")
    kept: list[int] = []
    clean: list[str] = []
    clean_references: list[list[str]] = []
    all_references: list[list[str]] = []
    failures: dict[int, str] = {}
    for place, (raw, wanted) in enumerate(zip(given, expected, strict=True)):
        several = [_plain(one) for one in wanted] if _is_sequence(wanted) else [_plain(wanted)]
        prediction = _plain(raw)
        problem = None if several else "there is no reference"
        for one in several:
            problem = problem or _problem(one, "reference")
        texts = [] if problem else [as_text(one) for one in several]
        if not problem:
            all_references.append(texts)
        problem = problem or _problem(prediction, "prediction")
        if problem:
            failures[place] = problem
            continue
        kept.append(place)
        clean.append(as_text(prediction))
        clean_references.append(texts)
    return Rows(len(given), kept, clean, clean_references, all_references, failures)


def as_text(value: Any) -> str:
    """Write a value as text; 3.0 reads "3", since a gap turns a column of whole numbers to floats.

    Args:
        value: Text, a number, a truth value, or an object that JSON can hold.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _listed(column: Iterable[Any], name: str) -> list[Any]:
    if isinstance(column, str | bytes):
        raise UsageError(f"{name} is one text; give a list with one text per row")
    if hasattr(column, "to_pylist"):  # an Arrow array, whose items are not plain values
        return list(column.to_pylist())
    if hasattr(column, "tolist"):  # a NumPy array or a pandas column
        return list(column.tolist())
    return list(column)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list | tuple) or getattr(value, "shape", ()) != ()


def _plain(value: Any) -> Any:
    """Turn NumPy's scalars into Python's."""
    return value.item() if getattr(value, "shape", None) == () else value


def _problem(value: Any, name: str) -> str | None:
    if value is None:
        return f"the {name} is missing"
    if isinstance(value, bytes):
        return f"the {name} is bytes, not text"
    if _is_sequence(value):
        return f"the {name} is a list, not text"
    if isinstance(value, float) and not math.isfinite(value):
        return f"the {name} is not a number ({value})"
    if type(value).__name__ in ("NAType", "NaTType"):  # pandas' own marks of a missing value
        return f"the {name} is missing"
    text = as_text(value)
    if "\x00" in text:
        return f"the {name} holds a NUL character"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"the {name} holds half of a surrogate pair"
    return None
