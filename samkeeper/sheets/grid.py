"""A file as it lies there: bytes, and tables of raw cells. What the cells mean is the reader's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from samkeeper.errors import BadInput
from samkeeper.sheets.cells import Cell

Progress = Callable[[int, int], object]  # done, total
PROGRESS_EVERY = 1000  # rows

Source = str | PathLike[str] | BinaryIO

MAX_FILE = 50 * 2**20  # bytes
MAX_CELLS = 3_000_000  # 300,000 rows of ten columns; a row more than that is a batch, not a workbook


@dataclass(frozen=True)
class Grid:
    """One table: a CSV file, or one sheet of a workbook. `rows[0]` is line 1 as the user sees it.

    `faults` are cells (row and column from 0) whose value the file itself does not hold, with the reason;
    `merged` are ranges of cells as (first row, first column, last row, last column).
    """

    sheet: str
    rows: list[list[Cell]]
    text: Callable[[Cell], str]
    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: tuple[tuple[int, int, int, int], ...] = ()
    ragged: bool = False

    @cached_property
    def width(self) -> int:
        return max(map(len, self.rows), default=0)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file was written, so that it can be given back the same way."""

    encoding: str
    bom: bytes
    delimiter: str
    newline: str


@dataclass(frozen=True)
class Book:
    """A file that was opened: a workbook where `dialect` is None. `safe` are its bytes as they were measured."""

    name: str
    safe: bytes
    grids: tuple[Grid, ...]
    dialect: Dialect | None


def name_of(source: Source) -> str:
    name = source if isinstance(source, str | PathLike) else getattr(source, "name", "")
    return Path(name).name if isinstance(name, str | PathLike) and str(name) else "上传的文件"


def content_of(source: Source, name: str) -> bytes:
    try:
        if isinstance(source, str | PathLike):
            with Path(source).open("rb") as stream:
                content = stream.read(MAX_FILE + 1)
        else:
            content = source.read(MAX_FILE + 1)
    except OSError:
        raise BadInput("文件打不开", where=name, remedy="请检查文件名和读取权限") from None
    if len(content) > MAX_FILE:
        raise BadInput(f"文件超过 {MAX_FILE >> 20} MB", where=name, remedy="请分成几个文件")
    if not content.strip():
        raise BadInput("文件是空的", where=name, remedy="请下载模板填写后再导入")
    return content
