"""One content, one hash: whatever it was stored as; another content, another hash."""

import datetime as dt
import itertools
import math

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_workbench.tracking.hashing import content_hash
from llmops_workbench.tracking.tables import as_table

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
COLUMNS = {
    "text": (st.none() | TEXT, pa.string()),
    "int": (st.none() | st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "float": (st.none() | st.floats(), pa.float64()),
    "bool": (st.none() | st.booleans(), pa.bool_()),
    "moment": (
        st.none() | st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)),
        pa.timestamp("us"),
    ),
    "list": (st.none() | st.lists(st.none() | TEXT, max_size=3), pa.list_(pa.string())),
    "chat": (
        st.none()
        | st.lists(
            st.none() | st.fixed_dictionaries({"role": st.none() | TEXT, "content": TEXT}),
            max_size=3,
        ),
        pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
    ),
    "map": (
        st.none() | st.lists(st.tuples(TEXT, st.none() | st.integers(0, 9)), max_size=3),
        pa.map_(pa.string(), pa.int64()),
    ),
}


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4, unique=True))
    rows = draw(st.integers(0, 9))
    columns = {}
    for name in names:
        values, kind = COLUMNS[name]
        columns[name] = pa.array(draw(st.lists(values, min_size=rows, max_size=rows)), kind)
    return pa.table(columns)


def canonical(value):
    """A second, slow idea of what equal content is."""
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else value.hex())
    if isinstance(value, dict):
        return tuple(sorted((k, canonical(v)) for k, v in value.items() if v is not None))
    if isinstance(value, list | tuple):
        return ("list", *(canonical(item) for item in value))
    return (type(value).__name__, value)


def content(table):
    return [
        (field.name, str(field.type), [canonical(value) for value in column.to_pylist()])
        for field, column in zip(table.schema, table.columns, strict=True)
    ]


@settings(max_examples=200, deadline=None)
@given(tables(), st.data())
def test_chunks_slices_and_files_leave_no_mark(table, data):
    expected = content_hash(table)
    cuts = sorted(data.draw(st.lists(st.integers(0, table.num_rows), max_size=4)))
    edges = [0, *cuts, table.num_rows]
    pieces = [table.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    assert content_hash(pa.concat_tables(pieces)) == expected
    padded = pa.concat_tables([table, table, table]).combine_chunks()
    assert content_hash(padded.slice(table.num_rows, table.num_rows)) == expected
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    assert content_hash(pq.read_table(pa.BufferReader(sink.getvalue()))) == expected


@settings(max_examples=300, deadline=None)
@given(tables(), tables())
def test_the_hash_tells_apart_exactly_what_differs(left, right):
    assert (content_hash(left) == content_hash(right)) == (content(left) == content(right))


@settings(max_examples=200, deadline=None)
@given(tables(), st.data())
def test_one_changed_cell_changes_the_hash(table, data):
    if table.num_rows == 0:
        return
    name = data.draw(st.sampled_from(table.column_names))
    row = data.draw(st.integers(0, table.num_rows - 1))
    values = table.column(name).to_pylist()
    values[row] = data.draw(COLUMNS[name][0])
    at = table.column_names.index(name)
    changed = table.set_column(at, name, pa.array(values, table.schema.field(name).type))
    assert (content_hash(changed) == content_hash(table)) == (content(changed) == content(table))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([1, None], pa.int8()), pa.array([1, None], pa.int64())),
        (pa.array([1, 2], pa.uint64()), pa.array([1, 2], pa.int32())),
        (pa.array([0.5, None], pa.float32()), pa.array([0.5, None], pa.float64())),
        (pa.array(["a", None]), pa.array(["a", None], pa.large_string())),
        (pa.array(["a", None]), pa.array(["a", None], pa.string_view())),
        (pa.array(["a", "b", "a", None]), pa.array(["a", "b", "a", None]).dictionary_encode()),
        (pa.array(["a", "a"]), pa.RunEndEncodedArray.from_arrays([2], ["a"])),
        (pa.array([b"ab"]), pa.array([b"ab"], pa.binary(2))),
        (pa.array([[1, 2]]), pa.array([[1, 2]], pa.large_list(pa.int8()))),
        (pa.array([[1, 2]]), pa.array([[1, 2]], pa.list_(pa.int64(), 2))),
        (pa.array([None, None], pa.string()), pa.nulls(2)),
        (pa.array([{"a": 1}]), pa.array([{"a": 1, "b": None}])),
        (
            pa.array([0], pa.timestamp("us", "UTC")),
            pa.array([0], pa.timestamp("s", "Asia/Tokyo")),
        ),
        (pa.array([float("nan")]), pa.array([-float("nan")])),
    ],
)
def test_the_width_of_a_type_leaves_no_mark(one, other):
    assert content_hash(pa.table({"c": one})) == content_hash(pa.table({"c": other}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([""]), pa.array([None], pa.string())),
        (pa.array([float("nan")]), pa.array([None], pa.float64())),
        (pa.array([0]), pa.array([None], pa.int64())),
        (pa.array([1]), pa.array([1.0])),
        (pa.array([1]), pa.array(["1"])),
        (pa.array([True]), pa.array([1])),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array([["a"], []]), pa.array([[], ["a"]])),
        (pa.array([[]], pa.list_(pa.string())), pa.array([None], pa.list_(pa.string()))),
        (pa.array(["é"]), pa.array(["e\u0301"])),
        (pa.array([0], pa.timestamp("us")), pa.array([0], pa.timestamp("us", "UTC"))),
        (pa.array([1], pa.timestamp("ns")), pa.array([2], pa.timestamp("ns"))),
        (pa.array([2**63], pa.uint64()), pa.array([-(2**63)], pa.int64())),
        (pa.array([{"a": 1, "b": 2}]), pa.array([{"a": 2, "b": 1}])),
    ],
)
def test_what_a_reader_would_see_as_different_is(one, other):
    assert content_hash(pa.table({"c": one})) != content_hash(pa.table({"c": other}))


