"""The shapes of a profile: of a column, of lengths, of what a text column says."""

import math
from typing import Any

from pydantic import BaseModel, ConfigDict


def json_value(value: Any) -> Any:
    """A cell as a JSON value: what JSON has no word for is written as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


class Shape(BaseModel):
    """Root of the parts of a profile."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class Histogram(Shape):
    """Counts between edges; there is one edge more than there are counts."""

    edges: list[float]
    counts: list[int]


class Spread(Shape):
    """How numbers are spread.

    Attributes:
        count: How many there are.
        quantiles: By part, such as "0.5"; linear between neighbours.
        histogram: None when there is no number.
    """

    count: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: dict[str, float | None] = {}
    histogram: Histogram | None = None


class TopValue(Shape):
    """A value that stands often."""

    value: Any
    count: int


class ColumnProfile(Shape):
    """What a column holds.

    Attributes:
        name: Its name.
        type: `text`, `integer`, `number`, `boolean`, `date`, `datetime`, `time`, `chat`, `list`,
            `record`, `bytes` or `other`.
        missing: Rows without a value.
        unique: How many different values.
        unique_exact: False when `unique` is an estimate, as on very many rows.
        empty: Of text: rows that hold the empty text; of lists: the empty list.
        nul: Of text: rows with a NUL character.
        not_finite: Of numbers: NaN and infinite ones, which the spread leaves out.
        spread: Of numbers; of a list its lengths; of a text its characters.
        top: The most frequent of the values that stand more than once.
        role: What the column is for, when it has a role.
    """

    name: str
    type: str
    missing: int
    unique: int
    unique_exact: bool = True
    empty: int | None = None
    nul: int | None = None
    not_finite: int | None = None
    spread: Spread | None = None
    top: list[TopValue] = []
    role: str | None = None


class Duplicates(Shape):
    """Rows that stand more than once.

    Attributes:
        exact: Rows whose text stood in an earlier row (the whole row, without a text column).
        near: Rows that are like an earlier kept one, exact ones with a text among them; None
            without a text column.
        near_rows: Rows that were looked at for it; an estimate when it is less than all.
        threshold: Least Jaccard similarity of the sets of word n-grams.
        shingle: Words in an n-gram.
        method: "exact" or "minhash".
    """

    exact: int
    near: int | None = None
    near_rows: int = 0
    threshold: float = 0.7
    shingle: int = 1
    method: str | None = None


class TokenProfile(Shape):
    """Lengths in tokens of a model.

    Attributes:
        model: Which model's tokenizer.
        lengths: Tokens of a row.
        total: Tokens of all rows: counted, or estimated from the sample.
        total_estimated: Which of the two.
    """

    model: str
    lengths: Spread
    total: int
    total_estimated: bool


class TextProfile(Shape):
    """What a text column says.

    Attributes:
        column: Which column.
        rows: Rows that were looked at.
        sampled: Whether those are not all.
        characters: Characters of a row.
        words: Words of a row.
        tokens: Tokens of a row; None without a tokenizer.
    """

    column: str
    rows: int
    sampled: bool
    characters: Spread
    words: Spread
    tokens: TokenProfile | None = None
