"""Write files that are either whole or not there, and find tables by their hash."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from llmops_workbench.core.workspace import Workspace

#: Rows of a row group: few enough for a page of a view to read little, enough to compress well.
ROWS_PER_GROUP = 65_536
COMPRESSION_LEVEL = 3


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place for good.

    Args:
        path: Where the file shall stand; its folder exists.
        write: Is given the temporary path.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def table_path(workspace: "Workspace", content_hash: str, identity: str | None = None) -> Path:
    """Where a table of that hash is kept; with `identity`, where its rows' ids are."""
    name = content_hash if identity is None else f"{content_hash}.{identity}"
    return workspace.path("datasets", f"{name}.parquet")


def keep_table(path: Path, table: "pa.Table") -> Path:
    """Write a table as Parquet where its hash says, unless it is there."""
    import pyarrow.parquet as pq

    if not path.exists():
        write_atomically(
            path,
            lambda temporary: pq.write_table(
                table,
                temporary,
                compression="zstd",
                compression_level=COMPRESSION_LEVEL,
                row_group_size=ROWS_PER_GROUP,
            ),
        )
    return path


def read_table(
    path: Path, columns: list[str] | None = None, limit: int | None = None
) -> "pa.Table":
    """Read a kept table, or its first rows and some of its columns.

    Raises:
        DataError: the file is gone or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if limit is None:
                return file.read(columns=columns)
            groups, rows = [], 0
            for number in range(file.num_row_groups):
                if rows >= limit:
                    break
                groups.append(number)
                rows += file.metadata.row_group(number).num_rows
            return file.read_row_groups(groups, columns=columns).slice(0, limit)
    except (OSError, pa.ArrowException) as error:
        msg = f"the table {path.name} is damaged or gone ({error}): make its version again"
        raise DataError(msg) from error


def read_schema(path: Path) -> "pa.Schema":
    """Read the names and types of a kept table's columns.

    Raises:
        DataError: the file is gone or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        msg = f"the table {path.name} is damaged or gone ({error}): make its version again"
        raise DataError(msg) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