def test_names_order_of_columns_and_of_rows_count_and_row_ids_do_not():
    table = pa.table({"a": ["x", "y"], "b": ["y", "x"]})
    assert content_hash(table) != content_hash(table.select(["b", "a"]))
    assert content_hash(table) != content_hash(table.rename_columns(["a", "c"]))
    assert content_hash(table) != content_hash(table.take([1, 0]))
    named = table.append_column("__row__", pa.array([7, 8])).append_column("__id__", table["a"])
    assert content_hash(named) == content_hash(table)


def test_garbage_behind_a_missing_value_leaves_no_mark():
    data = pa.py_buffer(b"garbage!ok")
    offsets = pa.py_buffer(pa.array([0, 8, 10], pa.int32()).buffers()[1].to_pybytes())
    valid = pa.py_buffer(b"\x02")
    dirty = pa.StringArray.from_buffers(2, offsets, data, valid)
    assert dirty.to_pylist() == [None, "ok"]
    assert content_hash(pa.table({"c": dirty})) == content_hash(pa.table({"c": [None, "ok"]}))


def test_pandas_polars_arrow_and_rows_agree():
    columns = {"t": ["a", None, "日本"], "n": [1, 2, 3], "f": [0.5, 1.5, 2.5]}
    arrow = pa.table(columns)
    assert (
        len(
            {
                content_hash(as_table(held))
                for held in (
                    arrow,
                    pd.DataFrame(columns),
                    pd.DataFrame(columns).astype({"t": "category", "n": "Int32"}),
                    pl.DataFrame(columns),
                    arrow.to_pylist(),
                    columns,
                    arrow.to_batches()[0],
                )
            }
        )
        == 1
    )


def test_the_form_is_frozen():
    """A hash in somebody's record must still be found by a later version."""
    table = pa.table({"text": ["a", None, "日本"], "n": [1, 2, None], "m": [["x"], [], None]})
    assert content_hash(table) == FROZEN


FROZEN = "sha256-96df9cf19ae286dc034bf8daf35d3023c8356b6e7a21804f084bac06439da434"
