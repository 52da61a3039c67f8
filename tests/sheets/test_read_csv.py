from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from samkeeper.errors import BadInput
from samkeeper.sheets import Column, Layout, Problem, Row, detect, digits, read, text, whole
from tests.sheets.institutions import INSTITUTIONS, csv_file, read_csv, sentences

GOOD = "单位编码,单位名称,启用日期\n01234567,甲医院,2026年11月21日\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_is_read_in_every_encoding_and_form(encoding: str, delimiter: str, newline: str) -> None:
    sheet = read_csv(GOOD.replace(",", delimiter).replace("\n", newline), encoding=encoding)
    sheet.require()
    assert sheet.rows[0].values == {
        "unit_no": "01234567",
        "name": "甲医院",
        "credit_code": None,
        "area": None,
        "since": date(2026, 11, 21),
        "windows": None,
        "state": None,
    }


def test_gb18030_that_is_also_valid_utf8_is_not_taken_for_it() -> None:
    layout = Layout("型号", (Column("模", "model", required=True),))
    content = "模\n模\n".encode("gb18030")
    assert content.decode("utf-8")  # ģ
    assert read(io.BytesIO(content), layout).rows[0]["model"] == "模"


def test_bytes_of_no_encoding_are_refused_with_their_line() -> None:
    with pytest.raises(BadInput, match=r"甲\.csv 第 2 行：有无法识别的文字编码；请另存为"):
        read(io.BytesIO("单位编码,单位名称\n".encode("gb18030") + b"\xff\xff,\xff\n"), INSTITUTIONS, name="甲.csv")


def test_delimiter_is_not_mistaken_for_what_stands_inside_cells() -> None:
    sheet = read_csv("单位编码\t单位名称\n10000001\t甲,乙,丙,丁医院\n10000002\t戊医院\n")
    assert [row["name"] for row in sheet.rows] == ["甲,乙,丙,丁医院", "戊医院"]


def test_problem_names_file_line_column_value_and_remedy() -> None:
    sheet = read_csv("单位编码,单位名称,统一社会信用代码\n10000001,甲,\n10000002,乙,91350100M000100Y44\n")
    assert sentences(sheet) == [
        "使用机构.csv 第 3 行「统一社会信用代码」：“91350100M000100Y44”校验码应为 3；请核对后改正"
    ]
    problem = sheet.problems[0]
    assert (problem.line, problem.column, problem.message, problem.remedy) == (
        3,
        "统一社会信用代码",
        "校验码应为 3",
        "请核对后改正",
    )


def test_header_is_found_below_titles_by_aliases_and_in_any_width() -> None:
    sheet = read_csv(
        "某市使用机构清单,,,\n制表：某科,,,\n＊机构编码 （必填）,单位 名称,状态,备注\n10000001,甲,在用,x\n"
    )
    sheet.require()
    assert sheet.rows[0].line == 4
    assert sheet.rows[0]["state"] == "in_service"
    assert sheet.ignored == ("备注",)


def test_blank_rows_are_passed_over_and_lines_still_count() -> None:
    sheet = read_csv("单位编码,单位名称\n\n10000001,甲\n, 　\n10000002,\n")
    assert sheet.total == 2
    assert [problem.line for problem in sheet.problems] == [5]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("'01234567", "01234567"),
        ('"=""01234567"""', "01234567"),
        ("０１２３４５６７", "01234567"),
        (" 01234567\u3000", "01234567"),
    ],
)
def test_traces_of_table_programs_are_taken_off(cell: str, value: str) -> None:
    assert read_csv(f"单位编码,单位名称\n{cell},甲\n").rows[0]["unit_no"] == value


@pytest.mark.parametrize(
    ("cell", "says"),
    [("1.23E+17", "设为文本格式"), ("=A1+B1", "是公式"), ("=1+1", "是公式"), ("", "未填；请补填")],
)
def test_what_a_table_program_spoilt_is_named(cell: str, says: str) -> None:
    [problem] = read_csv(f"单位编码,单位名称\n{cell},甲\n").problems
    assert says in str(problem)


def test_text_beginning_with_signs_is_kept_as_it_is() -> None:
    sheet = read_csv("单位编码,单位名称\n10000001,-甲\n10000002,+乙\n10000003,@丙\n")
    assert [row["name"] for row in sheet.rows] == ["-甲", "+乙", "@丙"]


def test_unquoted_delimiter_does_not_shift_values_unseen() -> None:
    [problem] = read_csv("单位编码,单位名称\n10000001,甲,乙医院\n").problems
    assert str(problem) == "使用机构.csv 第 2 行 比表头多出单元格；内容里有分隔符的，请用英文双引号括起来"


