"""The content hash of a table: equal rows in equal order give equal hashes, however stored.

The canonical form is columnar. Each column is a name, a kind and a few byte streams (which rows
are there, how long each is, their values), each stream hashed by SHA-256. Kinds are few: whole
numbers are 64 bit, fractions are float64 with one NaN, text is UTF-8, moments are microseconds
(nanoseconds only where they would be lost), lists are lengths and items, structs are their fields
by name. So chunks, slices, dictionary encoding and the width of a type leave no mark, while a
missing value, an empty text and a NaN stay three things.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import DataError
from llmops_workbench.tracking.tables import content_columns

if TYPE_CHECKING:
    import pyarrow as pa

#: Changing the canonical form means a new number, so that old hashes are never mistaken for new.
FORM = b"llmops-table-1"
PREFIX = "sha256-"


def content_hash(table: "pa.Table") -> str:
    """Hash the content of a table: names, kinds and ordered rows, without row numbers and ids.

    Args:
        table: Any Arrow table. The order of rows and of columns counts.

    Returns:
        `sha256-` and 64 hex digits.

    Raises:
        DataError: a column has a type with no canonical form.

    Example:
        >>> narrow, wide = pa.array([1, 2], "int8"), pa.chunked_array([[1], [2]], "int64")
        >>> content_hash(pa.table({"a": narrow})) == content_hash(pa.table({"a": wide}))
        True
    """
    names = content_columns(table.column_names)
    total = hashlib.sha256(FORM)
    total.update(_number(table.num_rows) + _number(len(names)))
    for name in names:
        label = name.encode()
        total.update(_number(len(label)) + label)
        total.update(_digest(table.column(name)))
    return PREFIX + total.hexdigest()


def text_hash(text: str) -> str:
    """Hash a text (a prompt, a recipe) in the same notation: `sha256-` and 64 hex digits."""
    return PREFIX + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(values: "pa.ChunkedArray") -> bytes:
    """One digest for a column, of its kind and its streams."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = values.type
    if types.is_dictionary(kind):
        return _digest(values.cast(kind.value_type) if len(values) else _empty(kind.value_type))
    if types.is_run_end_encoded(kind):
        decoded = [pc.run_end_decode(chunk) for chunk in values.chunks]
        return _digest(pa.chunked_array(decoded, kind.value_type))
    if _is_extension(kind):
        return _digest(_storage(values))
    if types.is_struct(kind):
        return _struct_digest(values)
    if types.is_fixed_size_list(kind) or types.is_list_view(kind) or types.is_large_list_view(kind):
        return _digest(values.cast(pa.large_list(kind.value_type)))
    if types.is_map(kind):
        return _digest(_as_pairs(values))
    if types.is_list(kind) or types.is_large_list(kind):
        return _list_digest(values)
    if types.is_null(kind):
        # A column with no value at all has no kind of its own: it counts as text.
        return _digest(pa.chunked_array([pa.nulls(len(values), pa.string())]))
    if types.is_string(kind) or types.is_large_string(kind):
        return _text_digest(values, b"text")
    if types.is_string_view(kind):
        return _digest(values.cast(pa.large_string()))
    if types.is_binary(kind) or types.is_large_binary(kind):
        return _text_digest(values, b"bytes")
    if types.is_binary_view(kind):
        return _digest(values.cast(pa.large_binary()))
    if types.is_fixed_size_binary(kind):
        return _text_digest(values.cast(pa.binary()), b"bytes")
    return _flat_digest(values)


def _text_digest(values: "pa.ChunkedArray", kind: bytes) -> bytes:
    import numpy as np
    import pyarrow as pa

    valid, lengths, data = _Valid(), hashlib.sha256(), hashlib.sha256()
    large = pa.large_string() if kind == b"text" else pa.large_binary()
    for chunk in values.chunks:
        if len(chunk) == 0:
            continue
        valid.add(chunk)
        filled = chunk.fill_null("" if kind == b"text" else b"") if chunk.null_count else chunk
        narrow = filled.type in (pa.string(), pa.binary())
        filled = filled if narrow else filled.cast(large)
        _, starts, body = filled.buffers()
        width = np.int32 if narrow else np.int64
        offsets = np.frombuffer(starts, width)[filled.offset : filled.offset + len(filled) + 1]
        lengths.update(np.ascontiguousarray(np.diff(offsets), dtype="<i8").data)
        if body is not None:
            data.update(memoryview(body)[int(offsets[0]) : int(offsets[-1])])
    return _join(kind, valid.digest(), lengths.digest(), data.digest())


def _flat_digest(values: "pa.ChunkedArray") -> bytes:
    import numpy as np
    import pyarrow as pa
    from pyarrow import types

    kind, target, convert = _flat_kind(values)
    if kind == b"decimal":
        return _text_digest(values.cast(pa.string()), kind)
    valid, data = _Valid(), hashlib.sha256()
    for chunk in values.chunks:
        if len(chunk) == 0:
            continue
        valid.add(chunk)
        flat = chunk.cast(target)
        if types.is_boolean(target):
            flat = flat.cast(pa.uint8())
        elif types.is_temporal(target):
            flat = flat.cast(pa.int32() if target.bit_width == 32 else pa.int64())
        if flat.null_count:
            flat = flat.fill_null(0)
        numbers = flat.to_numpy(zero_copy_only=False)
        if convert is not None:
            numbers = convert(numbers)
        data.update(np.ascontiguousarray(numbers).data)
    return _join(kind, valid.digest(), data.digest())


