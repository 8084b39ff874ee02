"""Files of every format are read; what is broken is counted, and the good rows go on."""

import csv
import gzip
import io
import json
import random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather, ipc

from llmops_workbench.core.errors import DataError, NotFoundError, UsageError, outcome
from llmops_workbench.tracking.delimited import read_delimited
from llmops_workbench.tracking.files import read_file
from llmops_workbench.tracking.hashing import content_hash
from llmops_workbench.tracking.jsonlines import read_json_lines

UNICODE = [
    "naïve café",
    "日本語の文",
    "ข้อความไทย",
    "مرحبا بالعالم",
    "Привет",
    "👩🏽‍🚀 zwj",
    "a\u0301",
]


def write(folder, name, data):
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def rows(path, **options):
    return read_file(path, **options).table.to_pylist()


def test_csv_gives_types_quotes_and_line_breaks(tmp_path):
    text = 'n,x,text,flag\n1,0.5,"a ""quoted"", line\nand more",true\n2,1e3,日本語,false\n'
    table = read_file(write(tmp_path, "a.csv", text)).table
    assert [str(kind) for kind in table.schema.types] == ["int64", "double", "string", "bool"]
    assert table.to_pylist() == [
        {"n": 1, "x": 0.5, "text": 'a "quoted", line\nand more', "flag": True},
        {"n": 2, "x": 1000.0, "text": "日本語", "flag": False},
    ]


def test_ragged_rows_are_listed_with_their_lines_and_the_rest_is_kept(tmp_path):
    text = 'a,b\n1,x\n2,"two\nlines"\n3,y,z\n\n4\n5,w\n'
    file = read_file(write(tmp_path, "a.csv", text))
    assert file.table.to_pydict() == {"a": [1, 2, 5], "b": ["x", "two\nlines", "w"]}
    assert [(bad.line, bad.reason) for bad in file.bad_rows] == [
        (5, "has 3 fields where the header has 2"),
        (7, "has 1 fields where the header has 2"),
    ]
    assert file.bad_rows[0].excerpt == "3,y,z"


def test_bad_utf8_costs_its_row_alone(tmp_path):
    file = read_file(write(tmp_path, "a.csv", b"a,b\n1,ok\n2,\xff\xfe\n3,fine\n"))
    assert file.table.to_pydict() == {"a": [1, 3], "b": ["ok", "fine"]}
    assert [(bad.line, bad.reason) for bad in file.bad_rows] == [
        (3, "not UTF-8 at byte 2 of the row")
    ]


@pytest.mark.parametrize("tail", ["", '4,"z"\n', '4,"z"x\n'])
def test_a_quote_that_is_never_closed_does_not_swallow_the_file(tmp_path, tail):
    file = read_file(write(tmp_path, "a.csv", 'a,b\n1,"open\n2,x\n3,y\n' + tail))
    assert file.table.column("a").to_pylist()[:2] == [2, 3]
    assert (file.bad_rows[0].line, file.bad_rows[0].reason) == (
        2,
        "a quote is opened and not closed",
    )


def test_every_record_is_either_kept_or_listed(tmp_path):
    """Damage a sound file at random: no row is lost without a word."""
    dice = random.Random(7)
    for _ in range(25):
        lines = [f"{n},{dice.choice(UNICODE)},{dice.random():.3f}" for n in range(60)]
        broken = set(dice.sample(range(60), dice.randint(1, 12)))
        data = b"n,text,x\n"
        for n, line in enumerate(lines):
            raw = line.encode()
            if n in broken:
                raw = dice.choice([raw + b",extra", raw.split(b",")[0], raw + b"\xff"])
            data += raw + b"\n"
        file = read_file(write(tmp_path, "a.csv", data))
        assert {bad.line - 2 for bad in file.bad_rows} == broken
        assert file.table.column("n").to_pylist() == [n for n in range(60) if n not in broken]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=("Cs",)), max_size=12), min_size=2, max_size=2
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_pythons_csv_module_writes_is_read_back(table_rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["first", "second"], *table_rows])
    table, bad = read_delimited(buffer.getvalue().encode(), ",")
    assert bad == []
    given_back = [
        [None if v is None else str(v) for v in row.values()] for row in table.to_pylist()
    ]
    as_numbers = not all(pa.types.is_string(kind) for kind in table.schema.types)
    if not as_numbers:
        assert given_back == table_rows
    assert table.num_rows == len(table_rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path, delimiter):
    text = delimiter.join(["text", "label"]) + "\n"
    text += delimiter.join(['"a; b, c | d\te"', "1"]) + "\n" + delimiter.join(["plain", "0"]) + "\n"
    assert rows(write(tmp_path, "a.csv", text)) == [
        {"text": "a; b, c | d\te", "label": 1},
        {"text": "plain", "label": 0},
    ]


