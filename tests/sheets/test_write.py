from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samkeeper.errors import BadInput
from samkeeper.sheets import (
    Column,
    Layout,
    area_code,
    choice,
    csv_chunks,
    date_,
    digits,
    moment,
    money,
    read,
    sam_no,
    text,
    whole,
    write_csv,
    write_xlsx,
    writer,
    yes_no,
)

EVERYTHING = Layout(
    "全部",
    (
        Column("名称", "name", text(60), required=True),
        Column("编号", "no", digits(20)),
        Column("卡号", "sam_no", sam_no),
        Column("区划", "area", area_code),
        Column("数量", "count", whole(-(10**17), 10**17)),
        Column("金额", "fen", money),
        Column("日期", "day", date_),
        Column("时间", "at", moment),
        Column("状态", "state", choice({"在用": "in_service", "停用": "closed"})),
        Column("备用", "spare", yes_no),
    ),
)
NAMES = (
    (
        st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
        | st.sampled_from(
            ["=1+1", "+8613800000000", "-甲", "@乙", "'引号", "''二", '带"号', "a,b", "_x0041_", "＝丙", '="1"']
        )
    )
    .map(text(60))
    .filter(bool)
)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


ROWS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "no": optional(st.from_regex(r"\A[0-9]{20}\Z")),
        "sam_no": optional(st.from_regex(r"\A[0-9A-F]{12}\Z")),
        "area": optional(st.sampled_from(["110101", "445202"])),
        "count": optional(st.integers(-(10**17), 10**17)),
        "fen": optional(st.integers(0, 10**14)),
        "day": optional(st.dates(date(1950, 1, 1), date(2099, 12, 31))),
        "at": optional(st.datetimes(datetime(1992, 1, 1), datetime(2099, 12, 30))).map(
            lambda naive: naive and naive.replace(microsecond=0, tzinfo=UTC)
        ),
        "state": optional(st.sampled_from(["in_service", "closed"])),
        "spare": optional(st.booleans()),
    }
)


def to_csv(rows: list[dict[str, Any]]) -> io.BytesIO:
    return io.BytesIO(b"".join(csv_chunks(EVERYTHING, rows)))


def to_xlsx(rows: list[dict[str, Any]]) -> io.BytesIO:
    stream = io.BytesIO()
    assert write_xlsx(stream, EVERYTHING, rows, title="全部") == len(rows)
    stream.seek(0)
    return stream


@pytest.mark.parametrize("write", [to_csv, to_xlsx])
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=6))
def test_what_was_written_is_read_again(
    write: Callable[[list[dict[str, Any]]], io.BytesIO], rows: list[dict[str, Any]]
) -> None:
    sheet = read(write(rows), EVERYTHING)
    sheet.require()
    assert [row.values for row in sheet.rows] == rows


@pytest.mark.parametrize("sign", writer.FORMULA_STARTS)
def test_formulas_are_disarmed_in_csv(sign: str) -> None:
    content = b"".join(csv_chunks([Column("名称", "name")], [{"name": f"{sign}cmd|' /C calc'!A0"}])).decode("utf-8-sig")
    assert content.splitlines()[1].lstrip('"').startswith(f"'{sign.strip()}")


def test_formulas_are_text_in_excel() -> None:
    stream = io.BytesIO()
    write_xlsx(stream, [Column("名称", "name")], [{"name": "=1+1"}], title="名单")
    cell = openpyxl.load_workbook(stream)["数据"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


def test_negative_numbers_stay_numbers_in_csv() -> None:
    assert b"\r\n-5\r\n" in b"".join(csv_chunks([Column("数", "count", whole(-9))], [{"count": -5}]))


def test_csv_streams_and_begins_with_a_byte_order_mark() -> None:
    asked: list[int] = []

    def rows() -> Any:
        for number in range(2000):
            asked.append(number)
            yield {"name": str(number)}

    chunks = csv_chunks([Column("名称", "name")], rows())
    assert next(chunks) == "\ufeff名称\r\n".encode()
    assert not asked
    next(chunks)
    assert len(asked) == writer.CSV_CHUNK


def test_workbook_says_first_what_it_holds() -> None:
    stream = io.BytesIO()
    rows = ({"name": str(number)} for number in range(3))
    write_xlsx(stream, [Column("名称", "name")], rows, title="卡片清单", about={"筛选条件": "状态=在用"})
    first = openpyxl.load_workbook(stream).worksheets[0]
    assert list(first.values) == [("表名", "卡片清单"), ("筛选条件", "状态=在用"), ("行数", "3")]


def test_workbook_goes_on_on_the_next_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "ROWS_PER_SHEET", 3)
    stream = io.BytesIO()
    assert write_xlsx(stream, [Column("名称", "name")], [{"name": str(n)} for n in range(7)], title="名单") == 7
    book = openpyxl.load_workbook(stream)
    assert [(page.title, page.max_row) for page in book.worksheets[1:]] == [("数据", 4), ("数据2", 4), ("数据3", 2)]


def test_cell_longer_than_excel_holds_is_refused_and_no_file_is_left(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="第 1 行有 40000 个字的单元格，Excel 放不下；请改为导出 CSV"):
        write_xlsx(tmp_path / "甲.xlsx", [Column("名称", "name")], [{"name": "字" * 40_000}], title="名单")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_with_the_given_total(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    rows = [{"name": "甲"}] * 1500
    with (tmp_path / "甲.csv").open("wb") as stream:
        write_csv(stream, [Column("名称", "name")], rows, total=1500, progress=lambda *step: seen.append(step))
    assert seen == [(1000, 1500), (1500, 1500)]
