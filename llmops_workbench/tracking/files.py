"""Read a data file of any supported format; what is broken is counted, the good rows go on."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import DataError, NotFoundError, UsageError, nearest
from llmops_workbench.tracking.delimited import BadRow, read_delimited
from llmops_workbench.tracking.jsonlines import read_json, read_json_lines
from llmops_workbench.tracking.tables import plain

if TYPE_CHECKING:
    import pyarrow as pa

#: A file's suffix and the format that it stands for.
FORMATS = {
    "csv": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "parquet": "parquet",
    "pq": "parquet",
    "arrow": "arrow",
    "feather": "arrow",
    "ipc": "arrow",
}

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class FileTable:
    """What a file gave: the table of its good rows, and the bad ones with line and reason."""

    table: "pa.Table"
    bad_rows: list[BadRow] = field(default_factory=list)


def read_file(path: str | Path, *, format: str | None = None) -> FileTable:
    """Read a CSV, TSV, JSON Lines, JSON, Parquet or Arrow file (text formats also as `.gz`).

    Args:
        path: The file.
        format: One of `FORMATS`; told from the suffix when left out.

    Returns:
        The good rows as a plain Arrow table, and the bad rows in the order of their lines.

    Raises:
        NotFoundError: there is no such file.
        UsageError: the suffix or the format is not supported.
        DataError: the file is empty, cannot be read, or has no good row.
    """
    path = Path(path)
    kind = _format(path, format)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        msg = f"the file {path} {what}"
        raise NotFoundError(msg)
    if path.stat().st_size == 0:
        msg = f"the file {path} is empty: give one with a header and rows"
        raise DataError(msg)
    try:
        table, bad = _READERS[kind](path)
        table = plain(table)
    except (DataError, UsageError) as error:
        msg = f"{path}: {error}"
        raise DataError(msg) from error
    if table.num_columns == 0:
        msg = f"the file {path} has no columns"
        raise DataError(msg)
    if table.num_rows == 0:
        msg = f"the file {path} has no rows, only a header: give one with rows"
        raise DataError(msg)
    return FileTable(table, bad)


def is_supported(path: str | Path) -> bool:
    """Whether the path's suffix is one that `read_file` knows."""
    return _suffix(Path(path)) in FORMATS


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return name.removesuffix(".gz").rpartition(".")[2]


def _format(path: Path, format: str | None) -> str:
    word = format.lower() if format else _suffix(path)
    if word in FORMATS:
        return FORMATS[word]
    near = nearest(word, list(FORMATS))
    hint = f"; did you mean {near!r}?" if near else ""
    msg = f"the format {word!r} of {path.name} is not supported ({', '.join(FORMATS)}){hint}"
    raise UsageError(msg)


def _text(path: Path) -> bytes:
    """The file's bytes as UTF-8 without a mark."""
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"cannot be read: {error}"
        raise DataError(msg) from error
    if data.startswith(_UTF8_MARK):
        data = data[len(_UTF8_MARK) :]
    elif data.startswith(_UTF16_MARKS):
        try:
            data = data.decode("utf-16").encode("utf-8")
        except UnicodeDecodeError as error:
            msg = f"begins as UTF-16 but is broken at byte {error.start}: save it as UTF-8"
            raise DataError(msg) from error
    if not data.strip(b"\x00 \t\r\n"):
        msg = "the file is empty: give one with a header and rows"
        raise DataError(msg)
    return data


def _read_parquet(path: Path) -> "tuple[pa.Table, list[BadRow]]":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        msg = f"is not a Parquet file that can be read: {error}"
        raise DataError(msg) from error
    return _without_pandas_index(table), []


def _read_arrow(path: Path) -> "tuple[pa.Table, list[BadRow]]":
    import pyarrow as pa
    from pyarrow import feather, ipc

    try:
        table = feather.read_table(path)
    except (pa.ArrowException, OSError):
        try:
            with pa.memory_map(str(path)) as source:
                table = ipc.open_stream(source).read_all()
        except (pa.ArrowException, OSError) as error:
            msg = f"is not an Arrow file that can be read: {error}"
            raise DataError(msg) from error
    return _without_pandas_index(table), []


def _without_pandas_index(table: "pa.Table") -> "pa.Table":
    unnamed = [name for name in table.column_names if name.startswith("__index_level_")]
    return table.drop_columns(unnamed) if unnamed else table


_READERS: "dict[str, Callable[[Path], tuple[pa.Table, list[BadRow]]]]" = {
    "csv": lambda path: read_delimited(_text(path)),
    "tsv": lambda path: read_delimited(_text(path), "\t"),
    "jsonl": lambda path: read_json_lines(_text(path)),
    "json": lambda path: read_json(_text(path)),
    "parquet": _read_parquet,
    "arrow": _read_arrow,
}
