"""Replace values of a column by others, as labels by words."""

import json
from typing import Any, Literal

from llmops_workbench.core.errors import DataError
from llmops_workbench.data.columns import check_columns, renew_ids
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.tracking.tables import column as build_column


class MapOptions(StepOptions):
    """Options of `map_values`.

    Attributes:
        column: Which column.
        values: Each old value to its new one.
        other: What happens to a value that is not named: "keep", "missing", "drop" (the row), or
            "fail".
    """

    column: str
    values: dict[str | int | float | bool, str | int | float | bool | None]
    other: Literal["keep", "missing", "drop", "fail"] = "keep"


@step("map_values", MapOptions)
def map_values(state: State, options: MapOptions) -> Change:
    """Replace values by others; a number and the text that spells it are the same value."""
    import pyarrow as pa

    check_columns(state.table, [options.column])
    known = {_spelled(old): new for old, new in options.values.items()}
    before = state.table.column(options.column).to_pylist()
    keys = [None if value is None else _spelled(value) for value in before]
    strange = [row for row, key in enumerate(keys) if key is not None and key not in known]
    if strange and options.other == "fail":
        msg = (
            f"{len(strange)} values of '{options.column}' are not among those of the step, "
            f"the first is {before[strange[0]]!r}: name them, or choose another 'other'"
        )
        raise DataError(msg)
    rest = {"missing": None}
    after = [
        None if key is None else known[key] if key in known else rest.get(options.other, value)
        for key, value in zip(keys, before, strict=True)
    ]
    rows = [row for row, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    table = state.table
    if rows or options.other == "drop":
        at = table.column_names.index(options.column)
        table = renew_ids(table, rows, f"map_values {options.key()}")
        table = table.set_column(at, options.column, build_column(after))
    if options.other == "drop" and strange:
        gone = set(strange)
        table = table.filter(pa.array([row not in gone for row in range(table.num_rows)]))
        rows = [row for row in rows if row not in gone]
    return Change(table, len(rows), {"other": len(strange)})


def _spelled(value: Any) -> str:
    """A value as a recipe spells it: 1 and 1.0 and "1" are one value, true is `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
