"""Workbooks made to hurt. Each is small; without the guard each costs gigabytes, or the whole process."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from samkeeper.errors import BadInput
from samkeeper.sheets import read
from samkeeper.sheets.guard import MAX_UNPACKED, place_of
from tests.sheets.institutions import HEADER, INSTITUTIONS, saved, workbook

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def sound() -> bytes:
    """As Excel writes it, with shared strings."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, ["10000001", "甲"])
    return stream.getvalue()


SOUND = sound()


def changed(parts: dict[str, Callable[[bytes], bytes]], extra: dict[str, bytes] | None = None) -> io.BytesIO:
    """A sound workbook with some parts rewritten and others added."""
    original = zipfile.ZipFile(io.BytesIO(SOUND))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in original.namelist():
            archive.writestr(name, parts.get(name, bytes)(original.read(name)))
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def refused(stream: io.BytesIO, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read(stream, INSTITUTIONS, name="炸弹.xlsx")


def test_unchanged_workbook_passes() -> None:
    assert read(changed({}), INSTITUTIONS).total == 1


def test_cell_at_the_far_corner_is_refused_before_a_dense_table_is_made() -> None:
    book = workbook([HEADER])
    book.active["XFD1048576"] = 1
    refused(saved(book), "超过 3000000 个单元格")


def test_far_rows_without_cell_names_are_counted_too() -> None:
    rows = b'<row r="1048576">' + b"<c><v>1</v></c>" * 100 + b"</row></sheetData>"
    refused(changed({SHEET: lambda xml: xml.replace(b"</sheetData>", rows)}), "超过 3000000 个单元格")


def test_part_that_unpacks_too_far_is_refused() -> None:
    refused(changed({}, {"xl/media/image1.png": bytes(MAX_UNPACKED)}), "解压后太大")


def test_index_of_the_workbook_that_would_fill_the_memory_is_refused() -> None:
    refused(changed({"xl/workbook.xml": lambda xml: xml + b" " * 2**23}), "解压后太大")


def test_part_larger_than_it_says_is_refused() -> None:
    content = bytearray(changed({}, {"xl/media/image1.png": bytes(2**20)}).getvalue())
    entry = content.rindex(b"xl/media/image1.png") - 46  # its entry in the central directory; size at offset 24
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    refused(io.BytesIO(bytes(content)), "已损坏")


def test_one_long_string_in_every_cell_is_refused() -> None:
    def many(xml: bytes) -> bytes:
        row = b"<row>" + b'<c t="s"><v>2</v></c>' * 100 + b"</row>"
        return xml.replace(b"</sheetData>", row * 100 + b"</sheetData>")

    def long(xml: bytes) -> bytes:
        return xml.replace(b"10000001", b"x" * 32_000)

    refused(changed({SHEET: many, STRINGS: long}), "解压后太大")


def test_document_types_are_refused() -> None:
    def entities(xml: bytes) -> bytes:
        return b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa">]>' + xml.partition(b"?>")[2]

    refused(changed({SHEET: entities}), "不允许的声明")


def test_declared_encoding_cannot_hide_cells_from_the_measuring() -> None:
    hidden = "<x/><!--".encode("cp037") + b'<sheetData><row r="1"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    part = b'<?xml version="1.0" encoding="cp037"?>' + hidden + "-->".encode("cp037")
    refused(changed({SHEET: lambda _: part}), "已损坏")


def test_sheet_outside_its_folder_is_refused_because_it_was_not_measured() -> None:
    relations = "xl/_rels/workbook.xml.rels"
    elsewhere = changed(
        {relations: lambda xml: xml.replace(b"worksheets/", b"media/")}, {"xl/media/sheet1.xml": b"<x/>"}
    )
    refused(elsewhere, "已损坏")


def test_names_that_differ_by_case_alone_are_refused() -> None:
    refused(changed({}, {"xl/worksheets/SHEET1.xml": b"<x/>"}), "已损坏")


def test_macros_are_refused() -> None:
    refused(changed({}, {"xl/vbaProject.bin": b"x"}), "含有宏")


def test_archives_that_are_no_workbook_are_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    stream.seek(0)
    refused(stream, r"不是 \.xlsx 工作簿")


@given(st.data())
def test_damaged_workbooks_are_refused_or_read_but_never_fail_otherwise(data: st.DataObject) -> None:
    content = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(2, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(4, len(content)))
    try:
        read(io.BytesIO(bytes(content[:cut])), INSTITUTIONS)
    except BadInput as refusal:
        assert refusal.remedy


@given(st.data())
def test_strange_parts_are_refused_or_read_but_never_fail_otherwise(data: st.DataObject) -> None:
    part = data.draw(
        st.sampled_from([SHEET, STRINGS, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"])
    )
    words = st.sampled_from([b"", b"-1", b"99999999999", b"<c", b"</c>", b"r=", b'"', b"A0", b"&amp;", b"\xff"])

    def torn(xml: bytes) -> bytes:
        start = data.draw(st.integers(0, len(xml)))
        return xml[:start] + data.draw(words) + xml[start + data.draw(st.integers(0, 8)) :]

    try:
        read(changed({part: torn}), INSTITUTIONS)
    except BadInput as refusal:
        assert refusal.remedy


def test_places_are_counted_from_zero() -> None:
    assert [place_of(name) for name in ("A1", "C7", "XFD1048576")] == [(0, 0), (6, 2), (1_048_575, 16_383)]
