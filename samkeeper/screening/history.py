"""The history of the cards, laid out so that one transaction's period is found in three looks at memory.

1. A hash table from card number to the card's run of periods.
2. The runs' `valid_from`, sorted within each run.
3. A record a period: `valid_until`, the event, one word with everything a verdict asks, and where the device's
   name lies (−1 for none; else its place among all names' bytes, and its length in the lowest 16 bits).

The word: permissions in bits 0–31, the institution's number plus one in bits 32–57 (0: none), then void,
suspended, handed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from samkeeper.errors import BadInput
from samkeeper.screening.columns import U8, hexadecimal
from samkeeper.screening.kernels import lookup
from samkeeper.screening.moments import EPOCH, MICROSECOND, ZONE
from samkeeper.screening.strings import I8, U1, Text, present, values

NULLABLE = {"institution_no", "device_no"}
COLUMNS = ("sam_no", "valid_from", "valid_until", "state", "void", "permissions", "event_id", *sorted(NULLABLE))
NEVER = -(2**63)
MAX_INSTITUTIONS = 1 << 26
MAX_DEVICE = (1 << 16) - 1
SHORT_RUN = 64
PIECE = 1 << 16  # rows
BUFFER = 1 << 18  # bytes of a column read at a time
REMEDY = "请用 samkeeper export history 重新导出"


@dataclass(slots=True)
class Index:
    """See the module's text; `slots` has three words a card: number + 1, first period, how many."""

    slots: I8
    starts: I8
    record: I8
    devices: U1
    institutions: list[str]
    known_from: int  # microseconds since 1970, UTC; NEVER where the file does not say

    @property
    def mask(self) -> int:
        return len(self.slots) // 3 - 1


@dataclass(slots=True)
class Periods:
    """A piece of the file, as numbers; `device` as in a record."""

    sam: U8
    start: I8
    until: I8
    event: I8
    word: I8
    device: I8
    names: U1

    def only(self, keep: np.ndarray[Any, np.dtype[np.bool_]]) -> Periods:
        numbers = (self.sam[keep], self.start[keep], self.until[keep], self.event[keep], self.word[keep])
        return Periods(*numbers, self.device[keep], self.names)


def load(path: Path, only: U8 | None = None, threads: int = 2) -> Index:
    """Read a history file; with `only`, no more than these cards. Raises `BadInput` where the file is not one."""
    where = str(path)
    with reading(where):
        metadata = pq.read_metadata(path)
        check_schema(metadata.schema.to_arrow_schema(), where)
        institutions = Institutions()
        wanted = table_of(only) if only is not None else None
        with ThreadPoolExecutor(threads) as pool:
            groups = range(metadata.num_row_groups)
            read = pool.map(lambda group: list(read_group(path, group, institutions, wanted)), groups)
            parts = [part for group in read for part in group]
    if len(institutions.names) >= MAX_INSTITUTIONS:
        raise BadInput("单位编号过多", where=where, remedy=REMEDY)
    index = build(parts, where)
    index.institutions, index.known_from = institutions.names, known_from(metadata.metadata or {}, where)
    return index


