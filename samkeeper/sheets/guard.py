"""Measures a workbook before anything trusts it.

A few kilobytes of .xlsx can unpack to gigabytes, name a cell a million rows down (which readers that keep tables
dense allocate at once) or repeat one long string in every cell. So each part is unpacked under a limit, sheets are
walked by a streaming parser, and what was measured, not the original, is what the readers get.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import IO
from xml.parsers import expat

from samkeeper.sheets.grid import MAX_CELLS

MAX_UNPACKED = 200 * 2**20  # bytes, of the parts of a workbook, and of the text in its cells
CHUNK = 2**18
SHEET_PART = re.compile(r"xl/worksheets/[^/]+", re.IGNORECASE)
STRINGS_PART = "xl/sharedstrings.xml"
MAX_INDEX = 4 * 2**20  # bytes, of the parts that are read as whole trees
INDEX_PART = re.compile(r"xl/workbook\.xml|.*\.rels", re.IGNORECASE)
LESSEN = "请删去多余的行、列和图片，另存为 .xlsx，或分成几个文件"
SAVE_ANEW = "请用表格软件打开，另存为 .xlsx 后再导入"
TOO_BIG = ("解压后太大", LESSEN)
TOO_MANY = (f"超过 {MAX_CELLS} 个单元格", LESSEN)
DAMAGED = ("工作簿已损坏", SAVE_ANEW)
BROKEN = (zipfile.BadZipFile, zlib.error, expat.ExpatError, ValueError, EOFError, RuntimeError)  # the last: a password


class Unsafe(Exception):
    """The workbook cannot be taken; `message` and `remedy` are Chinese."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass
class Measured:
    """Safe bytes, and per sheet part the cells (row and column from 0) whose value is an error or a formula."""

    content: bytes
    parts: frozenset[str]
    errors: dict[str, set[tuple[int, int]]]
    formulas: dict[str, set[tuple[int, int]]]


def measure(content: bytes) -> Measured:
    """Unpack, measure and pack again without compression. Raises Unsafe."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _measure(archive)
    except BROKEN as error:
        raise Unsafe(*DAMAGED) from error


def _measure(archive: zipfile.ZipFile) -> Measured:
    members = _members(archive)
    strings = _StringLengths()
    walks: dict[str, _SheetWalk] = {}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as safe:
        for member in members:
            walk: _Walk | None = strings if member.filename.lower() == STRINGS_PART else None
            if SHEET_PART.fullmatch(member.filename):
                walk = walks[member.filename] = _SheetWalk(strings.lengths)
            with archive.open(member) as part, safe.open(member.filename, "w") as copy:
                _copy(part, copy, walk)
    return Measured(
        packed.getvalue(),
        frozenset(member.filename for member in members),
        {name: walk.errors for name, walk in walks.items()},
        {name: walk.formulas for name, walk in walks.items()},
    )


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The parts, shared strings first. Readers look names up in any case, so no two may differ by case alone."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    names = {member.filename.lower() for member in members}
    usual = all(member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members)
    if len(names) < len(members) or not usual:
        raise zipfile.BadZipFile
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Unsafe(*TOO_BIG)
    if any(member.file_size > MAX_INDEX for member in members if INDEX_PART.fullmatch(member.filename)):
        raise Unsafe(*TOO_BIG)
    return sorted(members, key=lambda member: member.filename.lower() != STRINGS_PART)


def _copy(part: IO[bytes], copy: IO[bytes], walk: _Walk | None) -> None:
    while chunk := part.read(CHUNK):
        copy.write(chunk)
        if walk:
            walk.parser.Parse(chunk, False)
    if walk:
        walk.parser.Parse(b"", True)


class _Walk:
    """One streaming pass over a part; a document type, which no workbook has, is refused."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")  # whatever the part declares: the other readers look at bytes
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def text(self, data: str) -> None:
        raise NotImplementedError

    def _doctype(self, *_: object) -> None:
        raise Unsafe("文件含有不允许的声明", SAVE_ANEW)


class _StringLengths(_Walk):
    """How long each shared string is."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "si":
            self.lengths.append(0)

    def text(self, data: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(data)


class _SheetWalk(_Walk):
    """How far the cells of a sheet reach, how much text they hold, and which hold errors or formulas."""

    def __init__(self, lengths: list[int]) -> None:
        super().__init__()
        self.lengths = lengths
        self.errors: set[tuple[int, int]] = set()
        self.formulas: set[tuple[int, int]] = set()
        self.rows = self.columns = self.cells = self.characters = 0
        self.at = (-1, -1)
        self.type = ""
        self.in_value = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag) if ":" in tag else tag
        self.in_value = local == "v"
        if local == "c":
            self._cell(attributes)
        elif local in ("v", "is", "f"):
            self._content(local)
        elif local == "row":
            number = attributes.get("r")
            self.at = (int(number) - 1 if number else self.at[0] + 1, -1)

    def text(self, data: str) -> None:
        if self.in_value and self.type == "s":
            index = int(data) if data.isdecimal() else -1
            self.characters += self.lengths[index] if 0 <= index < len(self.lengths) else 0
            if self.characters > MAX_UNPACKED:
                raise Unsafe(*TOO_BIG)

    def _cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self.at = place_of(reference) if reference else (self.at[0], self.at[1] + 1)
        self.type = attributes.get("t", "")
        self.cells += 1
        if self.cells > MAX_CELLS:
            raise Unsafe(*TOO_MANY)
        if self.type == "e":
            self.errors.add(self.at)

    def _content(self, local: str) -> None:
        row, column = self.at
        if row >= self.rows or column >= self.columns:
            self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
            if self.rows * self.columns > MAX_CELLS:
                raise Unsafe(*TOO_MANY)
        if local == "f" and self.type not in ("str", "e"):
            self.formulas.add(self.at)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def place_of(reference: str) -> tuple[int, int]:
    """`C7` → (6, 2)."""
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :]) - 1, _column_of(letters)


@lru_cache(maxsize=1024)
def _column_of(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1
