"""Workbooks: .xlsx and nothing else, measured by the guard, read by calamine."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import python_calamine as calamine

from samkeeper.errors import BadInput
from samkeeper.sheets.cells import Cell, cell_text
from samkeeper.sheets.grid import Book, Grid
from samkeeper.sheets.guard import Measured, Unsafe, measure

OLE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
FORMULA_ERROR = "公式的结果是错误；请改正公式，或改为数值"
FORMULA_UNCOMPUTED = "公式还没有计算；请用表格软件打开并保存一次，或改为数值"


def is_workbook(content: bytes) -> bool:
    return content.startswith((OLE, ZIP))


def open_workbook(content: bytes, name: str) -> Book:
    if content.startswith(OLE):
        raise _old_or_encrypted(content, name)
    try:
        measured = measure(content)
    except Unsafe as error:
        raise BadInput(
            str(error), where=name, remedy="请删去多余的行、列和图片，另存为 .xlsx，或分成几个文件"
        ) from None
    if "xl/workbook.xml" not in measured.parts:
        raise BadInput("不是 .xlsx 工作簿", where=name, remedy="请用表格软件另存为 .xlsx 后再导入")
    if "xl/vbaProject.bin" in measured.parts:
        raise BadInput("工作簿含有宏", where=name, remedy="请另存为不含宏的 .xlsx 后再导入")
    try:
        return Book(name, measured.content, _grids(measured), None)
    except (calamine.CalamineError, ElementTree.ParseError, LookupError):
        raise BadInput("工作簿已损坏", where=name, remedy="请用表格软件打开，另存为 .xlsx 后再导入") from None


def _old_or_encrypted(content: bytes, name: str) -> BadInput:
    if ENCRYPTED in content:
        return BadInput("文件设了打开密码", where=name, remedy="请取消密码后再导入")
    return BadInput("是旧的 .xls 格式", where=name, remedy="请另存为 .xlsx 后再导入")


def _grids(measured: Measured) -> tuple[Grid, ...]:
    parts = _sheet_parts(measured)
    with calamine.load_workbook(io.BytesIO(measured.content)) as book:
        return tuple(
            _grid(book.get_sheet_by_name(sheet.name), parts[sheet.name], measured)
            for sheet in book.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        )


def _grid(sheet: calamine.CalamineSheet, part: str, measured: Measured) -> Grid:
    rows: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    uncomputed = {
        (row, column)
        for row, column in measured.formulas.get(part, ())
        if row >= len(rows) or column >= len(rows[row]) or rows[row][column] == ""
    }
    faults = dict.fromkeys(uncomputed, FORMULA_UNCOMPUTED) | dict.fromkeys(measured.errors.get(part, ()), FORMULA_ERROR)
    merged = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
    return Grid(sheet.name, rows, cell_text, faults, merged)


def _sheet_parts(measured: Measured) -> dict[str, str]:
    """Sheet name → part, by the workbook's own relations; only parts that were measured, or KeyError."""
    with zipfile.ZipFile(io.BytesIO(measured.content)) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - see the guard
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = [sheet for sheet in book.iter() if sheet.tag.endswith("}sheet")]
    parts = {sheet.get("name", ""): _part(targets[sheet.get(RELATIONS)]) for sheet in sheets}
    return {name: part for name, part in parts.items() if part in measured.errors}


def _part(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
