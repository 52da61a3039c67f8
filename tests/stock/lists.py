"""A bureau's four lists, small and right in every cell, to be written as files and spoilt cell by cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from django.apps import apps

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

Row = Mapping[str, str]

AUTHORITY = {
    "机构名称": "示例市人力资源和社会保障局",
    "层级": "市",
    "体系": "人力资源社会保障",
    "行政区划代码": "110000",
    "上级机构": "",
}
DESK = {
    "网点名称": "示例卡安全服务网点",
    "管理机构": "示例市人力资源和社会保障局",
    "行政区划代码": "110101",
    "地址": "示例大道2号",
    "联系电话": "010-65551234",
}
UNIT = {
    "单位编码": "01010001",
    "单位名称": "示例医院",
    "机构类别": "定点医疗机构",
    "统一社会信用代码": "121101012459151024",
    "行政区划代码": "110101",
    "单位地址": "示例街1号",
    "联系电话": "010-60000001",
    "所属网点": "示例卡安全服务网点",
    "业务窗口数": "4",
    "PSAM卡管理员": "王敏",
    "管理员电话": "13000000000",
}
CARD = {
    "终端机编号": "110100000001",
    "卡面序列号": "11010120230100000001",
    "卡种": "社会保障PSAM卡",
    "单位编码": "01010001",
    "状态": "在用",
    "终端设备号": "POS110101000001",
    "安装应用位置": "门诊收费1号窗口",
    "用途": "用于医院结算",
    "发放日期": "2024-08-16",
    "质保期至": "2027-05-01",
}
LISTS: dict[str, Row] = {"authorities": AUTHORITY, "desks": DESK, "institutions": UNIT, "cards": CARD}


def another_card(number: int, **changes: str) -> dict[str, str]:
    """A right row for another card."""
    return {**CARD, "终端机编号": f"1101{number:08}", "卡面序列号": f"110101202301{number:08}", **changes}


def csv_bytes(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def write(folder: Path, rows: Sequence[Row], name: str = "清单.csv") -> Path:
    """A CSV, or a workbook where the name ends so; its first row is the header."""
    path = folder / name
    if path.suffix == ".csv":
        path.write_bytes(csv_bytes(rows))
        return path
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("清单")
        for line, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
            for place, cell in enumerate(cells):
                page.write_string(line, place, cell)
    return path


def everything() -> dict[str, list[dict[str, object]]]:
    """Every row of every table: nothing of a refused list may be found here."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in apps.get_models()}
