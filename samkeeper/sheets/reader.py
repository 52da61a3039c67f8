"""Reads a table by its layout, row by row; `detect` says which layout a file follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from samkeeper.errors import BadInput
from samkeeper.sheets.cells import Cell
from samkeeper.sheets.csvfile import open_csv
from samkeeper.sheets.grid import PROGRESS_EVERY, Book, Grid, Progress, Source, content_of, name_of
from samkeeper.sheets.kinds import Kind
from samkeeper.sheets.layout import Column, Header, Layout
from samkeeper.sheets.sheet import Problem, Row, Sheet
from samkeeper.sheets.workbook import is_workbook, open_workbook

NUMBER_HINT = "，并把该列设为文本格式（数字格式会丢失前导零）"
MIDNIGHT_HINT = "；零点整请把单元格设为文本格式再填"


def read(source: Source, layout: Layout, *, name: str = "", progress: Progress | None = None) -> Sheet:
    """Read .xlsx or .csv, told apart by content. `name` is how messages call the file.

    What is wrong with a row is in `.problems`; what is wrong with the whole file raises BadInput.
    `progress(done, total)` counts lines.
    """
    book = _open(source, name or name_of(source))
    grid, header = _choose(book, layout)
    others = tuple(other.sheet for other in book.grids if other is not grid and other.rows)
    sheet = Sheet(book.name, layout, header, header.ignored, others, book, grid)
    _read_rows(sheet, progress or (lambda done, total: None))
    sheet.problems.extend(_merged(sheet))
    sheet.problems.sort(key=lambda problem: problem.line)
    return sheet


def detect(source: Source, layouts: Sequence[Layout], *, name: str = "") -> Layout:
    """The layout whose required columns are all there and of which most columns are; BadInput where there is none."""
    book = _open(source, name or name_of(source))
    found = [(layout, header) for layout in layouts for header in _headers(book, layout)]
    complete = [pair for pair in found if not pair[0].missing(pair[1])]
    if complete:
        return max(complete, key=_fit)[0]
    if not found:
        names = "、".join(f"「{layout.name}」" for layout in layouts)
        raise BadInput("认不出表头", where=book.name, remedy=f"可导入的表有{names}，请下载模板对照")
    raise _lacking(book.name, *max(found, key=_share))


def _fit(pair: tuple[Layout, Header]) -> tuple[int, float]:
    """How many columns of the layout are there, and how large a part of it they are."""
    return len(pair[1].places), _share(pair)


def _share(pair: tuple[Layout, Header]) -> float:
    layout, header = pair
    return len(header.places) / len(layout.columns)


def _open(source: Source, name: str) -> Book:
    content = content_of(source, name)
    return open_workbook(content, name) if is_workbook(content) else open_csv(content, name)


def _headers(book: Book, layout: Layout) -> list[Header]:
    found = (layout.find_header(grid.rows) for grid in book.grids)
    return [header for header in found if header]


def _choose(book: Book, layout: Layout) -> tuple[Grid, Header]:
    """The one table that has every required column, and of the others the most."""
    found = [(grid, header) for grid in book.grids if (header := layout.find_header(grid.rows))]
    if not found:
        raise BadInput(f"没有找到「{layout.name}」的表头", where=book.name, remedy="请下载模板，照模板的列名填写")
    complete = [pair for pair in found if not layout.missing(pair[1])]
    most = max(len(header.places) for _, header in complete or found)
    best = [(grid, header) for grid, header in complete or found if len(header.places) == most]
    grid, header = best[0]
    if not complete:
        raise _lacking(book.name, layout, header)
    if len(best) > 1:
        names = "、".join(f"「{grid.sheet}」" for grid, _ in best)
        raise BadInput(f"工作表{names}都是「{layout.name}」", where=book.name, remedy="请合并为一个工作表后再导入")
    if header.twice:
        where = f"{book.name} 第 {header.line} 行"
        raise BadInput(f"列「{header.twice[0]}」出现了两次", where=where, remedy="请删去或改名其中一列")
    return grid, header


def _lacking(name: str, layout: Layout, header: Header) -> BadInput:
    missing = "、".join(f"「{column}」" for column in layout.missing(header))
    where = f"{name} 第 {header.line} 行"
    return BadInput(f"最接近「{layout.name}」，但缺少列{missing}", where=where, remedy="请补上这些列，或下载模板对照")


def _read_rows(sheet: Sheet, progress: Progress) -> None:
    lines, start = sheet.grid.rows, sheet.header.line
    seen: list[dict[tuple[object, ...], int]] = [{} for _ in sheet.layout.unique_groups]
    example = {column.key: column.example for column in sheet.layout.columns}
    for index in range(start, len(lines)):
        row, problems = _row(sheet, index)
        if (index - start) % PROGRESS_EVERY == 0:
            progress(index - start, len(lines) - start)
        if not any(row.texts.values()) or row.texts == example:  # blank, or the template's example left standing
            continue
        problems.extend(_twice(sheet, row, seen))
        if not problems and sheet.layout.check:
            problems.extend(sheet.layout.check(row))
        sheet.total += 1
        sheet.problems.extend(problems)
        if not problems:
            sheet.rows.append(row)
    progress(len(lines) - start, len(lines) - start)


def _row(sheet: Sheet, index: int) -> tuple[Row, list[Problem]]:
    cells = sheet.grid.rows[index]
    texts: dict[str, str] = {}
    row = Row(index + 1, {}, texts, sheet)
    problems: list[Problem] = []
    for column in sheet.layout.columns:
        place = sheet.header.places.get(column.key, -1)
        cell = cells[place] if 0 <= place < len(cells) else ""
        try:
            texts[column.key] = str(cell)
            if fault := sheet.grid.faults.get((index, place)):
                raise ValueError(fault)
            text = texts[column.key] = sheet.grid.text(cell)
            row.values[column.key] = column.parse(text) if text else None
            if column.required and not text:
                raise ValueError("未填；请补填")
        except ValueError as error:
            message, _, remedy = str(error).partition("；")
            problems.append(row.problem(column.key, message, remedy + _hint(column, cell)))
    if sheet.grid.ragged and any(cells[sheet.header.width :]):
        problems.append(row.problem("", "比表头多出单元格", "内容里有分隔符的，请用英文双引号括起来"))
    return row, problems


def _hint(column: Column, cell: Cell) -> str:
    style = column.parse.style if isinstance(column.parse, Kind) else "text"
    if isinstance(cell, float) and style == "text":
        return NUMBER_HINT
    midnight = isinstance(cell, date) and not isinstance(cell, datetime)  # how the workbook reader gives 00:00:00
    return MIDNIGHT_HINT if midnight and style == "moment" else ""


def _twice(sheet: Sheet, row: Row, seen: list[dict[tuple[object, ...], int]]) -> Iterable[Problem]:
    for keys, lines in zip(sheet.layout.unique_groups, seen, strict=True):
        values = tuple(row.values.get(key) for key in keys)
        if None in values:
            continue
        if (first := lines.setdefault(values, row.line)) != row.line:
            yield row.problem(keys[0], f"与第 {first} 行重复", "请删去重复的行或改正")


def _merged(sheet: Sheet) -> Iterable[Problem]:
    """Merged cells below the header hide values: only their first cell holds one."""
    names = {column.key: column.name for column in sheet.layout.columns}
    for top, left, bottom, right in sheet.grid.merged:
        covered = [names[key] for key, place in sheet.header.places.items() if left <= place <= right]
        if covered and bottom >= sheet.header.line and top < len(sheet.grid.rows):
            line = max(top, sheet.header.line) + 1
            yield Problem(sheet.where, line, covered[0], "", "是合并单元格", "请取消合并，逐格填写")
