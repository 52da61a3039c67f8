"""CSV files: which encoding, which columns, where they can be cut, and their records as a table of text.

UTF-8 with or without a byte order mark, or GB18030: a file that is valid UTF-8 is UTF-8. Neither encoding uses
the bytes of comma, quote and line end inside a character, so records are cut before anything is decoded.
"""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from samkeeper.errors import BadInput
from samkeeper.screening.columns import RAGGED, UNREADABLE, Faults
from samkeeper.screening.kernels import csv as csv_kernels
from samkeeper.screening.strings import U1, Text

STRETCH = 32 << 20
LONGEST_RECORD = 64 << 20
BOM = codecs.BOM_UTF8
LINE_COLUMN = "\0line"  # the whole line, where it could not be cut into columns; no header can name it


@dataclass(frozen=True, slots=True)
class Form:
    encoding: str
    names: tuple[str, ...]


Stretches = list[tuple[int, int, int]]


def survey(path: str) -> tuple[Form, Stretches]:
    """A file's form, and stretches of whole records: first byte, past the last byte, records before it."""
    with Path(path).open("rb") as file:
        start = len(BOM) if file.read(len(BOM)) == BOM else 0
        file.seek(start)
        encoding = "utf-8" if start or is_utf8(file) else "gb18030"
        file.seek(start)
        names, body = header(file.read(STRETCH), encoding, path)
        return Form(encoding, names), stretches(file, start + body, Path(path).stat().st_size)


def is_utf8(file: Any) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(STRETCH):
            if decoder.getstate()[0] or not block.isascii():
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def header(block: bytes, encoding: str, path: str) -> tuple[tuple[str, ...], int]:
    """The column names, and where the first record begins."""
    end = block.find(b"\n") + 1 or len(block)
    try:
        names = next(csv.reader([block[:end].decode(encoding).strip("\r\n")]), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput("表头无法识别", where=path, remedy="请用 UTF-8 或 GB18030 编码的 CSV") from error
    if not any(names):
        raise BadInput("没有表头", where=path, remedy="第一行应是各列的名称")
    return tuple(name.strip() for name in names), end


def stretches(file: Any, start: int, size: int) -> Stretches:
    found, row = [], 0
    while start < size:
        file.seek(start)
        block = file.read(STRETCH)
        end, rows = whole_records(block)
        if start + len(block) >= size:
            end = len(block)
        elif not end:
            file.seek(start)
            block = file.read(LONGEST_RECORD)
            end, rows = whole_records(block)
            end, rows = (end, rows) if end else (block.find(b"\n") + 1 or len(block), 1)
        found.append((start, start + end, row))
        start, row = start + end, row + rows
    return found


def whole_records(block: bytes) -> tuple[int, int]:
    """How many bytes of a block make whole records, and how many records these are."""
    if b'"' not in block and b"\n\n" not in block and b"\n\r" not in block:
        return block.rfind(b"\n") + 1, block.count(b"\n")
    rows = np.zeros(1, np.int64)
    return csv_kernels.whole_records(np.frombuffer(block, np.uint8), len(block), rows), int(rows[0])


def read(path: str, form: Form, first: int, last: int) -> tuple[pa.Table, Faults]:
    """A stretch as a table of text, and the faults of its records. A line without columns is null in all of them."""
    with Path(path).open("rb") as file:
        file.seek(first)
        block = bytearray(file.read(last - first))
    if len(block) < last - first:
        raise OSError("the file ends before the stretch")
    data = np.frombuffer(block, np.uint8)
    columns, capacity = len(form.names), block.count(b"\n") + 1
    start, stop = (np.zeros(columns * capacity, np.int32) for _ in range(2))
    ok, ragged = np.zeros(columns * capacity, np.uint8), np.zeros(capacity, np.uint8)
    rows = csv_kernels.fields(data, len(data), columns, capacity, start, stop, ok, ragged)
    fault = np.where(ragged[:rows] == 1, np.uint32(RAGGED), np.uint32(0))
    cut = [slice(place * capacity, place * capacity + rows) for place in range(columns)]
    texts = [Text(data, start[part], stop[part], ok[part]) for part in cut]
    arrays = [decode(text, form.encoding, fault) for text in texts]
    table = pa.table(dict(zip(form.names, arrays, strict=True)))
    if ragged.any():
        table = table.append_column(LINE_COLUMN, lines(texts[0], ragged[:rows], form.encoding))
    return table, fault


def lines(text: Text, ragged: U1, encoding: str) -> pa.Array[Any]:
    """The whole line of every ragged record."""
    whole = [
        text.data[text.start[row] : text.stop[row]].tobytes().decode(encoding, "replace").rstrip("\r\n")
        if bad
        else None
        for row, bad in enumerate(ragged)
    ]
    return pa.array(whole, pa.string())


def decode(text: Text, encoding: str, fault: Faults) -> pa.Array[Any]:
    """A column as Arrow text; a value that is not of the encoding is a fault and written with replacement marks."""
    array = text.array()
    letters = array.buffers()[2].to_pybytes()
    if letters.isascii():
        return array
    if encoding == "utf-8":
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:
            pass
        else:
            return array
    values: list[str | None] = []
    for row in range(len(text)):
        raw = text.data[text.start[row] : text.stop[row]].tobytes() if text.ok[row] else None
        try:
            values.append(raw if raw is None else raw.decode(encoding))
        except UnicodeDecodeError:
            values.append(raw.decode(encoding, "replace") if raw else None)
            fault[row] |= np.uint32(UNREADABLE)
    return pa.array(values, pa.string())