def _flat_kind(
    values: "pa.ChunkedArray",
) -> "tuple[bytes, pa.DataType, Callable[[Any], Any] | None]":
    """The kind's name, the Arrow type that it is hashed in, and a last canonical touch."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = values.type
    if types.is_uint64(kind):
        highest = pc.max(values).as_py()
        fits = highest is None or highest < 2**63
        return (b"int", pa.int64(), None) if fits else (b"uint", pa.uint64(), None)
    if types.is_integer(kind):
        return b"int", pa.int64(), None
    if types.is_floating(kind):
        return b"float", pa.float64(), _one_nan
    if types.is_boolean(kind):
        return b"bool", pa.bool_(), None
    if types.is_timestamp(kind):
        # A moment with a zone is one instant, whatever the zone; without one it is a reading.
        name = b"instant" if kind.tz else b"reading"
        unit = "ns" if kind.unit == "ns" and _has_nanoseconds(values) else "us"
        return name + unit.encode(), pa.timestamp(unit, "UTC" if kind.tz else None), None
    if types.is_date(kind):
        return b"date", pa.date32(), None
    if types.is_time(kind):
        return b"time", pa.time64("ns"), None
    if types.is_duration(kind):
        return b"duration", pa.duration("ns"), None
    if types.is_decimal(kind):
        return b"decimal", pa.string(), None
    msg = f"a column of type {kind} has no canonical form to hash: convert it to text"
    raise DataError(msg)


def _list_digest(values: "pa.ChunkedArray") -> bytes:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    valid, lengths, items = _Valid(), hashlib.sha256(), []
    for chunk in values.chunks:
        if len(chunk) == 0:
            continue
        valid.add(chunk)
        counts = pc.list_value_length(chunk).fill_null(0).cast(pa.int64())
        lengths.update(np.ascontiguousarray(counts.to_numpy(zero_copy_only=False)).data)
        items.append(chunk.flatten())
    children = pa.chunked_array(items, values.type.value_type)
    return _join(b"list", valid.digest(), lengths.digest(), _digest(children))


def _as_pairs(values: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """A map as the list of its key-value pairs."""
    import pyarrow as pa

    pair = pa.struct([("key", values.type.key_type), ("value", values.type.item_type)])
    return values.cast(pa.list_(pair))


def _struct_digest(values: "pa.ChunkedArray") -> bytes:
    """Fields by name; a field that no row fills leaves no mark, as in JSON."""
    import pyarrow as pa

    valid, fields = _Valid(), []
    for chunk in values.chunks:
        if len(chunk):
            valid.add(chunk)
    chunks = [chunk for chunk in values.chunks if len(chunk)]
    for position, field in sorted(enumerate(values.type), key=lambda pair: pair[1].name):
        parts = [chunk.flatten()[position] for chunk in chunks]
        child = pa.chunked_array(parts, field.type)
        if child.null_count == len(child):
            continue
        label = field.name.encode()
        fields.append(_number(len(label)) + label + _digest(child))
    return _join(b"struct", valid.digest(), *fields)


class _Valid:
    """The stream of which rows are there, one bit a row, whatever the chunks were."""

    def __init__(self) -> None:
        self._bits: list[Any] = []

    def add(self, chunk: "pa.Array") -> None:
        self._bits.append((chunk.null_count, len(chunk), chunk))

    def digest(self) -> bytes:
        import numpy as np

        rows = sum(length for _, length, _ in self._bits)
        head = hashlib.sha256(_number(rows))
        if any(missing for missing, _, _ in self._bits):
            flags = [chunk.is_valid().to_numpy(zero_copy_only=False) for _, _, chunk in self._bits]
            head.update(np.packbits(np.concatenate(flags)).data)
        return head.digest()


def _one_nan(numbers: Any) -> Any:
    import numpy as np

    broken = np.isnan(numbers)
    if broken.any():
        numbers = numbers.copy()
        numbers[broken] = np.nan
    return numbers


def _has_nanoseconds(values: "pa.ChunkedArray") -> bool:
    import numpy as np
    import pyarrow as pa

    whole = (
        chunk.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        for chunk in values.chunks
    )
    return any(bool(np.any(part % 1000)) for part in whole)


def _is_extension(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return isinstance(kind, pa.BaseExtensionType)


def _storage(values: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa

    return pa.chunked_array([chunk.storage for chunk in values.chunks], values.type.storage_type)


def _empty(kind: "pa.DataType") -> "pa.ChunkedArray":
    import pyarrow as pa

    return pa.chunked_array([], kind)


def _number(value: int) -> bytes:
    return value.to_bytes(8, "little")


def _join(*parts: bytes) -> bytes:
    """Lengths before parts, so that no two lists of parts run together alike."""
    return hashlib.sha256(b"".join(_framed(parts))).digest()


def _framed(parts: tuple[bytes, ...]) -> Iterator[bytes]:
    for part in parts:
        yield _number(len(part))
        yield part
