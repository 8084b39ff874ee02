"""Which row it is: its number in the first source, and an id that survives selection.

An id is 16 hex digits. It comes from the hash of the source version and the row's number through
the finalizer of SplitMix64 (Steele, Lea and Flood 2014), which is a bijection of 64-bit numbers:
no two rows of one source, and no two rows derived by one step, can share an id.
"""

import hashlib
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import DataError
from llmops_workbench.tracking.tables import ID, IDENTITY, ROW

if TYPE_CHECKING:
    import pyarrow as pa

ID_DIGITS = 16


def with_identity(table: "pa.Table", source_hash: str) -> "pa.Table":
    """Give each row its number and its id; rows that have both keep them.

    Args:
        table: Any table; `__row__` and `__id__` stand at its end afterwards.
        source_hash: The content hash of the version that the rows come from.

    Raises:
        DataError: the table has one of the two columns but not the other, or of another form.
    """
    if has_identity(table):
        content = table.drop_columns(list(IDENTITY))
        numbers, ids = table.column(ROW), table.column(ID)
    else:
        content = table
        numbers, ids = source_identity(source_hash, table.num_rows)
    return content.append_column(ROW, numbers).append_column(ID, ids)


def has_identity(table: "pa.Table") -> bool:
    """Whether the rows say which they are.

    Raises:
        DataError: only one of the two columns is there, or a value is no id.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    present = [name for name in IDENTITY if name in table.column_names]
    if not present:
        return False
    if len(present) == 1:
        msg = f"the column {present[0]!r} is reserved for the workbench: rename it"
        raise DataError(msg)
    numbers, ids = table.column(ROW), table.column(ID)
    sound = pa.types.is_integer(numbers.type) and pa.types.is_string(ids.type)
    sound = sound and not numbers.null_count and not ids.null_count
    if sound and len(ids):
        sound = pc.all(pc.match_substring_regex(ids, r"^[0-9a-f]{16}$")).as_py()
    if not sound:
        msg = f"the columns {ROW!r} and {ID!r} are reserved for the workbench: rename them"
        raise DataError(msg)
    return True


def source_identity(source_hash: str, rows: int) -> "tuple[pa.Array, pa.Array]":
    """Number and id of every row of a first source.

    Args:
        source_hash: The content hash of the source version.
        rows: How many rows it has.
    """
    import numpy as np
    import pyarrow as pa

    numbers = np.arange(rows, dtype=np.uint64)
    ids = _mix(_mix(numbers) ^ _key(source_hash))
    return pa.array(numbers.astype(np.int64)), _to_hex(ids)


def derive_ids(ids: "pa.Array | pa.ChunkedArray", step: str) -> "pa.Array":
    """The ids of rows that a step made out of others, one from one.

    Args:
        ids: The parents' ids.
        step: What was done, with its options: the same step gives the same ids.
    """
    return _to_hex(_mix(_numbers(ids) ^ _key(step)))


def combine_ids(parents: "list[pa.Array | pa.ChunkedArray]", step: str) -> "pa.Array":
    """The ids of rows that a step made out of several parents each, in the parents' order."""
    total = _numbers(parents[0])
    for more in parents[1:]:
        total = _mix(total) ^ _numbers(more)
    return _to_hex(_mix(total ^ _key(step)))


def id_fractions(ids: "pa.Array | pa.ChunkedArray", seed: int) -> Any:
    """A number in [0, 1) for each id: uniform, the same for the same id and seed.

    Returns:
        A float64 array of the ids' length.
    """
    import numpy as np

    mixed = _mix(_numbers(ids) ^ _key(f"fraction {seed}"))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _key(text: str) -> Any:
    import numpy as np

    return np.uint64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))


def _mix(numbers: Any) -> Any:
    """SplitMix64's finalizer: every input bit reaches every output bit."""
    import numpy as np

    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _to_hex(numbers: Any) -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    octets = numbers.astype(">u8").view(np.uint8)
    text = np.empty(octets.size * 2, np.uint8)
    text[0::2], text[1::2] = digits[octets >> 4], digits[octets & 15]
    offsets = np.arange(len(numbers) + 1, dtype=np.int64) * ID_DIGITS
    large = pa.LargeStringArray.from_buffers(
        len(numbers), pa.py_buffer(offsets.tobytes()), pa.py_buffer(text.tobytes())
    )
    return large.cast(pa.string())


def _numbers(ids: "pa.Array | pa.ChunkedArray") -> Any:
    """Ids back as 64-bit numbers."""
    import numpy as np
    import pyarrow as pa

    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    if isinstance(ids, pa.ChunkedArray):  # of no chunk at all
        ids = pa.array([], pa.string())
    fixed = ids.cast(pa.binary()).cast(pa.binary(ID_DIGITS))
    if not len(fixed):
        return np.empty(0, np.uint64)
    start = fixed.offset * ID_DIGITS
    text = np.frombuffer(fixed.buffers()[1], np.uint8)[start : start + len(fixed) * ID_DIGITS]
    nibbles = np.where(text >= ord("a"), text - (ord("a") - 10), text - ord("0")).astype(np.uint8)
    octets = (nibbles[0::2] << 4) | nibbles[1::2]
    return octets.view(">u8").astype(np.uint64)
