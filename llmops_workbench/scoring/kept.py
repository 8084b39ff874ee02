"""Rows of answers that a run kept: read by ranges, judged, searched, without any model.

The tables are those that `compare` and `evaluate` write; one column of `sent` turns is much longer
than the rest and is read for single rows alone.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import DataError, NotFoundError
from llmops_workbench.core.views import question
from llmops_workbench.scoring.asking import LIKELIHOOD

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Floats = NDArray[np.float64]

# Characters of a text that a range carries: about what six lines of a cell show.
SHOWN = 400
# Characters of a text that the details of one row carry, unless all of it is asked for.
DETAILED = 50_000
LONGEST = 10_000_000
_ROWS = ("sent", "baseline_sent")


def read_kept(ref: str) -> pa.Table:
    """Read a table of answers without the turns that were sent.

    Raises:
        NotFoundError: The table is removed.
        DataError: Its file is gone or damaged.
    """
    from llmops_workbench.tracking import datasets

    version = datasets.find(ref)
    columns = [name for name in version.meta["columns"] if name not in _ROWS]
    return datasets.load(version, columns=columns).combine_chunks()


def read_row(ref: str, place: int) -> dict[str, Any]:
    """Read all that is kept of one row, of a large table only the group that it stands in."""
    import pyarrow.parquet as pq

    from llmops_workbench.tracking import datasets

    try:
        with pq.ParquetFile(datasets.content_path(ref)) as file:
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if place < rows:
                    table = file.read_row_group(group).slice(place, 1)
                    found: dict[str, Any] = table.to_pylist()[0]
                    return found
                place -= rows
    except OSError as error:
        raise DataError(f"{ref} cannot be read: {error}") from error
    raise NotFoundError(f"{ref} has no row {place}")


def metric_facts(name: str) -> dict[str, Any]:
    """Say what a page must know of a metric: its kind, its range and which way is better."""
    from llmops_workbench.scoring.metric import METRICS

    try:
        part = METRICS.get(name)
    except NotFoundError:
        # Of a plug-in that is not installed here: its numbers are shown, not judged.
        unknown = {"best": None, "highest": None, "higher": True}
        return {"name": name, "kind": "mean", "help": "", **unknown}
    best = part.best if math.isfinite(part.best) else None
    return {
        "name": name,
        "kind": part.kind,
        "help": part.help,
        "best": best,
        "highest": part.range[1] if math.isfinite(part.range[1]) else None,
        "higher": part.higher_is_better,
    }


def floats(table: pa.Table, name: str) -> Floats:
    """Give a column of scores; NaN where a row has none, or the table no such column."""
    import numpy as np

    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    values: Floats = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def at_best(values: Floats, facts: Mapping[str, Any]) -> Mask:
    """Tell which scores are those of a right answer."""
    import numpy as np

    if facts["best"] is None:
        return np.zeros(values.shape, bool)
    close: Mask = np.isclose(values, facts["best"], rtol=1e-9, atol=1e-9)
    return close


def by_value(values: Floats, descending: bool) -> NDArray[np.int64]:
    """Order places by their values; what has none is last either way, and equals stay in order."""
    import numpy as np

    ranked = np.where(np.isnan(values), np.inf, -values if descending else values)
    order: NDArray[np.int64] = np.argsort(ranked, kind="stable")
    return order


def row_numbers(table: pa.Table) -> pa.ChunkedArray:
    """Give the number of each answer's row in its first source."""
    return table.column("row" if "row" in table.column_names else "__row__")


def read_column(table: pa.Table, metric: str, prefix: str = "") -> str:
    """Name the column that a metric read: the choices for the likelihood, else the writing."""
    chosen = f"{prefix}choice"
    by_likelihood = metric == LIKELIHOOD and _has_any(table, chosen)
    return chosen if by_likelihood or not _has_any(table, f"{prefix}answer") else f"{prefix}answer"


def _has_any(table: pa.Table, name: str) -> bool:
    if name not in table.column_names:
        return False
    column = table.column(name)
    return bool(column.null_count < len(column))


def texts(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    """Give any column as text; several values of a row stand side by side."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return pc.binary_join(column, " | ")
    if pa.types.is_primitive(kind):
        return column.cast(pa.string())
    written = [None if value is None else _written(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(written, pa.string())])


def _written(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def source_texts(data: str, columns: Sequence[str], count: int) -> pa.ChunkedArray | None:
    """Give what the prompt showed of each row of the data, as text.

    Args:
        data: The dataset that was read, with its split.
        columns: Those that the prompt shows; with several each value follows its column's name.
        count: How many rows were read.

    Returns:
        A text a row, in their order; None when the data is removed or nothing is shown of it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from llmops_workbench.tracking import datasets

    try:
        version = datasets.find(data)
        known = [name for name in columns if name in version.meta["columns"]]
        table = datasets.load(data, columns=known, limit=count, identity=False)
    except (NotFoundError, DataError):
        return None
    if not known or table.num_rows != count:
        return None
    parts = [texts(table.column(name)) for name in known]
    if len(parts) == 1:
        return parts[0]
    named = [
        pc.binary_join_element_wise(f"{name}: ", pc.fill_null(part, ""), "")
        for name, part in zip(known, parts, strict=True)
    ]
    joined = pc.binary_join_element_wise(*named, "\n")
    return joined if isinstance(joined, pa.ChunkedArray) else pa.chunked_array([joined])


def matches(columns: Iterable[pa.ChunkedArray], words: str) -> Mask:
    """Tell which rows have a text in any of some columns, whatever the case or the composition."""
    import numpy as np
    import pyarrow.compute as pc

    wanted = unicodedata.normalize("NFC", words)
    found: Mask | None = None
    for column in columns:
        question().check()
        text = pc.fill_null(column if wanted.isascii() else _composed(column), "")
        mask = pc.match_substring(text, wanted, ignore_case=True)
        hits: Mask = np.asarray(mask.to_numpy(zero_copy_only=False), bool)
        found = hits if found is None else found | hits
    assert found is not None, "there is at least one column to search"
    return found


def _composed(column: pa.ChunkedArray) -> pa.Array:
    """Compose letters and their marks; Arrow's own function leaves them apart."""
    import pyarrow as pa

    normal = [
        None if text is None else unicodedata.normalize("NFC", text) for text in column.to_pylist()
    ]
    return pa.array(normal, pa.string())


def shortened(column: pa.ChunkedArray, rows: Any, longest: int = SHOWN) -> pa.Array:
    """Give the texts of some rows; of a long one the beginning, with a mark at its end."""
    import pyarrow.compute as pc

    taken = column.take(rows)
    taken = taken.combine_chunks() if hasattr(taken, "chunks") else taken
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(taken, 0, longest), "…", "")
    return pc.if_else(pc.greater(pc.utf8_length(taken), longest), cut, taken)


def detailed(value: Any, longest: int) -> dict[str, Any] | None:
    """Give a text with its length; only the beginning of one that no page could draw."""
    if value is None:
        return None
    text = value if isinstance(value, str) else _written(value)
    return {"text": text[:longest], "length": len(text)}


def detailed_turns(turns: Sequence[Mapping[str, Any]] | None, longest: int) -> list[Any] | None:
    """Give the turns that were sent, each with its role and its text."""
    if turns is None:
        return None
    return [{"role": turn["role"], **(detailed(turn["content"], longest) or {})} for turn in turns]
