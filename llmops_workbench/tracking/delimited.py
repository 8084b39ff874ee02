"""Read CSV and TSV: columnar when the file is sound, record by record when it is not."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = (",", "\t", ";", "|")
#: A quoted field that runs over more lines than this is taken for an unclosed quote.
MAX_LINES_IN_RECORD = 2000
EXCERPT_CHARACTERS = 80
SNIFF_BYTES = 1 << 16
HEADER_BYTES = 1 << 20
#: A number that is really a code, such as a postal one.
PADDED = r"^[+-]?0[0-9]"
#: What stands for "no value" in a text column; in a numeric one the second list counts as well.
MISSING_TEXT = ["", "NaN", "nan"]
MISSING_NUMBER = ["NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "-"]


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read: its line in the file (from 1), why, and how it begins."""

    line: int
    reason: str
    excerpt: str


def read_delimited(data: bytes, delimiter: str | None = None) -> "tuple[pa.Table, list[BadRow]]":
    """Parse the bytes of a delimited file whose first line names the columns.

    Args:
        data: UTF-8 bytes without a byte-order mark.
        delimiter: One character; found out from the first lines when left out.

    Returns:
        The table of the good rows, and the bad rows in the order of their lines.

    Raises:
        DataError: the header is broken, or no row is good.
    """
    delimiter = delimiter or sniff_delimiter(data)
    header = _header(data, delimiter)
    bad: list[BadRow] = []
    table = _parse(data, delimiter, header)
    if table is None:
        good, bad = _sift(data, delimiter, len(header))
        if len(good) == 1 and bad:
            first = bad[0]
            msg = f"all {len(bad)} rows are bad; line {first.line}: {first.reason}"
            raise DataError(msg)
        table = _parse(b"".join(good), delimiter, header, sifted=True)
        if table is None:
            msg = "the file cannot be read as delimited text"
            raise DataError(msg)
    return _settle(table), bad


def sniff_delimiter(data: bytes) -> str:
    """The delimiter that cuts the first lines into the most equal and the most fields."""
    head = data[:SNIFF_BYTES].decode("utf-8", errors="replace")
    if len(data) > SNIFF_BYTES:
        head = head[: head.rfind("\n") + 1] or head
    best, choice = (0.0, 0), DELIMITERS[0]
    for delimiter in DELIMITERS:
        try:
            counts = [
                len(r)
                for r in csv.reader(io.StringIO(head, newline=None), delimiter=delimiter)
                if r
            ][:100]
        except csv.Error:
            continue
        if not counts or counts[0] < 2:
            continue
        equal = sum(count == counts[0] for count in counts) / len(counts)
        if (equal, counts[0]) > best:
            best, choice = (equal, counts[0]), delimiter
    return choice


def _header(data: bytes, delimiter: str) -> list[str]:
    first = next(_records(data[:HEADER_BYTES], delimiter), None)
    if first is None or first.reason:
        msg = f"the header line is broken: {first.reason}" if first else "the file has no header"
        raise DataError(msg)
    try:
        text = first.raw.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"the header line is not UTF-8 (byte {error.start}): save the file as UTF-8"
        raise DataError(msg) from error
    names = next(csv.reader(io.StringIO(text.rstrip("\r\n")), delimiter=delimiter), [])
    names = [name.strip() or f"column_{n}" for n, name in enumerate(names, 1)]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        msg = f"the column name {doubled[0]!r} stands twice in the header: rename one of them"
        raise DataError(msg)
    return names


def _parse(
    data: bytes, delimiter: str, header: list[str], *, sifted: bool = False
) -> "pa.Table | None":
    """The columnar reader; None when it meets a row that it cannot take."""
    import pyarrow as pa

    # An odd number of quotes is the mark of a quote that was never closed, which a lenient
    # reader would let swallow the rows after it.
    if not sifted and data.count(b'"') % 2:
        return None
    try:
        table = _read(data, delimiter, header, {})
        padded = _padded_numbers(table, data, delimiter, header)
        if padded:
            table = _read(data, delimiter, header, dict.fromkeys(padded, pa.string()))
    except pa.ArrowInvalid:
        return None
    # What is not UTF-8 is read as bytes.
    return None if any(pa.types.is_binary(kind) for kind in table.schema.types) else table


def _read(
    data: bytes,
    delimiter: str,
    header: list[str],
    types: "dict[str, pa.DataType]",
    columns: list[str] | None = None,
) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    return arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(column_names=header, skip_rows_after_names=1),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            null_values=MISSING_TEXT,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            column_types=types,
            include_columns=columns,
        ),
    )


