"""The user's own file back, with a column that says what is wrong in each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import openpyxl
from openpyxl.styles import Alignment, Font

from samkeeper.errors import BadInput
from samkeeper.sheets.grid import Book, Dialect, Grid
from samkeeper.sheets.layout import ERROR_COLUMN, Header
from samkeeper.sheets.target import Target, writing

ERROR_WIDTH = 60  # characters
RED = Font(color="C00000")
WRAPPED = Alignment(wrap_text=True, vertical="top")


def write_report(book: Book, grid: Grid, header: Header, wrong: Iterable[tuple[int, str]], out: Target) -> None:
    """`wrong` are pairs of line and sentence. A workbook keeps its formats and other sheets, CSV its encoding.

    A file that already has an error column, because it came back before, gets that column anew.
    """
    errors: dict[int, str] = {header.line: ERROR_COLUMN}
    for line, sentence in wrong:
        errors[line] = f"{errors[line]}\n{sentence}" if line in errors else sentence
    place = grid.width if header.error_place is None else header.error_place
    with writing(out) as stream:
        if book.dialect:
            stream.write(_csv(grid, book.dialect, place, errors))
        else:
            _workbook(book, grid, place, errors).save(stream)


def _csv(grid: Grid, dialect: Dialect, place: int, errors: dict[int, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=dialect.delimiter, lineterminator=dialect.newline)
    for line, cells in enumerate(grid.rows, start=1):
        row = [*cells, *[""] * (place + 1 - len(cells))]
        row[place] = errors.get(line, "").replace("\n", " ")
        writer.writerow(row)
    return dialect.bom + text.getvalue().encode(dialect.encoding)


def _workbook(book: Book, grid: Grid, place: int, errors: dict[int, str]) -> openpyxl.Workbook:
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(book.safe))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):  # openpyxl's answer to what it does not know
        raise BadInput("原工作簿的格式无法保留", where=book.name, remedy="请另存为 .xlsx 或 CSV 后重新导入") from None
    page = workbook[grid.sheet]
    for merged in [area for area in page.merged_cells.ranges if area.min_col <= place + 1 <= area.max_col]:
        page.unmerge_cells(merged.coord)  # only the first of merged cells can be written
    header = min(errors)
    for line in range(header, len(grid.rows) + 1):
        if line in errors:
            cell = page.cell(line, place + 1, errors[line])
            cell.font, cell.alignment = RED, WRAPPED
        elif place < grid.width:
            page.cell(line, place + 1).value = None
    page.column_dimensions[openpyxl.utils.get_column_letter(place + 1)].width = ERROR_WIDTH
    return workbook
