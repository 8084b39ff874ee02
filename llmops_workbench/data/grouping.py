"""Rows that belong together: by the value of a column, or because their texts are nearly equal."""

from typing import TYPE_CHECKING, Any

from llmops_workbench.data.columns import texts_of
from llmops_workbench.text.minhash import MinHashJoin
from llmops_workbench.text.set_join import PrefixJoin, TooMuchWork
from llmops_workbench.text.shingles import shingle_sets

if TYPE_CHECKING:
    import pyarrow as pa

#: Look-ups of the exact join before sketches are used instead, about a minute on one core.
EXACT_LOOK_UPS = 10_000_000_000
PERMUTATIONS = 128


def groups_of_values(table: "pa.Table", column: str, *, missing_is_one: bool = False) -> Any:
    """Number the rows by their value in a column.

    Args:
        table: The rows.
        column: The column.
        missing_is_one: Whether rows without a value belong together; else each is by itself.

    Returns:
        A group number for each row (int64).
    """
    import numpy as np
    import pyarrow as pa

    values = table.column(column)
    if pa.types.is_nested(values.type):
        values = pa.chunked_array([pa.array([repr(value) for value in values.to_pylist()])])
    encoded = pa.concat_arrays(values.chunks or [pa.array([], values.type)]).dictionary_encode()
    codes = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy().astype(np.int64)
    missing = np.flatnonzero(codes == len(encoded.dictionary))
    if not missing_is_one:
        codes[missing] += np.arange(len(missing))
    return codes


def groups_of_near_duplicates(
    table: "pa.Table", column: str, threshold: float, shingle: int
) -> Any:
    """Number the rows so that all that are linked by near-duplicates have one number.

    Two rows are linked when their sets of word n-grams are at least `threshold` similar; chains
    of links count, so that no row of one group is a near-duplicate of a row of another.

    Returns:
        A group number for each row (int64).
    """
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count = table.num_rows
    sets = shingle_sets(texts_of(table, column), shingle)
    rows = np.flatnonzero(sets.sizes > 0)
    try:
        pairs = PrefixJoin(sets, threshold, EXACT_LOOK_UPS).pairs(rows)
    except TooMuchWork:
        pairs = MinHashJoin(sets, threshold, PERMUTATIONS, 0).pairs(rows)
    links = csr_array((np.ones(len(pairs.left), bool), (pairs.left, pairs.right)), (count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)
