"""An empty table to fill in: header, one example row, and in Excel a sheet that explains every column."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from samkeeper.sheets.kinds import Kind
from samkeeper.sheets.layout import Column, Layout
from samkeeper.sheets.target import Target, writing
from samkeeper.sheets.writer import csv_chunks

ROWS_TO_FILL = 20_000  # rows that get drop-down lists
HELP_HEADER = ("列", "必填", "格式", "示例", "说明")
HELP_WIDTHS = (20, 6, 40, 30, 60)


def template(layout: Layout, target: Target, *, form: str = "") -> None:
    """Write a template as `form` ("xlsx" or "csv"; by default what the path ends in).

    `read` passes over the example row where it is left standing.
    """
    form = form or ("csv" if isinstance(target, str | Path) and str(target).lower().endswith(".csv") else "xlsx")
    with writing(target) as stream:
        if form == "csv":
            stream.write(b"".join(csv_chunks(_as_text(layout), [_examples(layout)])))
            return
        with xlsxwriter.Workbook(stream) as book:
            _fill_in_sheet(book, layout)
            _help_sheet(book, layout)


def _as_text(layout: Layout) -> list[Column]:
    """Examples are texts already."""
    return [Column(column.name, column.key) for column in layout.columns]


def _examples(layout: Layout) -> dict[str, str]:
    return {column.key: column.example for column in layout.columns}


def _fill_in_sheet(book: xlsxwriter.Workbook, layout: Layout) -> None:
    """Cells are text, so that the table program keeps leading zeros and long numbers as they are typed."""
    text = book.add_format({"num_format": "@"})
    example = book.add_format({"num_format": "@", "italic": True, "font_color": "#808080"})
    required = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1})
    optional = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1})
    page = book.add_worksheet(layout.name[:31])
    page.freeze_panes(1, 0)
    for place, column in enumerate(layout.columns):
        page.set_column(place, place, max(14, 2 * len(column.name) + 4, len(column.example) + 4), text)
        page.write_string(0, place, column.name, required if column.required else optional)
        page.write_string(1, place, column.example, example)
        _drop_down(page, place, column)


def _drop_down(page: Worksheet, place: int, column: Column) -> None:
    choices = column.parse.choices if isinstance(column.parse, Kind) else ()
    if choices and len(",".join(choices)) <= 255:  # Excel's limit for a list
        page.data_validation(1, place, ROWS_TO_FILL, place, {"validate": "list", "source": list(choices)})


def _help_sheet(book: xlsxwriter.Workbook, layout: Layout) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    page = book.add_worksheet("填写说明")
    for place, (name, width) in enumerate(zip(HELP_HEADER, HELP_WIDTHS, strict=True)):
        page.set_column(place, place, width)
        page.write_string(0, place, name, bold)
    for line, column in enumerate(layout.columns, start=1):
        hint = column.parse.hint if isinstance(column.parse, Kind) else ""
        words = (column.name, "是" if column.required else "否", hint, column.example, column.help)
        for place, word in enumerate(words):
            page.write_string(line, place, word, wrap)
    page.write_string(len(layout.columns) + 2, 0, "填好后删去示例行；未删的示例行不会导入。", None)
