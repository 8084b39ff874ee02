"""Keep the first of rows that are equal."""

from typing import Literal

from llmops_workbench.core.errors import UsageError
from llmops_workbench.data.columns import check_columns, is_chat, shown_columns, texts_of
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.data.sandbox import connect
from llmops_workbench.text.exact_duplicates import exact_duplicates


class DedupExactOptions(StepOptions):
    """Options of `dedup_exact`.

    Attributes:
        column: Rows are equal when this text is.
        columns: Rows are equal when all these are; all columns when neither is given.
        ignore: What does not count as a difference of texts: "whitespace", "casefold" or "none".
    """

    shorthand = "column"

    column: str | None = None
    columns: list[str] | None = None
    ignore: Literal["none", "whitespace", "casefold"] = "none"


@step("dedup_exact", DedupExactOptions)
def dedup_exact(state: State, options: DedupExactOptions) -> Change:
    """Keep the first of equal rows."""
    import numpy as np
    import pyarrow as pa

    table = state.table
    columns = [options.column] if options.column else options.columns or shown_columns(table)
    check_columns(table, columns)
    kind = table.schema.field(columns[0]).type
    if len(columns) == 1 and (pa.types.is_string(kind) or is_chat(kind)):
        kept = exact_duplicates(texts_of(table, columns[0]), options.ignore).kept
        return Change(table.filter(pa.array(kept)))
    if options.ignore != "none":
        msg = f"'ignore: {options.ignore}' needs one text column: name it with 'column'"
        raise UsageError(msg)
    names = [f"c{number}" for number in range(len(columns))]
    rows = table.select(columns).rename_columns(names)
    rows = rows.append_column("n", pa.array(np.arange(table.num_rows)))
    connection = connect()
    try:
        first = connection.from_arrow(rows).aggregate("min(n) AS n", ", ".join(names))
        numbers = np.sort(first.fetchnumpy()["n"])
    finally:
        connection.close()
    return Change(table.take(pa.array(numbers)))
