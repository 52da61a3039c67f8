"""The list of cards as a table of a bureau's own: CSV as a stream, or a workbook that says what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.db.models import QuerySet

from samkeeper.registry.models import Card
from samkeeper.sheets import Column, csv_chunks, date_, moment, write_xlsx

COLUMNS = (
    Column("终端机编号", "sam_no"),
    Column("卡面序列号", "serial_no"),
    Column("状态", "state"),
    Column("单位编码", "unit_no"),
    Column("使用单位", "unit"),
    Column("安装应用位置", "place"),
    Column("终端设备号", "device_no"),
    Column("用途", "purpose"),
    Column("质保期至", "warranty_until", date_),
    Column("使用有效期至", "valid_until", date_),
    Column("最近变动时间", "at", moment),
)


def as_csv(cards: QuerySet[Card]) -> Iterator[bytes]:
    """The cards in their order, some hundred rows at a time."""
    return csv_chunks(COLUMNS, _rows(cards))


def as_workbook(cards: QuerySet[Card], about: dict[str, str]) -> BinaryIO:
    """A workbook, at its beginning; its first sheet holds `about`: the filters, who asked and when."""
    file: BinaryIO = TemporaryFile()  # noqa: SIM115 (the response closes it)
    write_xlsx(file, COLUMNS, _rows(cards), title="卡清单", about=about)
    file.seek(0)
    return file


def _rows(cards: QuerySet[Card]) -> Iterator[dict[str, Any]]:
    for card in cards.iterator(chunk_size=2000):
        unit, last = card.institution, card.last_event
        yield {
            "sam_no": card.sam_no,
            "serial_no": card.serial_no,
            "state": card.standing.label,
            "unit_no": unit.unit_no if unit else "",
            "unit": unit.name if unit else "",
            "place": card.place,
            "device_no": card.device_no,
            "purpose": card.purpose,
            "warranty_until": card.warranty_until,
            "valid_until": card.valid_until,
            "at": last.at if last else None,
        }
