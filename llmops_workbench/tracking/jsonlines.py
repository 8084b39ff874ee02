"""Read JSON Lines and JSON arrays: columnar when every line is sound, line by line when not."""

import json
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import DataError
from llmops_workbench.tracking.delimited import BadRow, excerpt
from llmops_workbench.tracking.tables import rows_to_table

if TYPE_CHECKING:
    import pyarrow as pa

#: Lines longer than the columnar reader's block go the slow way.
BLOCK_BYTES = 1 << 25
#: Values that are nested deeper than this are no data, and deep enough ones break a parser.
DEPTH = 64
#: A line with more opening brackets than this goes the slow way, which counts its depth.
BRACKETS = 2000


def read_json_lines(data: bytes) -> "tuple[pa.Table, list[BadRow]]":
    """Parse one JSON object a line.

    Args:
        data: UTF-8 bytes without a byte-order mark.

    Returns:
        The table of the good lines, and the broken lines with their numbers.

    Raises:
        DataError: no line is a JSON object.
    """
    if data.lstrip()[:1] == b"[" and _is_array(data):
        return read_json(data)
    table = _columnar(data)
    if table is not None:
        return table, []
    rows: list[dict[str, Any]] = []
    bad: list[BadRow] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        row, reason = _object(line)
        if row is None:
            bad.append(BadRow(number, reason, excerpt(line)))
        else:
            rows.append(row)
    if not rows:
        reason = f"; line {bad[0].line}: {bad[0].reason}" if bad else ""
        msg = f"no line is a JSON object{reason}"
        raise DataError(msg)
    return rows_to_table(rows), bad


def read_json(data: bytes) -> "tuple[pa.Table, list[BadRow]]":
    """Parse a JSON document: an array of objects, or an object that holds one such array.

    A file of one object a line is taken as JSON Lines, whatever its suffix.

    Raises:
        DataError: the document is neither.
    """
    try:
        document = json.loads(data)
    except UnicodeDecodeError as error:
        msg = f"the file is not UTF-8 (byte {error.start}): save it as UTF-8"
        raise DataError(msg) from error
    except (json.JSONDecodeError, RecursionError) as error:
        first, _, rest = data.partition(b"\n")
        if rest.strip() and _object(first)[0] is not None:
            return read_json_lines(data)
        msg = f"the file is not JSON: {error}"
        raise DataError(msg) from error
    if isinstance(document, dict):
        lists = [value for value in document.values() if _is_rows(value)]
        document = lists[0] if len(lists) == 1 else [document]
    if not isinstance(document, list):
        msg = f"the file holds a JSON {type(document).__name__}, not an array of objects"
        raise DataError(msg)
    rows, bad = [], []
    for number, value in enumerate(document):
        if isinstance(value, dict) and not _is_deep(value, DEPTH):
            rows.append(value)
        else:
            # the item's place stands for its line, which a parsed array no longer knows
            deep = isinstance(value, dict)
            reason = f"nested more than {DEPTH} levels deep" if deep else "not a JSON object"
            text = json.dumps(value, ensure_ascii=False).encode()
            bad.append(BadRow(number + 1, f"{reason} (item of the array)", excerpt(text)))
    if not rows:
        msg = "the file holds no JSON object"
        raise DataError(msg)
    return rows_to_table(rows), bad


def _columnar(data: bytes) -> "pa.Table | None":
    import pyarrow as pa
    from pyarrow import json as arrow_json

    if _most_brackets(data) > BRACKETS:
        return None
    options = arrow_json.ReadOptions(block_size=min(BLOCK_BYTES, max(1 << 20, len(data))))
    try:
        table = arrow_json.read_json(pa.BufferReader(data), read_options=options)
        if any(_type_is_deep(field.type, DEPTH) for field in table.schema):
            return None
        texts = pa.schema([pa.field(f.name, _keep_texts(f.type)) for f in table.schema])
        if texts != table.schema:
            # A text that looks like a date stays the text that it was.
            parse = arrow_json.ParseOptions(explicit_schema=texts)
            table = arrow_json.read_json(
                pa.BufferReader(data), read_options=options, parse_options=parse
            )
        table.validate(full=True)
    except pa.ArrowException:
        return None
    if len(set(table.column_names)) < table.num_columns or not table.num_columns:
        return None
    return None if _loses_digits(table) else table


def _most_brackets(data: bytes) -> int:
    """The most opening brackets in one line, counted too high where blocks meet."""
    import numpy as np

    most = carried = 0
    for start in range(0, len(data), BLOCK_BYTES):
        block = np.frombuffer(data, np.uint8, min(BLOCK_BYTES, len(data) - start), start)
        # "[" and "{" are 0x5b and 0x7b: they differ in one bit.
        opened = np.flatnonzero((block & 0xDF) == 0x5B)
        ends = np.flatnonzero(block == 0x0A)
        counts = np.bincount(np.searchsorted(ends, opened), minlength=len(ends) + 1)
        counts[0] += carried
        carried = int(counts[-1])
        most = max(most, int(counts.max()))
    return most


def _type_is_deep(kind: "pa.DataType", left: int) -> bool:
    import pyarrow as pa

    if left == 0:
        return True
    if pa.types.is_struct(kind):
        return any(_type_is_deep(field.type, left - 1) for field in kind)
    return bool(pa.types.is_list(kind)) and _type_is_deep(kind.value_type, left - 1)


def _is_deep(value: object, left: int) -> bool:
    if left == 0:
        return True
    if isinstance(value, dict):
        return any(_is_deep(item, left - 1) for item in value.values())
    return isinstance(value, list) and any(_is_deep(item, left - 1) for item in value)


def _keep_texts(kind: "pa.DataType") -> "pa.DataType":
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_keep_texts(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _keep_texts(f.type)) for f in kind])
    return kind


def _loses_digits(table: "pa.Table") -> bool:
    """Whether a fraction is so large that it may be a whole number with its last digits cut."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for field, values in zip(table.schema, table.columns, strict=True):
        if pa.types.is_floating(field.type):
            top = pc.max(pc.abs(values)).as_py()
            if top is not None and top >= 2**53:
                return True
    return False


def _is_array(data: bytes) -> bool:
    """Whether the whole is one JSON array, which a suffix may call lines."""
    first = data.split(b"\n", 1)[0]
    try:
        json.loads(first)
    except ValueError:  # the array goes on over the next lines
        pass
    else:
        if data[len(first) :].strip():
            return False
    try:
        return isinstance(json.loads(data), list)
    except (ValueError, RecursionError):
        return False


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _object(line: bytes) -> tuple[dict[str, Any] | None, str]:
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start} of the line"
    except json.JSONDecodeError as error:
        return None, f"broken JSON: {error.msg.removesuffix(' at')} at character {error.pos}"
    except (RecursionError, ValueError) as error:
        return None, f"broken JSON: {error}"
    if not isinstance(value, dict):
        return None, f"not a JSON object but a {type(value).__name__}"
    if line.count(b"[") + line.count(b"{") > DEPTH and _is_deep(value, DEPTH):
        return None, f"nested more than {DEPTH} levels deep"
    return value, ""