def test_missing_is_not_empty_and_nan_among_texts_is_missing(tmp_path):
    text = 't,n,m\n,1,NA\n"",NaN,2\nNaN,3,N/A\n"NaN",4,\n'
    table = read_file(write(tmp_path, "a.csv", text)).table
    assert table.to_pydict() == {
        "t": [None, "", None, "NaN"],
        "n": [1, None, 3, 4],
        "m": [None, 2, None, None],
    }


def test_numbers_with_leading_zeros_stay_text(tmp_path):
    table = read_file(write(tmp_path, "a.csv", 'zip,n,f\n"00123",0,0.5\n90210,7,01.5\n')).table
    assert table.to_pydict() == {"zip": ["00123", "90210"], "n": [0, 7], "f": ["0.5", "01.5"]}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_is_no_data(tmp_path, encoding):
    text = "a,b\n1,Ωmega\n"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    path = write(tmp_path, "a.csv", mark + text.encode(encoding))
    assert rows(path) == [{"a": 1, "b": "Ωmega"}]
    jsonl = write(tmp_path, "a.jsonl", mark + '{"a": "Ω"}\n'.encode(encoding))
    assert rows(jsonl) == [{"a": "Ω"}]


def test_nul_is_kept_as_data(tmp_path):
    assert rows(write(tmp_path, "a.csv", b"a,b\nx\x00y,1\n")) == [{"a": "x\x00y", "b": 1}]
    assert rows(write(tmp_path, "a.jsonl", '{"a": "x\\u0000y"}\n')) == [{"a": "x\x00y"}]


def test_broken_json_lines_are_counted_and_the_good_ones_kept(tmp_path):
    data = b'{"a": 1}\n{"a": 2\n\n[3]\n{"a": "\xff"}\n{"a": 5, "b": "x"}\n'
    file = read_file(write(tmp_path, "a.jsonl", data))
    assert file.table.to_pylist() == [{"a": 1, "b": None}, {"a": 5, "b": "x"}]
    assert [bad.line for bad in file.bad_rows] == [2, 4, 5]
    assert "JSON" in file.bad_rows[0].reason
    assert file.bad_rows[1].reason == "not a JSON object but a list"
    assert file.bad_rows[2].reason.startswith("not UTF-8 at byte 7")


def test_json_lines_keep_texts_that_look_like_dates_and_long_whole_numbers(tmp_path):
    text = '{"d": "2024-01-01", "i": 9007199254740993, "m": [{"at": "2024-01-01T00:00:00"}]}\n'
    assert rows(write(tmp_path, "a.jsonl", text)) == [json.loads(text)]
    long = '{"i": 123456789012345678901234567890}\n'
    assert rows(write(tmp_path, "b.jsonl", long)) == [{"i": "123456789012345678901234567890"}]


def test_mixed_kinds_in_a_column_become_text_without_losing_a_value(tmp_path):
    text = '{"v": 1}\n{"v": "two"}\n{"v": {"three": [3]}}\n{"v": null}\n{"v": NaN}\n'
    table = read_file(write(tmp_path, "a.jsonl", text)).table
    assert table.column("v").to_pylist() == ["1", "two", '{"three": [3]}', None, None]


def test_chats_stay_lists_of_structs(tmp_path):
    chat = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "สวัสดี"}]
    table = read_file(write(tmp_path, "a.jsonl", json.dumps({"messages": chat}) + "\n")).table
    assert pa.types.is_list(table.schema.field("messages").type)
    assert table.to_pylist() == [{"messages": chat}]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "t": st.text(max_size=6),
                "n": st.integers(-(2**40), 2**40),
                "l": st.lists(st.text(max_size=3), max_size=3),
            },
        ),
        min_size=1,
        max_size=8,
    ).filter(any)
)
def test_the_columnar_and_the_patient_reader_agree(objects):
    """One broken line sends a file the slow way: the good rows must come out the same."""
    lines = [json.dumps(item, ensure_ascii=False) for item in objects]
    fast, none = read_json_lines("\n".join(lines).encode("utf-8", "surrogatepass"))
    slow, bad = read_json_lines("\n".join([*lines, "{broken"]).encode("utf-8", "surrogatepass"))
    assert (none, len(bad)) == ([], 1)
    assert fast.to_pylist() == slow.to_pylist()
    assert content_hash(fast) == content_hash(slow)


