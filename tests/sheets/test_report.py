from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from samkeeper.sheets import read, template
from tests.sheets.institutions import HEADER, INSTITUTIONS, csv_file, saved, workbook

BAD = '清单,,\r\n单位编码,单位名称,备注\r\n10000001,甲,\r\n\r\n1,,"引""号"\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_comes_back_as_it_was_with_one_column_more(encoding: str) -> None:
    out = io.BytesIO()
    read(csv_file(BAD, encoding), INSTITUTIONS).report(out)
    assert out.getvalue().decode(encoding).split("\r\n") == [
        "清单,,,",
        "单位编码,单位名称,备注,错误",
        "10000001,甲,,",
        ",,,",
        '1,,"引""号",「单位编码」：“1”应为 4 到 20 位数字或字母；请核对后改正 「单位名称」：未填；请补填',
        "",
    ]
    assert out.getvalue().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")


def test_workbook_comes_back_with_formats_and_other_sheets() -> None:
    book = workbook([HEADER, ["10000001", "甲"], ["1", "乙"], ["填表说明"]])
    book.active["A1"].fill = PatternFill("solid", fgColor="FFCC00")
    book.active.merge_cells("A4:E4")
    book.create_sheet("别的")["B2"] = "留着"
    out = io.BytesIO()
    read(saved(book), INSTITUTIONS).report(out)
    back = openpyxl.load_workbook(out)
    page = back.worksheets[0]
    assert back["别的"]["B2"].value == "留着"
    assert page["A1"].fill.fgColor.rgb == "00FFCC00"
    assert [page.cell(line, 3).value for line in (1, 2)] == ["错误", None]
    assert page["C3"].value == "「单位编码」：“1”应为 4 到 20 位数字或字母；请核对后改正"
    assert "是合并单元格" in page["C4"].value


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_file_that_came_back_is_mended_and_taken(form: str, tmp_path: Path) -> None:
    source = (
        csv_file("单位编码,单位名称\n1,甲\n2,乙\n")
        if form == "csv"
        else saved(workbook([HEADER, ["1", "甲"], ["2", "乙"]]))
    )
    first = tmp_path / f"第一次.{form}"
    read(source, INSTITUTIONS).report(first)
    again = read(first, INSTITUTIONS)
    assert (again.ignored, len(again.problems)) == ((), 2)
    if form == "csv":
        first.write_text(first.read_text().replace("\n1,", "\n10000001,"))
    else:
        book = openpyxl.load_workbook(first)
        book.active["A2"] = "10000001"
        book.save(first)
    second = tmp_path / f"第二次.{form}"
    read(first, INSTITUTIONS).report(second)
    cells = [row.values for row in read(second, INSTITUTIONS).rows]
    grid = read(second, INSTITUTIONS).grid.rows
    assert [row["unit_no"] for row in cells] == ["10000001"]
    assert [bool(row[2]) for row in grid] == [True, False, True]
    assert len(grid[0]) == 3


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_template_is_recognised_and_its_example_is_not_taken(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"模板.{form}"
    template(INSTITUTIONS, path)
    sheet = read(path, INSTITUTIONS)
    assert (sheet.total, sheet.problems, len(sheet.header.places)) == (0, [], len(INSTITUTIONS.columns))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_template_example_satisfies_its_own_layout() -> None:
    for column in INSTITUTIONS.columns:
        column.parse(column.example)


def test_template_keeps_what_is_typed_as_text_and_explains_each_column(tmp_path: Path) -> None:
    template(INSTITUTIONS, tmp_path / "模板.xlsx")
    book = openpyxl.load_workbook(tmp_path / "模板.xlsx")
    page, explained = book.worksheets
    assert page.column_dimensions["A"].width > 0
    assert page["A2"].number_format == "@"
    assert [validation.formula1 for validation in page.data_validations.dataValidation] == ['"在用,停用"']
    assert [cell.value for cell in explained[2]][:4] == ["单位编码", "是", "4 到 20 位数字或字母", "10000001"]


def test_template_goes_to_a_stream_in_the_form_asked_for() -> None:
    stream = io.BytesIO()
    template(INSTITUTIONS, stream, form="csv")
    assert stream.getvalue().decode("utf-8-sig").startswith("单位编码,单位名称,")
