"""CSV as it comes: UTF-8 or GB18030 or Excel's "Unicode text"; comma, tab or semicolon."""

from __future__ import annotations

import codecs
import csv
import io

from samkeeper.errors import BadInput
from samkeeper.sheets.cells import Cell, csv_text
from samkeeper.sheets.grid import MAX_CELLS, Book, Dialect, Grid

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DELIMITERS = ",\t;"
SAMPLE_LINES = 20


def open_csv(content: bytes, name: str) -> Book:
    encoding, bom = _encoding(content, name)
    text = content[len(bom) :].decode(encoding)
    if "\0" in text:
        raise BadInput("不是文本文件", where=name, remedy="请另存为 .xlsx 或 .csv 后再导入")
    dialect = Dialect(encoding, bom, _delimiter(text), "\r\n" if "\r\n" in text else "\n")
    return Book(name, content, (Grid("", _rows(text, dialect, name), csv_text, ragged=True),), dialect)


def _encoding(content: bytes, name: str) -> tuple[str, bytes]:
    for bom, encoding in BOMS:
        if content.startswith(bom):
            _must_decode(content[len(bom) :], encoding, name)
            return encoding, bom
    if _decodes(content, "utf-8") and not _looks_like_gb(content):
        return "utf-8", b""
    _must_decode(content, "gb18030", name)
    return "gb18030", b""


def _looks_like_gb(content: bytes) -> bool:
    """Some GB18030 pairs are also valid UTF-8, but only for characters below U+0800, and no Chinese is there."""
    highest = max(content.decode("utf-8"), default="")
    return "\x7f" < highest < "\u0800" and _decodes(content, "gb18030")


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _must_decode(content: bytes, encoding: str, name: str) -> None:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = f"{name} 第 {line} 行"
        raise BadInput("有无法识别的文字编码", where=where, remedy="请另存为“CSV UTF-8”或 .xlsx 后再导入") from None


def _delimiter(text: str) -> str:
    """The one that most lines near the top have; of several, the one that is there most often."""
    sample = [_outside_quotes(line) for line in text[:65536].splitlines()[:SAMPLE_LINES]]

    def use(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in sample]
        return sum(count > 0 for count in counts), sum(counts)

    return max(DELIMITERS, key=use)


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _rows(text: str, dialect: Dialect, name: str) -> list[list[Cell]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
    rows: list[list[Cell]] = []
    cells = 0
    try:
        for row in reader:
            rows.append(list(row))
            cells += len(row) + 1  # a line without cells takes memory too
            if cells > MAX_CELLS:
                raise BadInput(f"超过 {MAX_CELLS} 个单元格", where=name, remedy="请分成几个文件")
    except csv.Error:
        where = f"{name} 第 {len(rows) + 1} 行"
        raise BadInput("英文双引号不成对", where=where, remedy="请在内容里的双引号前再加一个双引号") from None
    return rows