@pytest.mark.parametrize("depth", [100, 900, 3000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a": ', "}")])
def test_a_line_that_is_nested_without_end_breaks_nothing(tmp_path, depth, opening, closing):
    deep = '{"a": ' + opening * depth + "1" + closing * depth + "}"
    file = read_file(write(tmp_path, "a.jsonl", f'{{"b": 1}}\n{deep}\n{{"b": 2}}\n'))
    assert file.table.to_pydict() == {"b": [1, 2]}
    assert [bad.line for bad in file.bad_rows] == [2]
    if depth < 1000:
        file = read_file(write(tmp_path, "a.json", f'[{{"b": 1}}, {deep}]'))
        assert (file.table.num_rows, len(file.bad_rows)) == (1, 1)


def test_a_json_document_is_an_array_or_holds_one(tmp_path):
    assert rows(write(tmp_path, "a.json", '[{"a": 1}, {"b": "x"}]')) == [
        {"a": 1, "b": None},
        {"a": None, "b": "x"},
    ]
    assert rows(write(tmp_path, "b.json", '{"data": [{"a": 1}], "n": 1}')) == [{"a": 1}]
    assert rows(write(tmp_path, "c.json", '{"a": 1}\n{"a": 2}\n')) == [{"a": 1}, {"a": 2}]
    assert rows(write(tmp_path, "d.jsonl", '[\n{"a": 1},\n{"a": 2}]')) == [{"a": 1}, {"a": 2}]
    file = read_file(write(tmp_path, "e.json", '[{"a": 1}, 3]'))
    assert (file.table.num_rows, file.bad_rows[0].excerpt) == (1, "3")


def test_columnar_files_and_compressed_ones(tmp_path):
    table = pa.table({"text": UNICODE, "n": range(len(UNICODE))})
    pq.write_table(table, tmp_path / "a.parquet")
    feather.write_feather(table, tmp_path / "a.feather")
    with ipc.new_stream(tmp_path / "s.arrow", table.schema) as stream:
        stream.write_table(table)
    for name in ("a.parquet", "a.feather", "s.arrow"):
        assert read_file(tmp_path / name).table.equals(table)
    text = "\n".join(json.dumps(row) for row in table.to_pylist())
    write(tmp_path, "a.jsonl.gz", gzip.compress(text.encode()))
    assert read_file(tmp_path / "a.jsonl.gz").table.equals(table)


def test_a_pandas_index_is_no_column(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3]})[lambda found: found.a != 2]
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet").table.column_names == ["a"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n \n", "is empty"),
        ("a.csv", b"\xef\xbb\xbf", "is empty"),
        ("a.csv", b"a,b\n", "no rows"),
        ("a.csv", b"a,b\n1\n2\n", "all 2 rows are bad; line 2: has 1 fields"),
        ("a.csv", b"a,a\n1,2\n", "'a' stands twice"),
        ("a.csv", b"\xff\xe9a,b\n1,2\n", "not UTF-8"),
        ("a.jsonl", b"{broken\n", "no line is a JSON object; line 1"),
        ("a.jsonl", b"\xff\n", "no line is a JSON object; line 1: not UTF-8"),
        ("a.json", b"3", "int, not an array"),
        ("a.json", b"[1, 2]", "no JSON object"),
        ("a.json", b'{"a": ', "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.parquet", b"PAR1 no", "not a Parquet file"),
        ("a.arrow", b"nothing", "not an Arrow file"),
        ("a.csv.gz", b"\x1f\x8bbroken", "cannot be read"),
    ],
)
def test_an_unusable_file_is_one_sentence(tmp_path, name, data, words):
    with pytest.raises(DataError) as caught:
        read_file(write(tmp_path, name, data))
    assert words in str(caught.value)
    assert name in str(caught.value)
    assert outcome(caught.value).exit_code == 2


def test_a_wrong_suffix_says_what_is_supported(tmp_path):
    with pytest.raises(UsageError, match=r"'cvs'.*csv, tsv.*did you mean 'csv'"):
        read_file(write(tmp_path, "a.cvs", b"a\n1\n"))
    assert rows(write(tmp_path, "a.txt", b"a\n1\n"), format="csv") == [{"a": 1}]
    with pytest.raises(NotFoundError, match="does not exist"):
        read_file(tmp_path / "none.csv")


PIECES = b'" | , | \r | a | 1 | { | } | {"a":1} | [ | ] | nan | \x00 | \xff | \xe6\x97\xa5'.split(
    b" | "
)
PIECES += [b"\n", b"\t"]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["csv", "tsv", "jsonl", "json", "parquet", "arrow"]),
    st.lists(
        st.sampled_from(PIECES),
        max_size=40,
    ),
)  # fmt: skip
def test_any_bytes_are_read_or_refused_in_a_sentence(tmp_path_factory, kind, parts):
    path = write(tmp_path_factory.mktemp("fuzz"), f"a.{kind}", b"".join(parts))
    try:
        file = read_file(path)
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert file.table.num_rows > 0
        file.table.validate(full=True)
        assert content_hash(file.table).startswith("sha256-")
        assert [bad.line for bad in file.bad_rows] == sorted(bad.line for bad in file.bad_rows)
