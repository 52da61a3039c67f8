"""Files of card numbers: text, one a line, or Parquet with `card_no`; read in chunks, whatever their size.

Text is UTF-8, with or without BOM, lines ended by LF or CRLF; blank lines count as lines and hold no number; spaces
and tabs around a number are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from samkeeper.errors import BadInput
from samkeeper.hotlist.arrays import Bytes, Places
from samkeeper.hotlist.reader import MAX_CHARS

CHUNK = 1 << 24
ROWS = 1 << 20
BOM = b"\xef\xbb\xbf"
COLUMN = "card_no"

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Numbers:
    """Numbers of one chunk: `text[starts[i]:stops[i]]`, found in line (or row) `lines[i]` of `path`, from 1."""

    path: Path
    text: Bytes
    starts: Places
    stops: Places
    lines: Places

    def where(self, i: int) -> str:
        return f"{self.path.name} 第{self.lines[i]}行"

    def number(self, i: int) -> str:
        return bytes(self.text[self.starts[i] : self.stops[i]]).decode("utf-8", "replace")


@njit(cache=True, nogil=True)
def _split(text: Bytes, starts: Places, stops: Places, lines: Places) -> tuple[int, int]:
    """Trimmed numbers of the non-blank lines; how many numbers, how many lines. The text ends with LF."""
    count, line, begin = 0, 0, 0
    for at in range(text.size):
        if text[at] != 10:
            continue
        start, stop = begin, at
        while start < stop and (text[start] == 32 or text[start] == 9 or text[start] == 13):
            start += 1
        while stop > start and (text[stop - 1] == 32 or text[stop - 1] == 9 or text[stop - 1] == 13):
            stop -= 1
        if stop > start:
            starts[count], stops[count], lines[count] = start, stop, line
            count += 1
        line += 1
        begin = at + 1
    return count, line


@njit(cache=True, nogil=True)
def _first_too_long(text: Bytes, starts: Places, stops: Places, most: int) -> int:
    """The first number of more than `most` characters (UTF-8 continuation bytes do not count), or -1."""
    for i in range(starts.size):
        if stops[i] - starts[i] > most:
            count = 0
            for at in range(starts[i], stops[i]):
                if text[at] & 0xC0 != 0x80:
                    count += 1
            if count > most:
                return i
    return -1


def read(path: Path, progress: Progress | None = None) -> Iterator[Numbers]:
    """Chunks of the file's numbers, in order. `progress` is told of the bytes done.

    Raises BadInput, with the line, where a number has more than 32 characters or the text is no UTF-8.
    """
    tell = progress or (lambda size: None)
    try:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        for chunk in (_parquet if parquet else _text)(path, tell):
            check(chunk)
            yield chunk
    except OSError as error:
        raise BadInput(f"无法读取（{error.strerror}）", where=str(path), remedy="请检查文件名和权限") from None


def check(chunk: Numbers) -> None:
    """BadInput, with the line, where a number is too long."""
    long = _first_too_long(chunk.text, chunk.starts, chunk.stops, MAX_CHARS)
    if long >= 0:
        raise BadInput(f"卡号超过{MAX_CHARS}个字符", where=chunk.where(long), remedy="请检查该行")


def _text(path: Path, tell: Progress) -> Iterator[Numbers]:
    with path.open("rb") as file:
        if file.read(3) != BOM:
            file.seek(0)
        line, rest = 1, b""
        while block := file.read(CHUNK):
            tell(len(block))
            cut = block.rfind(b"\n") + 1
            if cut == 0:
                rest += block
                continue
            numbers, seen = lines(path, rest + block[:cut], line)
            yield numbers
            line, rest = line + seen, block[cut:]
        if rest:
            yield lines(path, rest + b"\n", line)[0]


def lines(path: Path, block: bytes, line: int) -> tuple[Numbers, int]:
    """The numbers of whole lines, the first of which is line `line`, and how many lines there are."""
    if not block.isascii():
        _check_utf8(path, block, line)
    text = np.frombuffer(block, np.uint8)
    room = block.count(b"\n")
    starts, stops, places = (np.empty(room, np.int64) for _ in range(3))
    count, seen = _split(text, starts, stops, places)
    return Numbers(path, text, starts[:count], stops[:count], places[:count] + line), seen


def _check_utf8(path: Path, block: bytes, line: int) -> None:
    try:
        block.decode()
    except UnicodeDecodeError as error:
        bad = line + block[: error.start].count(b"\n")
        raise BadInput("不是 UTF-8 文本", where=f"{path.name} 第{bad}行", remedy="请转换为 UTF-8 后重试") from None


def _parquet(path: Path, tell: Progress) -> Iterator[Numbers]:
    import pyarrow as pa  # noqa: PLC0415  # slow to import, and text is the rule
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(path)
        if COLUMN not in file.schema_arrow.names:
            raise BadInput(f"没有 {COLUMN} 列", where=path.name, remedy="请检查列名")
        row, size = 1, path.stat().st_size
        for batch in file.iter_batches(batch_size=ROWS, columns=[COLUMN]):
            column: Any = batch.column(0).cast(pa.large_string())
            trimmed: Any = pc.utf8_trim(pc.fill_null(column, ""), characters=" \t\r\n")
            yield _rows(path, trimmed, row)
            row += len(column)
            tell(size * len(column) // max(1, file.metadata.num_rows))
    except pa.ArrowException as error:
        raise BadInput(f"不是完好的 Parquet 文件（{error}）", where=path.name, remedy="请重新导出") from None


def _rows(path: Path, column: Any, row: int) -> Numbers:
    """A chunk over the buffers of a large_string array without nulls, whose first row is number `row`."""
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    kept = np.flatnonzero(np.diff(places))
    return Numbers(path, text, places[:-1][kept], places[1:][kept], kept + row)