def _padded_numbers(table: "pa.Table", data: bytes, delimiter: str, header: list[str]) -> list[str]:
    """Columns like `007` that would lose their zeros as numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numeric = [
        field.name
        for field in table.schema
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    ]
    before = rb'(?:^|[\n\r"]|' + re.escape(delimiter.encode()) + rb")[+-]?0[0-9]"
    if not numeric or not re.search(before, data):
        return []
    texts = _read(data, delimiter, header, dict.fromkeys(numeric, pa.string()), numeric)
    return [
        name
        for name in numeric
        if pc.any(pc.match_substring_regex(texts.column(name), PADDED)).as_py()
    ]


def _settle(table: "pa.Table") -> "pa.Table":
    """Text columns that are numbers but for words like NA become numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for at, field in enumerate(table.schema):
        if not pa.types.is_string(field.type):
            continue
        values = table.column(at)
        absent = pc.is_in(values, value_set=pa.array(MISSING_NUMBER))
        if not pc.any(absent).as_py():
            continue
        rest = pc.if_else(absent, None, values)
        if rest.null_count == len(rest) or pc.any(pc.match_substring_regex(rest, PADDED)).as_py():
            continue
        for kind in (pa.int64(), pa.float64()):
            try:
                table = table.set_column(at, field.name, rest.cast(kind))
            except pa.ArrowInvalid:
                continue
            break
    return table


def _sift(data: bytes, delimiter: str, width: int) -> tuple[list[bytes], list[BadRow]]:
    """Separate the records that have as many fields as the header and are UTF-8."""
    good: list[bytes] = []
    bad: list[BadRow] = []
    for record in _records(data, delimiter):
        reason = record.reason
        if not reason and record.fields != width:
            reason = f"has {record.fields} fields where the header has {width}"
        if not reason:
            try:
                record.raw.decode("utf-8")
            except UnicodeDecodeError as error:
                reason = f"not UTF-8 at byte {error.start} of the row"
        if reason:
            bad.append(BadRow(record.line, reason, excerpt(record.raw)))
        else:
            good.append(record.raw if record.raw.endswith((b"\n", b"\r")) else record.raw + b"\n")
    return good, bad


def excerpt(raw: bytes) -> str:
    """The beginning of a raw row, fit to show."""
    text = raw[: EXCERPT_CHARACTERS * 4].decode("utf-8", errors="replace").rstrip("\r\n")
    return text[:EXCERPT_CHARACTERS]


@dataclass(frozen=True)
class _Record:
    line: int
    raw: bytes
    fields: int
    reason: str = ""


def _records(data: bytes, delimiter: str) -> Iterator[_Record]:
    """Cut the bytes into records, keeping quoted line breaks together.

    A quote that is not closed by the end (or that ends in the middle of a field after running
    over lines) costs its first line alone: reading goes on with the next one.
    """
    lines = data.splitlines(keepends=True)
    mark, at = delimiter.encode(), 0
    while at < len(lines):
        raw = lines[at]
        if not raw.strip(b"\r\n"):
            at += 1
            continue
        if b'"' not in raw:
            yield _Record(at + 1, raw, raw.count(mark) + 1)
            at += 1
            continue
        state = _Fields(mark)
        state.feed(raw)
        end = at + 1
        while state.open and end < len(lines) and end - at < MAX_LINES_IN_RECORD:
            state.feed(lines[end])
            end += 1
        if state.open or (state.untidy and end - at > 1):
            yield _Record(at + 1, raw, 0, "a quote is opened and not closed")
            at += 1
        else:
            yield _Record(at + 1, b"".join(lines[at:end]), state.count)
            at = end


class _Fields:
    """Counts the fields of one record, fed line by line."""

    def __init__(self, mark: bytes) -> None:
        self.count = 1
        self.open = False
        self.untidy = False
        self._mark = mark

    def feed(self, line: bytes) -> None:
        body, at, fresh = line.rstrip(b"\r\n"), 0, not self.open
        while True:
            if self.open:
                close = body.find(b'"', at)
                if close < 0:
                    return
                if body[close + 1 : close + 2] == b'"':
                    at = close + 2
                    continue
                self.open, at, fresh = False, close + 1, False
                self.untidy = self.untidy or not (
                    at == len(body) or body.startswith(self._mark, at)
                )
            elif fresh and body.startswith(b'"', at):
                self.open, at = True, at + 1
                continue
            after = body.find(self._mark, at)
            if after < 0:
                return
            self.count += 1
            at, fresh = after + 1, True
