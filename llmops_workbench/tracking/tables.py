"""Bring what people hold (Arrow, pandas, Polars, rows) into one kind of Arrow table."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import DataError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

#: Columns that say which row it is: never part of the content, a profile, or a training example.
ROW = "__row__"
ID = "__id__"
#: The column that says in which split a row is.
SPLIT = "__split__"
IDENTITY = (ROW, ID)


def as_table(source: object) -> "pa.Table":
    """Turn a frame, a table, a reader or a list of rows into a plain Arrow table.

    Args:
        source: A pandas or Polars frame, an Arrow table, batch or reader, anything with the Arrow
            stream protocol, a list of mappings, or a mapping of columns.

    Returns:
        A table of the types that `plain` names, without schema metadata.

    Raises:
        UsageError: the object is no table, or two of its columns share a name.
        DataError: a column cannot be written as Arrow.
    """
    import pyarrow as pa

    if isinstance(source, pa.Table):
        table = source
    elif isinstance(source, pa.RecordBatch):
        table = pa.Table.from_batches([source])
    elif _is_pandas(source):
        table = _from_pandas(source)
    elif hasattr(source, "__arrow_c_stream__"):
        table = pa.table(source)
    elif hasattr(source, "to_arrow"):
        table = source.to_arrow()
    elif isinstance(source, Mapping):
        columns = {str(name): column(list(values)) for name, values in source.items()}
        lengths = sorted({len(values) for values in columns.values()})
        if len(lengths) > 1:
            msg = f"the columns of a table have one length, these have {lengths}"
            raise UsageError(msg)
        table = pa.table(columns)
    elif isinstance(source, Sequence) and not isinstance(source, str | bytes):
        table = rows_to_table(source)
    else:
        msg = (
            f"a {type(source).__name__} is not a table: give a pandas, Polars or Arrow frame, "
            "a list of mappings, or a file"
        )
        raise UsageError(msg)
    return plain(table)


def rows_to_table(rows: Iterable[Mapping[str, Any]]) -> "pa.Table":
    """Build a table from rows whose keys may differ; an absent key is a missing value.

    Args:
        rows: Mappings of column to JSON-like value. Columns stand in the order of their first
            appearance.

    Raises:
        DataError: a row is no mapping.
    """
    import pyarrow as pa

    rows = list(rows)
    names: dict[str, None] = {}
    for number, row in enumerate(rows):
        if not hasattr(row, "keys"):
            msg = f"row {number} is a {type(row).__name__}, not a mapping of column to value"
            raise DataError(msg)
        for name in row:
            names.setdefault(name)
    columns = {str(name): column([row.get(name) for row in rows]) for name in names}
    return pa.table(columns)


def column(values: list[Any]) -> "pa.Array":
    """One Arrow array from Python values, where a column of mixed kinds becomes text.

    NaN among texts is a missing value. A column that Arrow has no single type for keeps its
    texts as they are and writes everything else as JSON, so that no value is lost.
    """
    import pyarrow as pa

    has_text = any(isinstance(value, str) for value in values)
    if has_text:
        values = [None if _is_nan(value) else value for value in values]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        texts = [_as_text(value) for value in values]
    except UnicodeEncodeError:
        texts = [_without_surrogates(_as_text(value)) for value in values]
    return pa.array(texts, pa.string())


def plain(table: "pa.Table") -> "pa.Table":
    """The same rows in types that Parquet keeps and that a second reader gives back equal.

    Dictionaries are decoded, large and view strings become strings, half floats floats, seconds
    and milliseconds microseconds; a column without any value is text; a struct without fields,
    which Parquet cannot hold, becomes JSON text.

    Raises:
        UsageError: two columns share a name.
        DataError: a column has a type with no plain form, such as a union.
    """
    import pyarrow as pa

    names = [str(name) for name in table.column_names]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        msg = f"the column name {doubled[0]!r} stands twice: rename one of them"
        raise UsageError(msg)
    columns = []
    for name, values in zip(names, table.columns, strict=True):
        wanted = _plain_type(values.type)
        if wanted is None:
            columns.append(_json_column(name, values))
        elif wanted == values.type:
            columns.append(values)
        else:
            columns.append(_cast(name, values, wanted))
    fields = [pa.field(n, c.type) for n, c in zip(names, columns, strict=True)]
    return pa.table(columns, schema=pa.schema(fields))


def content_columns(names: Iterable[str]) -> list[str]:
    """The names that are content: all but the row's number and id."""
    return [name for name in names if name not in IDENTITY]


