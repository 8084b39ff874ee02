"""Run a foreign SQL expression over rows: no files, no network, no state, no chance."""

import re
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.tracking.tables import content_columns

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_NUMBER = "__number__"
_STRING = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"\"(?:[^\"]|\"\")*\"|[A-Za-z_]\w*")
_UNKNOWN_COLUMN = re.compile(r'column "([^"]+)" not found')


def connect() -> "duckdb.DuckDBPyConnection":
    """A DuckDB that reads only the tables that it is handed, and cannot be told otherwise."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "lock_configuration": "true",
        },
    )
    return connection


def matching_rows(table: "pa.Table", expression: str) -> Any:
    """Find the rows for which an expression is true.

    Args:
        table: The rows; their number and id can be used as well.
        expression: One SQL expression in DuckDB's dialect over the columns' names.

    Returns:
        The numbers of the rows, ascending (int64); a row for which it is null is not among them.

    Raises:
        UsageError: it is no expression, names an unknown column, fails on a value, reads files, or
            could give another answer the next time.
    """
    import duckdb
    import numpy as np
    import pyarrow as pa

    numbers = pa.array(np.arange(table.num_rows))
    connection = connect()
    try:
        _refuse_volatile(connection, expression)
        rows = connection.from_arrow(table.append_column(_NUMBER, numbers))
        found = rows.filter(expression).project(_NUMBER).fetchnumpy()[_NUMBER]
    except duckdb.Error as error:
        raise UsageError(_sentence(expression, error, table)) from error
    finally:
        connection.close()
    return np.sort(np.asarray(found, np.int64))


def computed(table: "pa.Table", expression: str) -> "pa.ChunkedArray":
    """Compute one value for each row.

    Args:
        table: The rows; their number and id can be used as well.
        expression: One SQL expression in DuckDB's dialect over the columns' names.

    Returns:
        The values in the order of the rows.

    Raises:
        UsageError: as for `matching_rows`, or it gives one value for many rows.
    """
    import duckdb
    import numpy as np
    import pyarrow as pa

    numbers = pa.array(np.arange(table.num_rows))
    connection = connect()
    try:
        _refuse_volatile(connection, expression)
        rows = connection.from_arrow(table.append_column(_NUMBER, numbers))
        found = rows.project(f"({expression}) AS value, {_NUMBER}").to_arrow_table()
    except duckdb.Error as error:
        raise UsageError(_sentence(expression, error, table)) from error
    finally:
        connection.close()
    if found.num_rows != table.num_rows:
        msg = f"the expression '{expression}' does not give one value for each row"
        raise UsageError(msg)
    return found.sort_by(_NUMBER).column("value")


def _refuse_volatile(connection: "duckdb.DuckDBPyConnection", expression: str) -> None:
    """Refuse functions whose value is not fixed by their arguments: a replay must agree."""
    query = (
        "SELECT DISTINCT function_name FROM duckdb_functions() "
        "WHERE function_type = 'scalar' AND stability <> 'CONSISTENT'"
    )
    volatile = {name for (name,) in connection.execute(query).fetchall()}
    volatile |= {"current_timestamp", "localtimestamp", "localtime", "current_time", "user"}
    bare = _STRING.sub("''", expression)
    for match in _NAME.finditer(bare):
        name = match[0].lower().strip('"')
        called = bare[match.end() :].lstrip().startswith("(") or name.startswith(("cur", "local"))
        if called and name in volatile:
            msg = (
                f"the filter uses {name}, which gives another answer each time: "
                "use the columns alone, or the step 'sample' with a seed"
            )
            raise UsageError(msg)


def _sentence(expression: str, error: Exception, table: "pa.Table") -> str:
    first = str(error).split("\n", 1)[0]
    unknown = _UNKNOWN_COLUMN.search(first)
    if unknown is not None:
        hint = did_you_mean(unknown[1], content_columns(table.column_names))
        return f"the filter names no column '{unknown[1]}'; {hint}"
    reason = first.partition(": ")[2] or first
    if "disabled by configuration" in first:
        return f"the filter '{expression}' reads files, which a recipe may not: use columns alone"
    return f"the filter '{expression}' does not work: {reason}"
