"""Workbooks: .xlsx and nothing else, measured by the guard, read by calamine."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import python_calamine as calamine

from samkeeper.errors import BadInput
from samkeeper.sheets.cells import Cell, cell_text
from samkeeper.sheets.grid import Book, Grid
from samkeeper.sheets.guard import DAMAGED, SAVE_ANEW, Measured, Unsafe, measure

OLE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
FORMULA_ERROR = "公式的结果是错误；请改正公式，或改为数值"
FORMULA_UNCOMPUTED = "公式还没有计算；请用表格软件打开并保存一次，或改为数值"


def is_workbook(content: bytes) -> bool:
    return content.startswith((OLE, ZIP))


def open_workbook(content: bytes, name: str) -> Book:
    try:
        measured = _measured(content)
        return Book(name, measured.content, _grids(measured), None)
    except Unsafe as error:
        raise BadInput(error.message, where=name, remedy=error.remedy) from None
    except (calamine.CalamineError, ElementTree.ParseError, LookupError):
        message, remedy = DAMAGED
        raise BadInput(message, where=name, remedy=remedy) from None


def _measured(content: bytes) -> Measured:
    if content.startswith(OLE) and ENCRYPTED in content:
        raise Unsafe("文件设了打开密码", "请取消密码后再导入")
    if content.startswith(OLE):
        raise Unsafe("是旧的 .xls 格式", "请另存为 .xlsx 后再导入")
    measured = measure(content)
    if "xl/workbook.xml" not in measured.parts:
        raise Unsafe("不是 .xlsx 工作簿", SAVE_ANEW)
    if "xl/vbaProject.bin" in measured.parts:
        raise Unsafe("工作簿含有宏", "请另存为不含宏的 .xlsx 后再导入")
    return measured


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
