"""Profile plain columns in DuckDB: the file is read once, its long texts are touched once."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.data.columns import is_chat
from llmops_workbench.data.profiles import (
    ColumnProfile,
    Histogram,
    Spread,
    TopValue,
    json_value,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 20
#: Above this many rows, distinct values and quantiles are estimates (HyperLogLog, t-digest).
EXACT_ROWS = 2_000_000
#: A column with more different values than this has no most frequent ones worth showing.
MOST_DISTINCT_FOR_TOP = 1000
#: Numbers from here on, and from its inverse down, are scaled before they are squared.
LARGE = 1e150
NUMERIC = ("integer", "number")


@dataclass(frozen=True)
class Source:
    """The rows to profile: a Parquet file, or some of its rows.

    Attributes:
        path: The file.
        columns: Which columns.
        schema: Their types.
        rows: How many rows.
        where: An SQL condition, such as of a split; empty for all.
        limit: Only the first rows.
    """

    path: Path
    columns: list[str]
    schema: "pa.Schema"
    rows: int
    where: str = ""
    limit: int | None = None

    @property
    def sql(self) -> str:
        """The rows as a table expression, with columns named c0, c1 and so on."""
        names = ", ".join(f"{quoted(name)} AS c{n}" for n, name in enumerate(self.columns))
        where = f" WHERE {self.where}" if self.where else ""
        limit = f" LIMIT {self.limit}" if self.limit is not None else ""
        return f"(SELECT {names} FROM read_parquet({literal(str(self.path))}){where}{limit})"


def profile_columns(
    source: Source, roles: dict[str, str], top: int
) -> tuple[list[ColumnProfile], int]:
    """Profile every column.

    Args:
        source: The rows.
        roles: Role to column.
        top: How many of the most frequent values to list.

    Returns:
        The profiles in the columns' order, and how many rows equal an earlier row as a whole.
    """
    import duckdb

    kinds = [kind_of(source.schema.field(name).type) for name in source.columns]
    exact = source.rows <= EXACT_ROWS
    connection = duckdb.connect(":memory:")
    try:
        _derive(connection, source, kinds, exact)
        found = _aggregate(connection, kinds, exact)
        spreads = _spreads(connection, kinds, found)
        tops = _tops(connection, source, kinds, found, top)
    finally:
        connection.close()
    purpose = {column: role for role, column in roles.items()}
    profiles = [
        ColumnProfile(
            name=name,
            type=kind,
            missing=source.rows - found[f"n{n}"],
            unique=found[f"u{n}"],
            unique_exact=exact,
            empty=found.get(f"e{n}"),
            nul=found.get(f"z{n}"),
            not_finite=found.get(f"i{n}"),
            spread=spreads.get(n),
            top=tops.get(n, []),
            role=purpose.get(name),
        )
        for n, (name, kind) in enumerate(zip(source.columns, kinds, strict=True))
    ]
    return profiles, max(source.rows - found["whole"], 0)


def kind_of(kind: "pa.DataType") -> str:
    """The name of a type in a profile."""
    from pyarrow import types

    named = {
        "text": types.is_string(kind) or types.is_large_string(kind),
        "boolean": types.is_boolean(kind),
        "integer": types.is_integer(kind),
        "number": types.is_floating(kind) or types.is_decimal(kind),
        "date": types.is_date(kind),
        "datetime": types.is_timestamp(kind),
        "time": types.is_time(kind),
        "chat": is_chat(kind),
        "list": types.is_list(kind) or types.is_large_list(kind),
        "record": types.is_struct(kind) or types.is_map(kind),
        "bytes": types.is_binary(kind) or types.is_fixed_size_binary(kind),
    }
    return next((name for name, yes in named.items() if yes), "other")


def _measured(value: str, kind: str) -> str | None:
    """The SQL of the number whose spread a column of this kind has; None for none."""
    if kind == "number":
        return f"CASE WHEN isfinite({value}::DOUBLE) THEN {value}::DOUBLE END"
    if kind == "integer":
        return f"{value}::DOUBLE"
    if kind == "text":
        return f"length({value})::DOUBLE"
    if kind in ("list", "chat"):
        return f"len({value})::DOUBLE"
    return None


def quoted(name: str) -> str:
    """A column's name as SQL."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _derive(
    connection: "duckdb.DuckDBPyConnection", source: Source, kinds: list[str], exact: bool
) -> None:
    """Read the file once into what is needed of it: a hash, a number and flags of each value.

    Long texts are then not touched again. Beyond `EXACT_ROWS` this is a view, which costs a
    second reading and no memory.
    """
    wanted: list[str] = []
    for n, kind in enumerate(kinds):
        value = f"c{n}"
        # Two different values share a 64-bit hash in one of 10^7 columns of a million values.
        wanted.append(f"CASE WHEN {value} IS NOT NULL THEN hash({value}) END AS h{n}")
        number = _measured(value, kind)
        if number is not None:
            wanted.append(f"{number} AS v{n}")
        if kind == "text":
            wanted += [f"{value} = '' AS e{n}", f"contains({value}, chr(0)) AS z{n}"]
        elif kind in ("list", "chat"):
            wanted.append(f"len({value}) = 0 AS e{n}")
        elif kind == "number":
            wanted.append(f"NOT isfinite({value}::DOUBLE) AS i{n}")
    what = "TABLE" if exact else "VIEW"
    connection.execute(
        f"CREATE TEMP {what} derived AS SELECT {', '.join(wanted)} FROM {source.sql}"
    )


