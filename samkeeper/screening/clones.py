"""Cloned cards: a SAM counts its own transactions, so a counter that does not rise has run in two cards.

The order is by moment, not by arrival, so every row with a counter must be seen first. An external sort: each unit
of work leaves its entries on disk, split by card into shares that fit in memory; a share is then sorted and
scanned by itself. A share too large all the same is taken in slices of time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from samkeeper.errors import BadInput
from samkeeper.screening.columns import U8, Rows, hexadecimal, timestamps
from samkeeper.screening.kernels import clones as clone_kernels
from samkeeper.screening.strings import I4, I8, values

WORDS = 3
SHARE = 3_000_000  # entries that a share should have
MOST = 16_000_000  # entries sorted at a time
COUNTERS = pa.schema([("sam_no", pa.string()), ("terminal_seq", pa.uint32()), ("txn_time", pa.timestamp("us", "UTC"))])


def shares_for(rows: int) -> int:
    """A power of two."""
    return 1 << max(0, (rows // SHARE).bit_length())


def shift_for(shares: int) -> int:
    return 64 - (shares.bit_length() - 1)


def spill(rows: Rows, first: int, shares: int, path: Path) -> int:
    """Write a batch's entries: where each share ends, then share by share. Returns how many there are.

    `first`: well-formed rows of the unit before this batch; entries name their row by its place among these.
    """
    edges = np.zeros(shares + 1, np.int64)
    shift = shift_for(shares)
    total = clone_kernels.weigh(rows.sam, rows.sequence, rows.fault, rows.count, shift, edges[1:])
    if not total:
        return 0
    np.cumsum(edges, out=edges)
    out = np.empty(WORDS * total, np.int64)
    arguments = (rows.sam, rows.time, rows.sequence, rows.fault, rows.count, first, shift, edges[:-1].copy(), out)
    clone_kernels.scatter(*arguments)
    with path.open("wb") as file:
        file.write(edges.tobytes())
        file.write(out.data)
    return total


def load(path: Path, share: int, shares: int) -> I8:
    """One share's entries of one batch, (n, WORDS)."""
    first, last = span(path, share)
    offset = 8 * (shares + 1 + WORDS * first)
    return np.fromfile(path, np.int64, WORDS * (last - first), offset=offset).reshape(-1, WORDS)


def span(path: Path, share: int) -> tuple[int, int]:
    """Where a share's entries begin and end."""
    first, last = np.fromfile(path, np.int64, 2, offset=8 * share).tolist()
    return first, last


@dataclass(frozen=True, slots=True)
class Batch:
    """A spilled batch and the unit it belongs to."""

    path: Path
    unit: int


def find_share(batches: list[Batch], share: int, shares: int, last: Last) -> tuple[U8, Last]:
    """A share's clones, each unit ‖ row in 32 bits each, and the last counters of its cards."""
    units = np.array([batch.unit for batch in batches] or [0], np.int64)
    hits = []
    for low, high in slices(batches, share, shares):
        loaded = [within(load(batch.path, share, shares), low, high) for batch in batches]
        table = np.concatenate([np.empty((0, WORDS), np.int64), *loaded])
        found, last = find(table, last)
        owner = units[np.searchsorted(np.cumsum(list(map(len, loaded))), found, "right")]
        hits.append((owner << 32 | table[found, 2] & 0xFFFFFFFF).astype(np.uint64))
    return np.concatenate(hits), last