@contextmanager
def reading(where: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput("不是完整的 Parquet 卡历史文件", where=where, remedy=REMEDY) from error


def check_schema(schema: pa.Schema, where: str) -> None:
    missing = [name for name in COLUMNS if name not in schema.names]
    if missing:
        raise BadInput(f"缺少列 {'、'.join(missing)}", where=where, remedy=REMEDY)
    for name in ("valid_from", "valid_until"):
        kind = schema.field(name).type
        if not pt.is_timestamp(kind) or kind.tz is None:
            raise BadInput(f"列 {name} 不是带时区的时间", where=where, remedy=REMEDY)


class Institutions:
    """Numbers names in order of first appearance; threads may ask at once."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._of: dict[str, int] = {}
        self._lock = Lock()

    def number(self, names: list[str]) -> I8:
        with self._lock:
            for name in names:
                if name not in self._of:
                    self._of[name] = len(self.names)
                    self.names.append(name)
            return np.array([self._of[name] for name in names], np.int64)


def read_group(path: Path, group: int, institutions: Institutions, wanted: I8 | None) -> Iterator[Periods]:
    """A row group in pieces small enough for the processor's cache; with `wanted`, only these cards' periods."""
    small = ["state", "institution_no"]
    with pq.ParquetFile(path, read_dictionary=small, pre_buffer=False, buffer_size=BUFFER) as file:
        for batch in file.iter_batches(PIECE, [group], list(COLUMNS), use_threads=False):
            table = pa.table(batch)
            for name in COLUMNS:
                if name not in NULLABLE and table.column(name).null_count:
                    raise BadInput(f"列 {name} 有空值", where=str(path), remedy=REMEDY)
            sam = card_numbers(table, str(path))
            if wanted is not None:
                keep = chosen(sam, wanted)
                table, sam = table.filter(pa.array(keep)).combine_chunks(), sam[keep]
            if len(sam):
                yield read_piece(table, sam, institutions, str(path))


def read_piece(table: pa.Table, sam: U8, institutions: Institutions, where: str) -> Periods:
    start, until = (micros(table.column(name)) for name in ("valid_from", "valid_until"))
    if (start > until).any():
        card = table.column("sam_no")[int(np.argmax(start > until))]
        raise BadInput(f"卡 {card} 有一段历史的起始晚于终止", where=where, remedy=REMEDY)
    names, device = devices(table.column("device_no"), where)
    event = values(one(table.column("event_id"), pa.int64()))
    periods = Periods(sam, start, until, event, words(table, institutions), device, names)
    lasting = start < until  # a period without an instant covers nothing
    return periods if lasting.all() else periods.only(lasting)


def one(column: pa.ChunkedArray[Any], kind: pa.DataType | None = None) -> pa.Array[Any]:
    whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return whole if kind is None or whole.type == kind else whole.cast(kind)


def card_numbers(table: pa.Table, where: str) -> U8:
    fault = np.zeros(len(table), np.uint32)
    sam, _ = hexadecimal(one(table.column("sam_no")), 12, fault, 1)
    if fault.any():
        wrong = table.column("sam_no")[int(np.argmax(fault))]
        raise BadInput(f"终端机编号 {wrong} 不是12位大写十六进制数字", where=where, remedy=REMEDY)
    return sam


def micros(column: pa.ChunkedArray[Any]) -> I8:
    return values(one(column, pa.timestamp("us", "UTC")))


def words(table: pa.Table, institutions: Institutions) -> I8:
    permissions = values(one(table.column("permissions"), pa.int64())) & 0xFFFFFFFF
    void = present_flags(table.column("void"))
    unit = one(table.column("institution_no"))
    numbered, codes = dictionary(unit)
    number = institutions.number(numbered)[codes] + 1 if numbered else np.zeros(len(unit), np.int64)
    number[present(unit) == 0] = 0
    states, state = dictionary(one(table.column("state")))
    noted = np.array([{"suspended": 2, "handed_in": 4}.get(name, 0) for name in states], np.int64)[state]
    word: I8 = permissions | number << 32 | (void | noted) << 58
    return word


def dictionary(array: pa.Array[Any]) -> tuple[list[str], np.ndarray[Any, Any]]:
    """The distinct values and each row's number among them (any number, for a null)."""
    if not pt.is_dictionary(array.type):
        codes, names = Text.of(array).codes()
        return names, codes
    return array.dictionary.to_pylist(), values(array.indices)


def present_flags(column: pa.ChunkedArray[Any]) -> I8:
    flags = one(column, pa.bool_())
    bits = np.frombuffer(flags.buffers()[1], np.uint8)
    return np.unpackbits(bits, count=flags.offset + len(flags), bitorder="little")[flags.offset :].astype(np.int64)


def devices(column: pa.ChunkedArray[Any], where: str) -> tuple[U1, I8]:
    names = Text.of(one(column))
    size = names.stop - names.start
    if len(size) and int(size.max()) > MAX_DEVICE:
        raise BadInput("设备编号过长", where=where, remedy=REMEDY)
    place = names.start.astype(np.int64) << 16 | size
    place[names.ok == 0] = -1
    return names.data, place


def table_of(sam: U8) -> I8:
    """An index's hash table with nothing behind it."""
    slots = np.zeros(3 << (2 * len(sam)).bit_length(), np.int64)
    lookup.count(slots, len(slots) // 3 - 1, sam, len(sam), np.empty(len(sam), np.int32))
    return slots


def chosen(sam: U8, slots: I8) -> np.ndarray[Any, np.dtype[np.bool_]]:
    out = np.empty(len(sam), np.uint8)
    lookup.known(slots, len(slots) // 3 - 1, sam, len(sam), out)
    return out.view(np.bool_)


def build(parts: list[Periods], where: str) -> Index:
    total = sum(len(part.sam) for part in parts)
    slots = np.zeros(3 << max(total, 1).bit_length(), np.int64)
    mask = len(slots) // 3 - 1
    places = [np.empty(len(part.sam), np.int32) for part in parts]
    for part, place in zip(parts, places, strict=True):
        lookup.count(slots, mask, part.sam, len(place), place)
    lookup.allot(slots, mask)
    starts, record = np.empty(total, np.int64), np.empty(4 * total, np.int64)
    names = np.empty(sum(len(part.names) for part in parts) + 1, np.uint8)
    used = 0
    for part, place in zip(parts, places, strict=True):
        names[used : used + len(part.names)] = part.names
        device = np.where(part.device >= 0, part.device + (used << 16), -1)
        used += len(part.names)
        lookup.lay(slots, place, len(place), part.start, part.until, part.event, part.word, device, starts, record)
    index = Index(slots, starts, record, names, [], NEVER)
    sort(index)
    overlap = lookup.find_overlap(slots, mask, starts, record)
    if overlap >= 0:
        raise BadInput(f"卡 {slots[3 * overlap] - 1:012X} 有重叠的历史时段", where=where, remedy=REMEDY)
    return index


def sort(index: Index) -> None:
    lookup.sort_runs(index.slots, index.mask, index.starts, index.record, SHORT_RUN)
    runs = index.slots.reshape(-1, 3)
    for _, first, size in runs[runs[:, 2] > SHORT_RUN].tolist():
        order = first + np.argsort(index.starts[first : first + size], kind="stable")
        index.starts[first : first + size] = index.starts[order]
        index.record.reshape(-1, 4)[first : first + size] = index.record.reshape(-1, 4)[order]


def known_from(metadata: dict[bytes, bytes], where: str) -> int:
    words = metadata.get(b"known_from")
    if words is None:
        return NEVER
    try:
        moment = datetime.fromisoformat(words.decode())
    except ValueError as error:
        raise BadInput("文件属性 known_from 不是 ISO 8601 时间", where=where, remedy=REMEDY) from error
    return (moment.replace(tzinfo=moment.tzinfo or ZoneInfo(ZONE)) - EPOCH) // MICROSECOND