def _is_pandas(source: object) -> bool:
    module = type(source).__module__.partition(".")[0]
    return module == "pandas" and hasattr(source, "columns")


def _from_pandas(frame: Any) -> "pa.Table":
    import pyarrow as pa

    frame = frame.rename(columns=str)
    names = list(frame.columns)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        msg = f"the column name {doubled[0]!r} stands twice: rename one of them"
        raise UsageError(msg)
    columns = {}
    for name in names:
        try:
            columns[name] = pa.Array.from_pandas(frame[name])
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            columns[name] = column(frame[name].tolist())
    return pa.table(columns)


def _plain_type(kind: "pa.DataType") -> "pa.DataType | None":
    """The type that a column is kept in; None when only JSON text can hold it."""
    import pyarrow as pa
    from pyarrow import types

    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    if types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if types.is_run_end_encoded(kind):
        return _plain_type(kind.value_type)
    if types.is_null(kind) or types.is_string(kind) or types.is_large_string(kind):
        return pa.string()
    if types.is_string_view(kind):
        return pa.string()
    if types.is_binary_view(kind) or types.is_large_binary(kind):
        return pa.binary()
    if types.is_float16(kind):
        return pa.float32()
    if types.is_timestamp(kind) and kind.unit in {"s", "ms"}:
        return pa.timestamp("us", kind.tz)
    if types.is_union(kind):
        return None
    if types.is_struct(kind):
        return _plain_struct(kind)
    if types.is_map(kind):
        key, item = _plain_type(kind.key_type), _plain_type(kind.item_type)
        return None if key is None or item is None else pa.map_(key, item)
    if types.is_nested(kind):
        item = _plain_type(kind.value_type)
        return None if item is None else pa.list_(item)
    return kind


def _plain_struct(kind: "pa.StructType") -> "pa.DataType | None":
    import pyarrow as pa

    fields = []
    for field in kind:
        wanted = _plain_type(field.type)
        if wanted is None:
            return None
        fields.append(pa.field(field.name, wanted))
    names = {field.name for field in fields}
    return pa.struct(fields) if fields and len(names) == len(fields) else None


def _cast(name: str, values: "pa.ChunkedArray", wanted: "pa.DataType") -> "pa.ChunkedArray":
    import pyarrow as pa
    import pyarrow.compute as pc

    chunks = []
    try:
        for chunk in values.chunks:
            storage = chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk
            if pa.types.is_run_end_encoded(storage.type):
                storage = pc.run_end_decode(storage)
            chunks.append(storage.cast(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        # Only a chunk of more than 2 GB of text has no string form, and it is rare enough to
        # let Arrow cut it.
        if len(values) > 1 and "offset" in str(error).lower():
            half = len(values) // 2
            left = _cast(name, values.slice(0, half), wanted)
            right = _cast(name, values.slice(half), wanted)
            return pa.chunked_array([*left.chunks, *right.chunks], wanted)
        msg = f"the column {name!r} of type {values.type} cannot be kept as {wanted}: {error}"
        raise DataError(msg) from error
    return pa.chunked_array(chunks, wanted)


def _json_column(name: str, values: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa

    try:
        texts = [_as_text(value) for value in values.to_pylist()]
    except (TypeError, ValueError, pa.ArrowException) as error:
        msg = f"the column {name!r} of type {values.type} cannot be kept: {error}"
        raise DataError(msg) from error
    return pa.chunked_array([pa.array(texts, pa.string())])


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _as_text(value: Any) -> str | None:
    if value is None or _is_nan(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return json.dumps(value, ensure_ascii=False, default=str)


def _without_surrogates(text: str | None) -> str | None:
    """A lone half of a surrogate pair, which JSON can spell and UTF-8 cannot, as U+FFFD."""
    if text is None:
        return None
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
