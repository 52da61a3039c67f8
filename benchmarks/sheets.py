"""Twenty thousand institutions, eight columns, every cell checked: `read` beside what one would write by hand.

The same parsers run over the same rows three times: by `sheets.read` (which also guards against zip bombs, finds the
header, and would name every bad cell), over openpyxl's read-only rows, and over `csv.reader`. Seconds on a shared
machine say little, so medians of ratios are what counts.
"""

from __future__ import annotations

import csv
import io
import statistics
import time
from collections.abc import Callable, Iterable

import openpyxl

from samkeeper.sheets import (
    Column,
    Layout,
    area_code,
    choice,
    date_,
    phone,
    read,
    social_credit_code,
    text,
    unit_no,
    whole,
    write_csv,
    write_xlsx,
)
from samkeeper.sheets.codes import credit_check_char

ROWS = 20_000
ROUNDS = 5
LAYOUT = Layout(
    "使用机构",
    (
        Column("单位编码", "unit_no", unit_no, required=True),
        Column("单位名称", "name", text(60), required=True),
        Column("统一社会信用代码", "credit_code", social_credit_code, required=True),
        Column("行政区划代码", "area", area_code, required=True),
        Column("联系电话", "phone", phone),
        Column("启用日期", "since", date_),
        Column("窗口数", "windows", whole(1, 500)),
        Column("状态", "state", choice({"在用": "in_service", "停用": "closed"})),
    ),
    unique=("unit_no", "credit_code"),
)


def main() -> None:
    workbook, table = _files()
    ways: dict[str, Callable[[], int]] = {
        "sheets.read .xlsx": lambda: len(read(io.BytesIO(workbook), LAYOUT).rows),
        "openpyxl + same parsers": lambda: _by_hand(_openpyxl_rows(workbook)),
        "sheets.read .csv": lambda: len(read(io.BytesIO(table), LAYOUT).rows),
        "csv.reader + same parsers": lambda: _by_hand(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""))),
    }
    seconds = {name: [_seconds(way) for _ in range(ROUNDS)] for name, way in ways.items()}
    print(f"{ROWS} rows of {len(LAYOUT.columns)} columns, medians of {ROUNDS}")
    for name, times in seconds.items():
        print(f"{name:27s} {statistics.median(times):6.2f} s")
    for ours, theirs in (tuple(seconds)[:2], tuple(seconds)[2:]):
        ratios = [mine / other for mine, other in zip(seconds[ours], seconds[theirs], strict=True)]
        print(f"{ours} ÷ {theirs}: {statistics.median(ratios):.2f}")


def _files() -> tuple[bytes, bytes]:
    workbook, table = io.BytesIO(), io.BytesIO()
    write_xlsx(workbook, LAYOUT, _institutions(), title=LAYOUT.name)
    write_csv(table, LAYOUT, _institutions())
    return workbook.getvalue(), table.getvalue()


def _institutions() -> Iterable[dict[str, object]]:
    for number in range(ROWS):
        credit = f"1244520{number % 4 + 2}{number:09d}"
        yield {
            "unit_no": f"{number:08d}",
            "name": f"示例第{number}卫生院",
            "credit_code": credit + credit_check_char(credit),
            "area": f"44520{number % 4 + 2}",
            "phone": f"138{number:08d}",
            "since": date_(f"20{number % 25 + 1:02d}-03-01"),
            "windows": number % 40 + 1,
            "state": ("in_service", "closed")[number % 2],
        }


def _openpyxl_rows(workbook: bytes) -> Iterable[list[str]]:
    for row in openpyxl.load_workbook(io.BytesIO(workbook), read_only=True)["数据"].iter_rows(values_only=True):
        yield ["" if value is None else str(value).removesuffix(" 00:00:00") for value in row]


def _by_hand(rows: Iterable[list[str]]) -> int:
    lines = iter(rows)
    next(lines)
    parsers = [(column.key, column.parse) for column in LAYOUT.columns]
    seen: set[str] = set()
    for cells in lines:
        values = {key: parse(cell) for (key, parse), cell in zip(parsers, cells, strict=True)}
        seen.add(values["unit_no"])
    return len(seen)


def _seconds(way: Callable[[], int]) -> float:
    begun = time.perf_counter()
    if way() != ROWS:
        raise AssertionError("a row was lost")
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
