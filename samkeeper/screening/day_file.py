"""A day's rows in the store: narrow columns, sorted by card and moment, mapped into memory.

| column | type | |
| --- | --- | --- |
| `card` | uint32 | the card's id in the store |
| `second` or `micro` | uint32, int64 | since midnight in Asia/Shanghai; seconds where all moments are whole |
| `institution` | int32 | the sender's id in the store |
| `device` | dictionary of text | null: none |
| `business`, `verdict`, `flags` | uint8, uint8, uint16 | numbers and bits as in `judging` |
| `amount` | uint32, int64 | fen; the narrower where all fit |
| `sequence`, `event` | uint32, int64 | null: none |
| `txn_id` | as it came | |
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from samkeeper.screening import moments
from samkeeper.screening.columns import U8, Rows
from samkeeper.screening.judging import Judged, event_array, flag_array, nullable, verdict_array
from samkeeper.screening.strings import I4, I8, Text, values

DAY_US = 86_400_000_000
SECOND = 1_000_000
NARROW = 1 << 32
NAMES = [
    "txn_id",
    "sam_no",
    "institution_no",
    "device_no",
    "business",
    "amount_fen",
    "txn_time",
    "terminal_seq",
    "verdict",
    "flag",
    "event_id",
]


@dataclass(slots=True)
class Ids:
    """By row, as the store numbers them."""

    card: np.ndarray[Any, np.dtype[np.uint32]]
    institution: I4


def table(rows: Rows, judged: Judged, identity: pa.Array[Any], ids: Ids, micro: I8) -> pa.Table:
    """A batch as the columns of a day, wide, texts as texts, and in the order it came."""
    return pa.table(
        {
            "card": pa.array(ids.card),
            "micro": pa.array(micro),
            "institution": pa.array(ids.institution),
            "device": rows.device.array(),
            "business": pa.array(rows.business.astype(np.uint8)),
            "verdict": pa.array(judged.verdict),
            "flags": pa.array(judged.flags),
            "amount": pa.array(rows.amount),
            "sequence": nullable(rows.sequence.astype(np.uint32), pa.uint32(), rows.sequence >= 0),
            "event": event_array(judged.event),
            "txn_id": identity,
        }
    )


def write(tables: list[pa.Table], path: Path) -> None:
    """Put the rows of a day in order, narrow, in one file, which is seen to the disk and then named."""
    whole = pa.concat_tables([wide(each) for each in tables], promote_options="permissive").combine_chunks()
    card, micro = values(whole.column("card").chunk(0)), values(whole.column("micro").chunk(0))
    whole = whole.take(pa.array(np.argsort(card.astype(np.int64) << 37 | micro, kind="stable")))
    temporary = path.with_suffix(".tmp")
    write_as_is(narrow(compact(whole)), temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def wide(each: pa.Table) -> pa.Table:
    """Back to the columns of `table`."""
    if "second" in each.column_names:
        micro = each.column("second").cast(pa.int64()).to_numpy() * SECOND
        each = each.set_column(each.column_names.index("second"), "micro", pa.array(micro))
    for name, kind in (("amount", pa.int64()), ("device", pa.string())):
        each = each.set_column(each.column_names.index(name), name, each.column(name).cast(kind))
    return each


def narrow(whole: pa.Table) -> pa.Table:
    micro, amount = whole.column("micro").to_numpy(), whole.column("amount").to_numpy()
    if not (micro % SECOND).any():
        seconds = pa.array((micro // SECOND).astype(np.uint32))
        whole = whole.set_column(whole.column_names.index("micro"), "second", seconds)
    if amount.max(initial=0) < NARROW:
        whole = whole.set_column(whole.column_names.index("amount"), "amount", pa.array(amount.astype(np.uint32)))
    return whole


def compact(whole: pa.Table) -> pa.Table:
    """Devices as numbers of the day's own."""
    place = whole.column_names.index("device")
    return whole.set_column(place, "device", whole.column("device").combine_chunks().dictionary_encode())


def write_as_is(each: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, each.schema) as writer:
        writer.write_table(each)


def read(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


@dataclass(slots=True)
class Day:
    """A file of the store, mapped."""

    day: date
    table: pa.Table

    @classmethod
    def open(cls, path: Path, day: date) -> Day:
        return cls(day, read(path))

    def column(self, name: str) -> pa.Array[Any]:
        return self.table.column(name).chunk(0)

    def numbers(self, name: str) -> np.ndarray[Any, Any]:
        return values(self.column(name))

    def micro(self) -> I8:
        if "second" in self.table.column_names:
            return self.numbers("second").astype(np.int64) * SECOND
        return self.numbers("micro")

    def time(self) -> I8:
        """UTC, in microseconds since 1970."""
        return moments.to_utc(self.micro() + (self.day - date(1970, 1, 1)).days * DAY_US)

    def rows(self, cards: U8, institutions: list[str]) -> Rows:
        """What a verdict asks, without device, amount and counter; `cards` and `institutions` are the store's."""
        count, none = len(self.table), np.empty(0, np.int64)
        nowhere = np.zeros(1, np.int32)
        return Rows(
            count,
            cards[self.numbers("card")],
            self.numbers("institution"),
            institutions,
            Text(np.zeros(1, np.uint8), nowhere, nowhere, np.zeros(count, np.uint8)),
            self.numbers("business").astype(np.int64),
            none,
            self.time(),
            none,
            np.zeros(count, np.uint32),
        )

    def of_card(self, card: int, sam_no: str, institutions: list[str]) -> pa.Table | None:
        """One card's rows, in words; None where it has none."""
        first, last = np.searchsorted(self.numbers("card"), np.array([card, card + 1], np.uint32)).tolist()
        if first == last:
            return None
        part = Day(self.day, self.table.slice(first, last - first))
        senders = [institutions[number] for number in part.numbers("institution").tolist()]
        return pa.table(
            [
                part.table.column("txn_id"),
                pa.array([sam_no] * (last - first), pa.string()),
                pa.array(senders, pa.string()),
                part.table.column("device").cast(pa.string()),
                part.table.column("business").cast(pa.int32()),
                part.table.column("amount").cast(pa.int64()),
                pa.array(part.time(), pa.timestamp("us", "UTC")),
                part.table.column("sequence"),
                verdict_array(part.numbers("verdict")).cast(pa.string()),
                flag_array(part.numbers("flags")).cast(pa.string()),
                part.table.column("event"),
            ],
            names=NAMES,
        )
