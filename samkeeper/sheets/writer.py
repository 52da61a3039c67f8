"""Tables out: CSV as a stream, Excel in constant memory. What `read` gives back is what was written.

Text that a table program would take for a formula gets an apostrophe in CSV and the "text" mark in Excel; `read`
takes one apostrophe off again. Moments are text in Excel too: as numbers they would lose their exact second.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from itertools import count, islice
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from samkeeper.errors import BadInput
from samkeeper.sheets.cells import EXACT_BELOW
from samkeeper.sheets.grid import PROGRESS_EVERY, Progress
from samkeeper.sheets.kinds import Kind
from samkeeper.sheets.layout import Column, Layout
from samkeeper.sheets.target import Target, writing

Columns = Layout | Sequence[Column]
Rows = Iterable[Mapping[str, Any]]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
ROWS_PER_SHEET = 1_000_000  # Excel holds 2^20; people see a round number
LONGEST_CELL = 32_767  # characters, Excel's own limit; xlsxwriter would leave a longer cell empty
CSV_CHUNK = 500  # rows
NUMBER_FORMATS = {"number": "0", "money": "#,##0.00", "date": "yyyy-mm-dd"}
NOT_XML = dict.fromkeys([*range(0xD800, 0xE000), 0xFFFE, 0xFFFF])  # would make the whole workbook unreadable


def columns_of(columns: Columns) -> tuple[Column, ...]:
    return columns.columns if isinstance(columns, Layout) else tuple(columns)


def shown(column: Column, value: object) -> str:
    """The text of a value as its kind shows it; empty for None."""
    if value is None:
        return ""
    return column.parse.show(value) if isinstance(column.parse, Kind) else str(value)


def style_of(column: Column) -> str:
    return column.parse.style if isinstance(column.parse, Kind) else "text"


def csv_chunks(columns: Columns, rows: Rows) -> Iterator[bytes]:
    """UTF-8 CSV with a byte-order mark (Excel needs it), some hundred rows at a time: a streaming response's body."""
    wanted = columns_of(columns)
    source = iter(rows)
    yield b"\xef\xbb\xbf" + _csv_bytes([[column.name for column in wanted]])
    while lines := [[_csv_cell(column, row[column.key]) for column in wanted] for row in islice(source, CSV_CHUNK)]:
        yield _csv_bytes(lines)


def write_csv(
    stream: BinaryIO, columns: Columns, rows: Rows, *, total: int = 0, progress: Progress | None = None
) -> None:
    """Write `csv_chunks` to a binary stream. `progress(done, total)` passes `total` on as given."""
    for chunk in csv_chunks(columns, _counted(rows, total, progress)):
        stream.write(chunk)


def _counted(rows: Rows, total: int, progress: Progress | None) -> Iterator[Mapping[str, Any]]:
    done = 0
    for done, row in enumerate(rows, start=1):
        yield row
        if progress and done % PROGRESS_EVERY == 0:
            progress(done, total)
    if progress:
        progress(done, total)


def _csv_bytes(lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _csv_cell(column: Column, value: object) -> str:
    text = shown(column, value)
    quoted = text.startswith("'") or (style_of(column) == "text" and text.startswith(FORMULA_STARTS))
    return f"'{text}" if quoted else text


def write_xlsx(
    target: Target,
    columns: Columns,
    rows: Rows,
    *,
    title: str,
    about: Mapping[str, str] | None = None,
    total: int = 0,
    progress: Progress | None = None,
) -> int:
    """Write a workbook and return the number of rows.

    The first sheet says what this is: `title`, the lines of `about` (filters, who, when) and the count. Rows follow
    on sheets of a million each. `progress(done, total)` passes `total` on as given.
    """
    with writing(target) as stream, xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        cover = book.add_worksheet("说明")
        written = _Pages(book, columns_of(columns)).write(_counted(rows, total, progress))
        _write_cover(cover, book.add_format({"bold": True}), {"表名": title, **(about or {}), "行数": str(written)})
    return written


def _write_cover(cover: Worksheet, bold: Format, lines: Mapping[str, str]) -> None:
    cover.set_column(0, 0, 16)
    cover.set_column(1, 1, 80)
    for line, (name, text) in enumerate(lines.items()):
        cover.write_string(line, 0, name, bold)
        cover.write_string(line, 1, text)


class _Pages:
    """The data sheets of one workbook; a new one begins every ROWS_PER_SHEET rows."""

    def __init__(self, book: xlsxwriter.Workbook, columns: tuple[Column, ...]) -> None:
        self.book = book
        self.columns = columns
        self.bold = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1})
        self.quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self.formats = {name: book.add_format({"num_format": form}) for name, form in NUMBER_FORMATS.items()}
        self.text = book.add_format({"num_format": "@"})

    def write(self, rows: Rows) -> int:
        source = iter(rows)
        for number in count(1):
            page = self._page(number)
            line = 0
            for line, row in enumerate(islice(source, ROWS_PER_SHEET), start=1):
                self._row(page, line, row)
            if line < ROWS_PER_SHEET:
                break
        return (number - 1) * ROWS_PER_SHEET + line

    def _page(self, number: int) -> Worksheet:
        page = self.book.add_worksheet(f"数据{number}" if number > 1 else "数据")
        page.freeze_panes(1, 0)
        for place, column in enumerate(self.columns):
            page.set_column(place, place, max(12, 2 * len(column.name) + 2))
            page.write_string(0, place, column.name, self.bold)
        return page

    def _row(self, page: Worksheet, line: int, row: Mapping[str, Any]) -> None:
        for place, column in enumerate(self.columns):
            if (value := row[column.key]) is not None:
                self._cell(page, line, place, column, value)

    def _cell(self, page: Worksheet, line: int, place: int, column: Column, value: Any) -> None:
        style = style_of(column)
        form = self.formats.get(style)
        if style == "date":
            page.write_datetime(line, place, datetime.combine(value, time()), form)
        elif style == "number" and abs(value) < EXACT_BELOW:
            page.write_number(line, place, value, form)
        elif style == "money" and abs(value) < EXACT_BELOW:
            page.write_number(line, place, value / 100, form)
        else:
            self._text(page, line, place, shown(column, value))

    def _text(self, page: Worksheet, line: int, place: int, text: str) -> None:
        if len(text) > LONGEST_CELL:
            raise BadInput(f"第 {line} 行有 {len(text)} 个字的单元格，Excel 放不下", remedy="请改为导出 CSV")
        quoted = text.startswith(("'", *FORMULA_STARTS))
        safe = (f"'{text}" if text.startswith("'") else text).translate(NOT_XML)
        page.write_string(line, place, safe, self.quoted if quoted else self.text)
