"""Put Parquet files of one schema together, byte for byte: nothing is decoded, only the footer is written anew.

Every unit of work writes a small file of its own; the whole is their column chunks one after another and one footer
that says where they now lie. A file may also lend a column to another with the same row groups: so the flags, which
are known last, join the verdicts.

The footer is a Thrift structure in the compact protocol (Parquet format, `FileMetaData`). It is read into plain
lists, whatever fields it has, moved, and written back.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = b"PAR1"
BLOCK = 4 << 20
# Compact protocol types.
TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
# Fields of the structures that are touched.
SCHEMA, ROWS, GROUPS, ORDERS = 2, 3, 4, 7
NUM_CHILDREN = 5
GROUP_COLUMNS, GROUP_BYTES, GROUP_ROWS, GROUP_OFFSET, GROUP_PACKED, GROUP_ORDINAL = 1, 2, 3, 5, 6, 7
CHUNK_OFFSET, CHUNK_META, CHUNK_INDEXES = 2, 3, (4, 6)
META_UNPACKED, META_PACKED, META_OFFSETS = 6, 7, (9, 10, 11, 14)

Struct = dict[int, tuple[int, Any]]  # field -> type, value; a list's value is (type, items)


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def struct(self) -> Struct:
        fields: Struct = {}
        field = 0
        while head := self.byte():
            kind = head & 0x0F
            field = field + (head >> 4) if head >> 4 else self.zigzag()
            fields[field] = (kind, None if kind in (TRUE, FALSE) else self.value(kind))
        return fields

    def value(self, kind: int) -> Any:
        if kind in (TRUE, FALSE, BYTE):
            return self.byte()
        if kind in (I16, I32, I64):
            return self.zigzag()
        if kind == DOUBLE:
            return self.take(8)
        if kind == BINARY:
            return self.take(self.varint())
        if kind in (LIST, SET):
            head = self.byte()
            size = head >> 4 if head >> 4 < 15 else self.varint()
            return head & 0x0F, [self.value(head & 0x0F) for _ in range(size)]
        if kind == STRUCT:
            return self.struct()
        raise ValueError(f"a Parquet footer has no value of Thrift type {kind}")


class Writer:
    def __init__(self) -> None:
        self.out = bytearray()

    def varint(self, value: int) -> None:
        while value >= 0x80:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def zigzag(self, value: int) -> None:
        self.varint(value << 1 if value >= 0 else (-value << 1) - 1)

    def struct(self, fields: Struct) -> None:
        last = 0
        for field in sorted(fields):
            kind, value = fields[field]
            if 0 < field - last < 16:
                self.out.append((field - last) << 4 | kind)
            else:
                self.out.append(kind)
                self.zigzag(field)
            last = field
            if kind not in (TRUE, FALSE):
                self.value(kind, value)
        self.out.append(0)

    def value(self, kind: int, value: Any) -> None:
        if kind in (TRUE, FALSE, BYTE):
            self.out.append(value)
        elif kind in (I16, I32, I64):
            self.zigzag(value)
        elif kind == DOUBLE:
            self.out += value
        elif kind == BINARY:
            self.varint(len(value))
            self.out += value
        elif kind in (LIST, SET):
            self.items(*value)
        else:
            self.struct(value)

    def items(self, kind: int, items: list[Any]) -> None:
        if len(items) < 15:
            self.out.append(len(items) << 4 | kind)
        else:
            self.out.append(0xF0 | kind)
            self.varint(len(items))
        for item in items:
            self.value(kind, item)


@dataclass(slots=True)
class Part:
    """A file to be taken in: its footer, and where its data ends."""

    path: Path
    footer: Struct
    end: int

    @classmethod
    def open(cls, path: Path) -> Part:
        with path.open("rb") as file:
            file.seek(-8, os.SEEK_END)
            tail = file.read(8)
            if tail[4:] != MAGIC:
                raise OSError(f"{path} has no Parquet footer")
            size = int.from_bytes(tail[:4], "little")
            end = file.seek(-8 - size, os.SEEK_END)
            return cls(path, Reader(file.read(size)).struct(), end)

    def groups(self) -> list[Struct]:
        groups: list[Struct] = self.footer[GROUPS][1][1]
        return groups


class Stitcher:
    """Writes one file of many. Not for use after `close`."""

    def __init__(self, path: Path) -> None:
        self.file: BinaryIO = path.open("wb")
        self.file.write(MAGIC)
        self.at = len(MAGIC)
        self.groups: list[Struct] = []
        self.footer: Struct | None = None

    def add(self, path: Path, lender: Path | None = None, place: int = 0) -> None:
        """Take a file in; `lender` gives its one column, which goes to `place` among the columns."""
        part = Part.open(path)
        groups = self._take(part)
        if lender is not None:
            lent = Part.open(lender)
            for group, other in zip(groups, self._take(lent), strict=True):
                insert_column(group, other, place)
            if self.footer is None:
                insert_schema(part.footer, lent.footer, place)
        self.footer = self.footer or part.footer
        self.groups += groups

    def _take(self, part: Part) -> list[Struct]:
        shift = self.at - len(MAGIC)
        with part.path.open("rb") as source:
            source.seek(len(MAGIC))
            left = part.end - len(MAGIC)
            while left and (block := source.read(min(left, BLOCK))):
                self.file.write(block)
                left -= len(block)
        if left:
            raise OSError(f"{part.path} ends before its footer")
        self.at += part.end - len(MAGIC)
        groups = part.groups()
        for group in groups:
            move_group(group, shift)
        return groups

    def close(self) -> None:
        """Write the footer and see the file to the disk. At least one file must have been taken in."""
        if self.footer is None:
            raise ValueError("nothing was taken in")
        rows = sum(group[GROUP_ROWS][1] for group in self.groups)
        footer = self.footer | {ROWS: (I64, rows), GROUPS: (LIST, (STRUCT, self.groups))}
        writer = Writer()
        writer.struct(footer)
        self.file.write(bytes(writer.out) + len(writer.out).to_bytes(4, "little") + MAGIC)
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()


def move_group(group: Struct, shift: int) -> None:
    group.pop(GROUP_ORDINAL, None)
    if GROUP_OFFSET in group:
        move(group, GROUP_OFFSET, shift)
    for chunk in group[GROUP_COLUMNS][1][1]:
        if chunk[CHUNK_OFFSET][1]:
            move(chunk, CHUNK_OFFSET, shift)
        for field in CHUNK_INDEXES:
            move(chunk, field, shift)
        for field in META_OFFSETS:
            move(chunk[CHUNK_META][1], field, shift)


def move(fields: Struct, field: int, shift: int) -> None:
    if field in fields:
        kind, value = fields[field]
        fields[field] = (kind, value + shift)


def insert_column(group: Struct, other: Struct, place: int) -> None:
    chunk = other[GROUP_COLUMNS][1][1][0]
    group[GROUP_COLUMNS][1][1].insert(place, chunk)
    for field, source in ((GROUP_BYTES, META_UNPACKED), (GROUP_PACKED, META_PACKED)):
        if field in group:
            move(group, field, chunk[CHUNK_META][1][source][1])


def insert_schema(footer: Struct, other: Struct, place: int) -> None:
    """A flat schema: the root, then a leaf a column."""
    elements = footer[SCHEMA][1][1]
    elements.insert(1 + place, other[SCHEMA][1][1][1])
    move(elements[0], NUM_CHILDREN, 1)
    if ORDERS in footer:
        footer[ORDERS][1][1].insert(place, other[ORDERS][1][1][0])
