"""A layout as a bureau's list of institutions has it, and files made of plain rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import openpyxl

from samkeeper.sheets import (
    Column,
    Layout,
    Sheet,
    area_code,
    choice,
    date_,
    read,
    social_credit_code,
    text,
    unit_no,
    whole,
)

INSTITUTIONS = Layout(
    "使用机构",
    (
        Column("单位编码", "unit_no", unit_no, required=True, aliases=("机构编码",), example="10000001"),
        Column("单位名称", "name", text(20), required=True, example="示例医院"),
        Column("统一社会信用代码", "credit_code", social_credit_code, example="91350100M000100Y43"),
        Column("行政区划代码", "area", area_code, example="445202"),
        Column("启用日期", "since", date_, example="2026-11-21"),
        Column("窗口数", "windows", whole(1, 500), example="3"),
        Column("状态", "state", choice({"在用": "in_service", "停用": "closed"}), example="在用"),
    ),
    unique=("unit_no",),
)
HEADER = ["单位编码", "单位名称"]


def csv_file(text_: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text_.encode(encoding))


def read_csv(text_: str, layout: Layout = INSTITUTIONS, encoding: str = "utf-8") -> Sheet:
    return read(csv_file(text_, encoding), layout, name="使用机构.csv")


def workbook(rows: Iterable[Sequence[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    return book


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


def read_xlsx(rows: Iterable[Sequence[object]], layout: Layout = INSTITUTIONS) -> Sheet:
    return read(saved(workbook(rows)), layout, name="使用机构.xlsx")


def sentences(sheet: Sheet) -> list[str]:
    return [str(problem) for problem in sheet.problems]
