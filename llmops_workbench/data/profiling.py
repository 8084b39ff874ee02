"""Profile plain columns in DuckDB: one pass for all aggregates, one for all histograms."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.data.columns import is_chat
from llmops_workbench.data.profiles import ColumnProfile, Histogram, Spread, TopValue

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 20
#: Above this many rows, distinct values and quantiles are estimates (HyperLogLog, t-digest).
EXACT_ROWS = 2_000_000
#: A column with more different values than this has no most frequent ones worth showing.
MOST_DISTINCT_FOR_TOP = 1000
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
        found = _aggregate(connection, source, kinds, exact)
        spreads = _histograms(connection, source, kinds, found)
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


def measured(number: int, kind: str) -> str | None:
    """The SQL of the number whose spread a column of this kind has; None for none."""
    value = f"c{number}"
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


def _aggregate(
    connection: "duckdb.DuckDBPyConnection", source: Source, kinds: list[str], exact: bool
) -> dict[str, Any]:
    """All counts, distinct values, means and quantiles in one pass."""
    wanted: dict[str, str] = {}
    for n, kind in enumerate(kinds):
        value = f"c{n}"
        wanted[f"n{n}"] = f"count({value})"
        # Two different values share a 64-bit hash in one of 10^7 columns of a million values.
        distinct = f"count(DISTINCT hash({value}))" if exact else f"approx_count_distinct({value})"
        wanted[f"u{n}"] = f"{distinct} FILTER ({value} IS NOT NULL)"
        if kind == "text":
            wanted[f"e{n}"] = f"count(*) FILTER ({value} = '')"
            wanted[f"z{n}"] = f"count(*) FILTER (contains({value}, chr(0)))"
        if kind in ("list", "chat"):
            wanted[f"e{n}"] = f"count(*) FILTER (len({value}) = 0)"
        if kind == "number":
            wanted[f"i{n}"] = f"count(*) FILTER (NOT isfinite({value}::DOUBLE))"
        number = measured(n, kind)
        if number is not None:
            wanted |= {
                f"s{n}": f"count({number})",
                f"l{n}": f"min({number})",
                f"h{n}": f"max({number})",
                f"m{n}": f"avg({number})",
                f"d{n}": f"stddev_samp({number} / 1e154) * 1e154"
                if kind == "number"
                else f"stddev_samp({number})",
            }
            sort = "quantile_cont" if exact else "approx_quantile"
            wanted[f"q{n}"] = f"{sort}({number}, {list(QUANTILES)})"
    row = ", ".join(f"c{n}" for n in range(len(kinds)))
    if exact:
        wanted["whole"] = f"count(DISTINCT hash({row}))"
    else:
        wanted["whole"] = f"approx_count_distinct(hash({row}))"
    select = ", ".join(f"{expression} AS {name}" for name, expression in wanted.items())
    values = connection.execute(f"SELECT {select} FROM {source.sql}").fetchone()
    assert values is not None
    return dict(zip(wanted, values, strict=True))


def _histograms(
    connection: "duckdb.DuckDBPyConnection",
    source: Source,
    kinds: list[str],
    found: dict[str, Any],
) -> dict[int, Spread]:
    """The spreads of all columns, their histograms in one pass."""
    wanted: dict[int, str] = {}
    for n, kind in enumerate(kinds):
        number = measured(n, kind)
        low, high = found.get(f"l{n}"), found.get(f"h{n}")
        if number is not None and low is not None and high is not None and low < high:
            place = f"(({number}) / 2 - {low!r} / 2) / ({high!r} / 2 - {low!r} / 2) * {BINS}"
            bin_number = f"least(floor({place}), {BINS - 1})::INTEGER"
            wanted[n] = f"histogram({bin_number}) FILTER (({number}) IS NOT NULL)"
    counts: dict[int, dict[int, int]] = {}
    if wanted:
        select = ", ".join(wanted.values())
        values = connection.execute(f"SELECT {select} FROM {source.sql}").fetchone()
        counts = dict(zip(wanted, values or (), strict=True))
    spreads = {}
    for n in range(len(kinds)):
        if f"s{n}" not in found:
            continue
        low, high = found[f"l{n}"], found[f"h{n}"]
        histogram = None
        if n in counts:
            edges = [low * (1 - k / BINS) + high * (k / BINS) for k in range(BINS + 1)]
            histogram = Histogram(
                edges=edges, counts=[int(counts[n].get(k, 0)) for k in range(BINS)]
            )
        elif low is not None:
            histogram = Histogram(edges=[low, high], counts=[found[f"s{n}"]])
        quantiles = found[f"q{n}"] or [None] * len(QUANTILES)
        spreads[n] = Spread(
            count=found[f"s{n}"],
            minimum=low,
            maximum=high,
            mean=found[f"m{n}"],
            deviation=found[f"d{n}"],
            quantiles={str(p): v for p, v in zip(QUANTILES, quantiles, strict=True)},
            histogram=histogram,
        )
    return spreads


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
            f"GROUP BY c{n} ORDER BY count(*) DESC, c{n} LIMIT {top}"
        )
        rows = connection.execute(query).fetchall()
        tops[n] = [TopValue(value=_json_value(value), count=count) for value, count in rows]
    return tops


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool) else str(value)


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