def slices(batches: list[Batch], share: int, shares: int) -> list[tuple[int | None, int | None]]:
    """One slice of all time, or as many as leave each about half of `MOST`."""
    count = sum(last - first for first, last in (span(batch.path, share) for batch in batches))
    if count <= MOST:
        return [(None, None)]
    stamps = np.concatenate([load(batch.path, share, shares)[:, 1] for batch in batches])
    bounds = np.quantile(stamps, np.linspace(0, 1, 2 + 2 * count // MOST), method="lower")[1:-1].tolist()
    return list(zip([None, *bounds], [*bounds, None], strict=True))


def within(table: I8, low: int | None, high: int | None) -> I8:
    """The entries of a slice of time, `high` left out."""
    keep = np.ones(len(table), bool)
    if low is not None:
        keep &= table[:, 1] >= low
    if high is not None:
        keep &= table[:, 1] < high
    return table if keep.all() else table[keep]


@dataclass(slots=True)
class Last:
    """The last counter of each card and its moment."""

    sam: U8
    time: I8
    counter: I8

    @classmethod
    def none(cls) -> Last:
        return cls(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))

    def share(self, number: int, shares: int) -> Last:
        shift = np.uint64(shift_for(shares) % 64)
        mine = (self.sam * clone_kernels.MIX) >> shift == number if shares > 1 else np.ones(len(self.sam), bool)
        return Last(self.sam[mine], self.time[mine], self.counter[mine])


def find(table: I8, last: Last) -> tuple[I4, Last]:
    """The positions of the clones among entries in order of arrival, (n, WORDS); and the last ones now."""
    count = len(table)
    entries = table.reshape(-1).view(np.uint64)
    slots = np.zeros(2 << (2 * (count + len(last.sam)) + 1).bit_length(), np.int64)
    mask = len(slots) // 2 - 1
    known = clone_kernels.enlist(last.sam, 1, len(last.sam), slots, mask, 0, np.empty(len(last.sam), np.int32))
    ids = np.empty(count, np.int32)
    known = clone_kernels.enlist(entries, WORDS, count, slots, mask, known, ids)
    edges = np.zeros(known + 1, np.int64)
    np.cumsum(np.bincount(ids, minlength=known), out=edges[1:])
    times, words = np.empty(count, np.int64), np.empty(count, np.uint64)
    clone_kernels.arrange(entries, ids, count, edges[:-1].copy(), times, words)
    longest = int(np.diff(edges).max(initial=0))
    clone_kernels.sort_cards(edges, known, times, words, np.empty(longest, np.int64), np.empty(longest, np.uint64))
    now = Last(number_of(known, slots), padded(last.time, known, 0), padded(last.counter, known, -1))
    hits = np.empty(count, np.int32)
    found = clone_kernels.scan(edges, known, times, words, now.time, now.counter, hits, count)
    return np.sort(hits[:found]), now


def padded(array: I8, size: int, filler: int) -> I8:
    out = np.full(size, filler, np.int64)
    out[: len(array)] = array
    return out


def number_of(known: int, slots: I8) -> U8:
    """The card number of each id."""
    pairs = slots.reshape(-1, 2)
    used = pairs[pairs[:, 0] != 0]
    out = np.empty(known, np.uint64)
    out[used[:, 1]] = (used[:, 0] - 1).view(np.uint64)
    return out


def read_counters(path: Path) -> Last:
    """What the runs before left; none when there is no file yet. Raises `BadInput`."""
    if not path.exists():
        return Last.none()
    try:
        table = pq.read_table(path, columns=COUNTERS.names).combine_chunks()
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        raise BadInput("不是计数文件", where=str(path), remedy="请用上一次运行写出的文件，或删去它重新开始") from error
    if table.schema.names != COUNTERS.names or not len(table):
        return Last.none()
    fault = np.zeros(len(table), np.uint32)
    sam, _ = hexadecimal(table.column(0).chunk(0), 12, fault, 1, missing=1)
    time = timestamps(table.column(2).chunk(0), fault)
    if fault.any() or table.column(1).null_count:
        raise BadInput("计数文件有无法识别的行", where=str(path), remedy="请用上一次运行写出的文件")
    return Last(sam, time, values(table.column(1).chunk(0)).astype(np.int64))


def write_counters(parts: list[Last], path: Path) -> None:
    """Written beside the old file and put in its place, sorted by card."""
    sam, time, counter = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("sam", "time", "counter")
    )
    order = np.argsort(sam)
    columns = [
        pa.array([f"{number:012X}" for number in sam[order].tolist()], pa.string()),
        pa.array(counter[order].astype(np.uint32)),
        pa.array(time[order], COUNTERS.field("txn_time").type),
    ]
    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(pa.table(columns, schema=COUNTERS), temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