def test_unclosed_quote_does_not_swallow_the_rest() -> None:
    with pytest.raises(BadInput, match="双引号不成对"):
        read_csv('单位编码,单位名称\n10000001,"甲\n10000002,乙\n')


def test_repeated_value_names_the_first_line_even_where_that_row_is_bad() -> None:
    sheet = read_csv("单位编码,单位名称\n10000001,\n10000001,乙\n")
    assert "使用机构.csv 第 3 行「单位编码」：“10000001”与第 2 行重复；请删去重复的行或改正" in sentences(sheet)


def test_uniqueness_may_span_columns_and_passes_over_empty_cells() -> None:
    layout = Layout("窗口", (Column("网点", "point"), Column("窗口", "window")), unique=(("point", "window"),))
    sheet = read_csv("网点,窗口\n甲,1\n甲,2\n乙,1\n甲,\n甲,\n甲,2\n", layout)
    assert [problem.line for problem in sheet.problems] == [7]


def test_check_sees_whole_rows_and_its_problems_stop_the_table() -> None:
    def bounds(row: Row) -> Iterable[Problem]:
        if row["spare"] > row["all"]:
            yield row.problem("spare", "备用卡多于总数", "请核对数量")

    layout = Layout("数量", (Column("总数", "all", whole()), Column("备用", "spare", whole())), check=bounds)
    sheet = read_csv("总数,备用\n5,1\n5,6\n", layout)
    assert sentences(sheet) == ["使用机构.csv 第 3 行「备用」：“6”备用卡多于总数；请核对数量"]
    with pytest.raises(BadInput) as refusal:
        sheet.require()
    assert refusal.value.message == (
        "使用机构.csv：共 2 行，1 行有错（1 处），没有导入任何一行。"
        "第 3 行「备用」：“6”备用卡多于总数；请核对数量；请全部改正后重新导入"
    )
    assert refusal.value.code == "bad-rows"


def test_later_checks_add_to_the_problems() -> None:
    sheet = read_csv(GOOD)
    sheet.problems.append(sheet.rows[0].problem("unit_no", "已登记", "请改用变更表"))
    with pytest.raises(BadInput, match="“01234567”已登记；请改用变更表"):
        sheet.require()


def test_table_without_rows_is_refused() -> None:
    with pytest.raises(BadInput, match="没有数据行"):
        read_csv("单位编码,单位名称\n").require()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "文件是空的"),
        ("甲,乙\n1,2\n", "没有找到「使用机构」的表头；请下载模板"),
        ("单位编码,电话\n1,2\n", "第 1 行：最接近「使用机构」，但缺少列「单位名称」"),
        ("单位编码,机构编码,单位名称\n1,2,3\n", "列「机构编码」出现了两次"),
        ("单位编码,单位名称\n1\0,2\n", "不是文本文件"),
    ],
)
def test_what_is_wrong_with_the_whole_file_is_said_at_once(content: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_csv(content)


def test_missing_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"没有\.csv：文件打不开"):
        read(tmp_path / "没有.csv", INSTITUTIONS)


def test_progress_counts_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    lines = "".join(f"{number:08d},甲\n" for number in range(2500))
    read(csv_file("单位编码,单位名称\n" + lines), INSTITUTIONS, progress=lambda *step: seen.append(step))
    assert seen == [(0, 2500), (1000, 2500), (2000, 2500), (2500, 2500)]


CARDS = Layout(
    "卡片", (Column("卡号", "sam_no", digits(12), required=True), Column("单位编码", "unit_no", required=True))
)


def test_detect_picks_the_layout_that_fits_best() -> None:
    assert detect(csv_file(GOOD), [CARDS, INSTITUTIONS]) is INSTITUTIONS
    assert detect(csv_file("卡号,单位编码,单位名称\n"), [CARDS, INSTITUTIONS]) is CARDS


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("卡号,备注\n1,2\n", "最接近「卡片」，但缺少列「单位编码」"),
        ("甲,乙\n", "认不出表头；可导入的表有「卡片」、「使用机构」"),
    ],
)
def test_detect_names_the_nearest_layout_and_what_it_lacks(content: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        detect(csv_file(content), [CARDS, INSTITUTIONS])


def test_layout_refuses_names_that_mean_two_columns() -> None:
    with pytest.raises(ValueError, match="twice or unknown"):
        Layout("坏", (Column("编码", "a"), Column("编 码", "b", text())))
