"""Columns as steps need them: found or refused by name, as texts, rewritten with new row ids."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.tracking.rows import derive_ids
from llmops_workbench.tracking.tables import ID, SPLIT, content_columns

if TYPE_CHECKING:
    import pyarrow as pa


def check_columns(table: "pa.Table", columns: Iterable[str]) -> None:
    """Refuse a column that is not there.

    Raises:
        UsageError: names the nearest.
    """
    known = content_columns(table.column_names)
    for column in columns:
        if column not in known:
            msg = f"there is no column '{column}'; {did_you_mean(column, known)}"
            raise UsageError(msg)


def texts_of(table: "pa.Table", column: str) -> list[str | None]:
    """The values of a text column; the messages of a chat column joined by line breaks.

    Raises:
        UsageError: there is no such column, or it holds something else.
    """
    import pyarrow as pa

    check_columns(table, [column])
    kind = table.schema.field(column).type
    values: list[Any] = table.column(column).to_pylist()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    if is_chat(kind):
        return [None if chat is None else chat_text(chat) for chat in values]
    msg = f"the column '{column}' holds {kind}, not text: cast it first"
    raise UsageError(msg)


def is_chat(kind: "pa.DataType") -> bool:
    """Whether a column holds lists of messages with a text content."""
    import pyarrow as pa

    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return False
    return any(f.name == "content" and pa.types.is_string(f.type) for f in kind.value_type)


def chat_text(chat: list[dict[str, str | None] | None]) -> str:
    """What is said in a chat, one message a line."""
    return "\n".join(message["content"] or "" for message in chat if message)


def rewrite(
    table: "pa.Table", column: str, before: Sequence[str | None], after: Sequence[str | None],
    key: str,
) -> "tuple[pa.Table, list[int]]":  # fmt: skip
    """Put new texts into a column; rows whose text is another get an id of their own.

    Args:
        table: The rows.
        column: Which column.
        before: Its values as they are.
        after: Its values as they shall be.
        key: What is done, for the new ids.

    Returns:
        The table, and the numbers of the rows that changed.
    """
    import pyarrow as pa

    pairs = zip(before, after, strict=True)
    rows = [row for row, (old, new) in enumerate(pairs) if old != new]
    if not rows:
        return table, rows
    at = table.column_names.index(column)
    table = table.set_column(at, column, pa.array(after, pa.string()))
    return renew_ids(table, rows, key), rows


def renew_ids(table: "pa.Table", rows: Sequence[int], key: str) -> "pa.Table":
    """Give the rows of these numbers ids derived from their present ones."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    touched = np.zeros(table.num_rows, bool)
    touched[list(rows)] = True
    ids = table.column(ID).combine_chunks()
    mask = pa.array(touched)
    fresh = derive_ids(ids.filter(mask), key)
    at = table.column_names.index(ID)
    return table.set_column(at, ID, pc.replace_with_mask(ids, mask, fresh))


def keep_roles(roles: dict[str, str], columns: Iterable[str]) -> dict[str, str]:
    """The roles whose column is still there."""
    there = set(columns)
    return {role: column for role, column in roles.items() if column in there}


def shown_columns(table: "pa.Table") -> list[str]:
    """The columns that are a person's: without row number, id and split."""
    return [name for name in content_columns(table.column_names) if name != SPLIT]