def _aggregate(
    connection: "duckdb.DuckDBPyConnection", kinds: list[str], exact: bool
) -> dict[str, Any]:
    """All counts, distinct values, means and quantiles in one pass."""
    distinct = "count(DISTINCT {})" if exact else "approx_count_distinct({})"
    sort = "quantile_cont" if exact else "approx_quantile"
    wanted: dict[str, str] = {}
    for n, kind in enumerate(kinds):
        wanted[f"n{n}"] = f"count(h{n})"
        wanted[f"u{n}"] = distinct.format(f"h{n}")
        if kind in ("text", "list", "chat"):
            wanted[f"e{n}"] = f"count(*) FILTER (e{n})"
        if kind == "text":
            wanted[f"z{n}"] = f"count(*) FILTER (z{n})"
        if kind == "number":
            wanted[f"i{n}"] = f"count(*) FILTER (i{n})"
        if _measured("", kind) is not None:
            wanted |= {
                f"s{n}": f"count(v{n})",
                f"l{n}": f"min(v{n})",
                f"h{n}": f"max(v{n})",
                f"q{n}": f"{sort}(v{n}, {list(QUANTILES)})",
            }
    # A missing value has no hash of its own, and counts as one value in a row.
    row = ", ".join(f"h{n}" for n in range(len(kinds)))
    wanted["whole"] = distinct.format(f"hash({row})")
    select = ", ".join(f"{expression} AS {name}_" for name, expression in wanted.items())
    values = connection.execute(f"SELECT {select} FROM derived").fetchone()
    assert values is not None
    return dict(zip(wanted, values, strict=True))


def _spreads(
    connection: "duckdb.DuckDBPyConnection", kinds: list[str], found: dict[str, Any]
) -> dict[int, Spread]:
    """The spreads of all columns: means, deviations and histograms, in one more pass."""
    wanted: list[str] = []
    scales: dict[int, float] = {}
    for n in range(len(kinds)):
        low, high = found.get(f"l{n}"), found.get(f"h{n}")
        if low is None or high is None:
            continue
        largest = max(abs(low), abs(high))
        # The squares of numbers near either end of the range would be infinite, or nothing.
        scales[n] = largest if largest > LARGE or 0 < largest < 1 / LARGE else 1.0
        scaled = f"v{n} / {scales[n]!r}"
        wanted += [f"avg({scaled})", f"stddev_samp({scaled})"]
        if low < high:
            place = f"(v{n} / 2 - {low!r} / 2) / ({high!r} / 2 - {low!r} / 2) * {BINS}"
            bin_number = f"least(floor({place}), {BINS - 1})::INTEGER"
            wanted.append(f"histogram({bin_number}) FILTER (v{n} IS NOT NULL)")
        else:
            wanted.append("NULL")
    values: tuple[Any, ...] = ()
    if wanted:
        values = connection.execute(f"SELECT {', '.join(wanted)} FROM derived").fetchone() or ()
    triples = {n: values[3 * k : 3 * k + 3] for k, n in enumerate(scales)}
    return {
        n: _spread(n, found, triples.get(n), scales.get(n, 1.0))
        for n in range(len(kinds))
        if f"s{n}" in found
    }


def _spread(n: int, found: dict[str, Any], triple: tuple[Any, ...] | None, scale: float) -> Spread:
    """The spread of one column from what the two passes found."""
    low, high, count = found[f"l{n}"], found[f"h{n}"], found[f"s{n}"]
    if triple is None:
        return Spread(count=count)
    mean, deviation, bins = triple
    edges, counts = [low, high], [count]
    if bins is not None:
        edges = [low * (1 - k / BINS) + high * (k / BINS) for k in range(BINS + 1)]
        counts = [int(bins.get(k, 0)) for k in range(BINS)]
    return Spread(
        count=count,
        minimum=low,
        maximum=high,
        mean=mean * scale,
        deviation=None if deviation is None else deviation * scale,
        quantiles={str(p): v for p, v in zip(QUANTILES, found[f"q{n}"], strict=True)},
        histogram=Histogram(edges=edges, counts=counts),
    )


def _tops(
    connection: "duckdb.DuckDBPyConnection",
    source: Source,
    kinds: list[str],
    found: dict[str, Any],
    top: int,
) -> dict[int, list[TopValue]]:
    """The most frequent values of the columns in which values repeat."""
    tops = {}
    for n, kind in enumerate(kinds):
        distinct, there = found[f"u{n}"], found[f"n{n}"]
        plain = kind not in ("chat", "list", "record", "bytes", "other")
        if not plain or top == 0 or not 0 < distinct <= MOST_DISTINCT_FOR_TOP or distinct == there:
            continue
        query = (
            f"SELECT c{n}, count(*) FROM {source.sql} WHERE c{n} IS NOT NULL "
            f"GROUP BY c{n} HAVING count(*) > 1 ORDER BY count(*) DESC, c{n} LIMIT {top}"
        )
        rows = connection.execute(query).fetchall()
        tops[n] = [TopValue(value=json_value(value), count=count) for value, count in rows]
    return tops


def spread_of(numbers: Any) -> Spread:
    """The spread of numbers that are in memory.

    Args:
        numbers: A one-dimensional array.
    """
    import numpy as np

    numbers = np.asarray(numbers, np.float64)
    if not len(numbers):
        return Spread(count=0)
    low, high = float(numbers.min()), float(numbers.max())
    if low < high:
        counts, edges = np.histogram(numbers, bins=BINS, range=(low, high))
        histogram = Histogram(edges=edges.tolist(), counts=counts.tolist())
    else:
        histogram = Histogram(edges=[low, high], counts=[len(numbers)])
    found = np.quantile(numbers, QUANTILES)
    return Spread(
        count=len(numbers),
        minimum=low,
        maximum=high,
        mean=float(numbers.mean()),
        deviation=float(numbers.std(ddof=1)) if len(numbers) > 1 else None,
        quantiles={str(p): float(q) for p, q in zip(QUANTILES, found, strict=True)},
        histogram=histogram,
    )
