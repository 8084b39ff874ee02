"""Give columns another type, and say which values cannot have it."""

from typing import TYPE_CHECKING, Literal

from llmops_workbench.core.errors import DataError, UsageError
from llmops_workbench.data.columns import check_columns
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.data.sandbox import connect

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "integer", "number", "boolean", "date", "datetime"]

_SQL = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}


class CastOptions(StepOptions):
    """Options of `cast`."""

    columns: dict[str, Kind]
    errors: Literal["fail", "missing"] = "fail"


@step("cast", CastOptions)
def cast(state: State, options: CastOptions) -> Change:
    """Give columns another type; a value that has no such form fails, or becomes missing."""
    import pyarrow as pa

    table, changed, lost = state.table, set[int](), dict[str, int]()
    check_columns(table, options.columns)
    for column, kind in options.columns.items():
        values = table.column(column)
        if pa.types.is_nested(values.type):
            msg = f"the column '{column}' holds {values.type}, which has no form as {kind}"
            raise UsageError(msg)
        made = _convert(values, kind)
        bad = [
            row
            for row, (old, new) in enumerate(
                zip(values.is_valid().to_pylist(), made.is_valid().to_pylist(), strict=True)
            )
            if old and not new
        ]
        if bad and options.errors == "fail":
            value = values[bad[0]].as_py()
            msg = (
                f"{len(bad)} values of '{column}' have no form as {kind}, the first is {value!r} "
                f"in row {bad[0]}: clean them first, or use 'errors: missing'"
            )
            raise DataError(msg)
        if made.type != values.type:
            changed.update(row for row, there in enumerate(values.is_valid().to_pylist()) if there)
        lost[column] = len(bad)
        at = table.column_names.index(column)
        table = table.set_column(at, column, made)
    return Change(table, len(changed), {"became_missing": {k: v for k, v in lost.items() if v}})


def _convert(values: "pa.ChunkedArray", kind: Kind) -> "pa.ChunkedArray":
    import pyarrow as pa

    # DuckDB rounds fractions to whole numbers, which would lose digits without a word.
    whole = {
        "text": r"CASE WHEN regexp_full_match(trim(v), '[+-]?\d+') THEN TRY_CAST(v AS BIGINT) END",
        "float": "CASE WHEN v = floor(v) THEN TRY_CAST(v AS BIGINT) END",
    }
    expression = f"TRY_CAST(v AS {_SQL[kind]})"
    if kind == "integer" and pa.types.is_string(values.type):
        expression = whole["text"]
    elif kind == "integer" and pa.types.is_floating(values.type):
        expression = whole["float"]
    connection = connect()
    try:
        rows = connection.from_arrow(pa.table({"v": values}))
        made = rows.project(f"{expression} AS v").to_arrow_table().column("v")
    finally:
        connection.close()
    return made
