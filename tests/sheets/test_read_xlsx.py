from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.styles import Font

from samkeeper.errors import BadInput
from samkeeper.sheets import Column, Layout, detect, digits, moment, money, read, text
from tests.sheets.institutions import HEADER, INSTITUTIONS, read_xlsx, saved, sentences, workbook

FULL = [*HEADER, "启用日期", "窗口数"]


def test_numbers_and_dates_are_read_as_a_person_sees_them() -> None:
    sheet = read_xlsx(
        [
            FULL,
            [10000001, "甲", date(2026, 11, 21), 3],
            [10000002.0, "乙", "2026年11月21日", "３"],
            ["10000003", "丙", 20261121, 3.0],
            ["'10000004", "丁", datetime(2026, 11, 21), True],
        ]
    )
    assert [row["unit_no"] for row in sheet.rows] == ["10000001", "10000002", "10000003"]
    assert {row["since"] for row in sheet.rows} == {date(2026, 11, 21)}
    assert {row["windows"] for row in sheet.rows} == {3}
    assert sentences(sheet) == ["使用机构.xlsx 第 5 行「窗口数」：“TRUE”应为整数；请核对后改正"]


def test_numbers_that_lost_digits_or_zeros_are_named_with_the_remedy() -> None:
    layout = Layout("卡片", (Column("卡号", "sam_no", digits(12)), Column("名称", "name")))
    sheet = read_xlsx([["卡号", "名称"], [123456789012345678, "甲"], [1234, "乙"], [0.1 + 0.2, "丙"]], layout)
    assert "数字太长，表格软件已改写其末尾数位；请先把该列设为文本格式" in str(sheet.problems[0])
    assert "“1234”应为 12 位数字，现有 4 位" in str(sheet.problems[1])
    assert "设为文本格式（数字格式会丢失前导零）" in str(sheet.problems[1])
    assert "“0.3”只能填数字" in str(sheet.problems[2])


def test_moments_are_read_to_the_second_and_midnight_has_a_remedy() -> None:
    layout = Layout("交易", (Column("时间", "at", moment), Column("金额", "fen", money)))
    sheet = read_xlsx(
        [["时间", "金额"], [datetime(2026, 11, 21, 14, 3, 22), 1234.5], [datetime(2026, 11, 21), 0.07]], layout
    )
    assert moment.show(sheet.rows[0]["at"]) == "2026-11-21 14:03:22"
    assert sheet.rows[0]["fen"] == 123450
    assert "零点整请把单元格设为文本格式" in str(sheet.problems[0])


def test_empty_formatted_rows_are_passed_over() -> None:
    book = workbook([HEADER, ["10000001", "甲"]])
    for line in range(3, 2000):
        book.active.cell(line, 1).font = Font(bold=True)
    book.active.cell(1_048_576, 16_384).font = Font(bold=True)
    assert read(saved(book), INSTITUTIONS).total == 1


def test_line_is_the_sheets_own_below_empty_rows() -> None:
    book = workbook([])
    book.active["C5"], book.active["D5"], book.active["C7"] = "单位编码", "单位名称", "10000001"
    assert [problem.line for problem in read(saved(book), INSTITUTIONS).problems] == [7]


def test_formulas_without_a_value_are_named_and_not_read_as_blank() -> None:
    layout = Layout("名", (Column("名称", "name", text(), required=True), Column("备注", "note"), Column("号", "no")))
    sheet = read_xlsx([["名称", "备注", "号"], ["甲", "=1+1", "#N/A"]], layout)
    assert [(problem.column, problem.message) for problem in sheet.problems] == [
        ("备注", "公式还没有计算"),
        ("号", "公式的结果是错误"),
    ]


def test_merged_cells_below_the_header_are_named() -> None:
    book = workbook([["清单", ""], HEADER, ["10000001", "甲"], ["", "乙"]])
    book.active.merge_cells("A1:B1")
    book.active.merge_cells("A3:A4")
    book.active.merge_cells("A90:B95")  # below the last row with a value: hides nothing
    sheet = read(saved(book), INSTITUTIONS, name="使用机构.xlsx")
    assert [sentence for sentence in sentences(sheet) if "合并" in sentence] == [
        "使用机构.xlsx 第 3 行「单位编码」：是合并单元格；请取消合并，逐格填写"
    ]


def test_the_sheet_that_fits_is_read_and_others_are_named() -> None:
    book = workbook([["说明"], ["请填第二页"]])
    page = book.create_sheet("机构")
    page.append(HEADER)
    page.append(["10000001", ""])
    hidden = book.create_sheet("旧")
    hidden.append(HEADER)
    hidden.sheet_state = "hidden"
    sheet = read(saved(book), INSTITUTIONS, name="使用机构.xlsx")
    assert sheet.other_sheets == ("Sheet",)
    assert sentences(sheet) == ["使用机构.xlsx「机构」 第 2 行「单位名称」：未填；请补填"]
    assert detect(saved(book), [INSTITUTIONS]) is INSTITUTIONS


def test_two_sheets_that_fit_are_refused_rather_than_one_dropped() -> None:
    book = workbook([HEADER, ["10000001", "甲"]])
    book.create_sheet("第二页").append(HEADER)
    with pytest.raises(BadInput, match="「Sheet」、「第二页」都是「使用机构」；请合并为一个工作表"):
        read(saved(book), INSTITUTIONS)


def test_old_encrypted_and_other_files_are_told_apart() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    with pytest.raises(BadInput, match=r"旧的 \.xls 格式；请另存为 \.xlsx"):
        read(io.BytesIO(ole), INSTITUTIONS)
    with pytest.raises(BadInput, match="设了打开密码；请取消密码"):
        read(io.BytesIO(ole + "EncryptedPackage".encode("utf-16-le")), INSTITUTIONS)


def test_workbook_of_another_program_with_absolute_part_names_is_read() -> None:
    book = openpyxl.Workbook()  # openpyxl writes /xl/worksheets/sheet1.xml, xlsxwriter worksheets/sheet1.xml
    book.active.append(HEADER)
    book.active.append(["10000001", "甲"])
    assert read(saved(book), INSTITUTIONS).rows[0]["name"] == "甲"
