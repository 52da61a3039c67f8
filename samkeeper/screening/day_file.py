"""A day's rows in the store: narrow columns, sorted by card and moment, mapped into memory.

| column | type | |
| --- | --- | --- |
| `card` | uint32 | the card's id in the store |
| `second` or `micro` | uint32, int64 | since midnight in Asia/Shanghai; seconds where all moments are whole |
| `institution`, `device` | dictionary of text | null: none |
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
from samkeeper.screening.strings import I8, Text, present, values

DAY_US = 86_400_000_000
SECOND = 1_000_000
NARROW = 1 << 32
EMPTY = pa.table(
    {
        "txn_id": pa.array([], pa.string()),
        "sam_no": pa.array([], pa.string()),
        "txn_time": pa.array([], pa.timestamp("us", "UTC")),
        "verdict": pa.array([], pa.string()),
        "flag": pa.array([], pa.string()),
    }
)


def table(
    rows: Rows, judged: Judged, identity: pa.Array[Any], cards: np.ndarray[Any, np.dtype[np.uint32]], micro: I8
) -> pa.Table:
    """A batch as the columns of a day, wide and in the order it came."""
    units = pa.array(rows.institutions, pa.string())
    codes, devices = rows.device.codes()
    return pa.table(
        {
            "card": pa.array(cards),
            "micro": pa.array(micro),
            "institution": pa.DictionaryArray.from_arrays(pa.array(rows.institution), units),
            "device": pa.DictionaryArray.from_arrays(
                nullable(codes, pa.int32(), codes >= 0), pa.array(devices, pa.string())
            ),
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
    whole = pa.concat_tables([wide(each) for each in tables], promote_options="permissive").unify_dictionaries()
    whole = whole.combine_chunks()
    card, micro = values(whole.column("card").chunk(0)), values(whole.column("micro").chunk(0))
    whole = whole.take(pa.array(np.argsort(card.astype(np.int64) << 37 | micro, kind="stable")))
    temporary = path.with_suffix(".tmp")
    write_as_is(narrow(compact(whole)), temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def wide(each: pa.Table) -> pa.Table:
    if "second" in each.column_names:
        micro = each.column("second").combine_chunks().cast(pa.int64()).to_numpy() * SECOND
        each = each.set_column(each.column_names.index("second"), "micro", pa.array(micro))
    place = each.column_names.index("amount")
    return each.set_column(place, "amount", each.column("amount").cast(pa.int64()))


def narrow(whole: pa.Table) -> pa.Table:
    micro, amount = whole.column("micro").to_numpy(), whole.column("amount").to_numpy()
    if not (micro % SECOND).any():
        seconds = pa.array((micro // SECOND).astype(np.uint32))
        whole = whole.set_column(whole.column_names.index("micro"), "second", seconds)
    if amount.max(initial=0) < NARROW:
        whole = whole.set_column(whole.column_names.index("amount"), "amount", pa.array(amount.astype(np.uint32)))
    return whole


def compact(whole: pa.Table) -> pa.Table:
    """Dictionaries of the day's own values only."""
    for name in ("institution", "device"):
        column = whole.column(name).combine_chunks()
        whole = whole.set_column(whole.column_names.index(name), name, column.cast(pa.string()).dictionary_encode())
    return whole


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

    def names(self, name: str) -> tuple[np.ndarray[Any, np.dtype[np.int32]], list[str]]:
        column = self.column(name)
        return values(column.indices), column.dictionary.to_pylist()

    def micro(self) -> I8:
        if "second" in self.table.column_names:
            return self.numbers("second").astype(np.int64) * SECOND
        return self.numbers("micro")

    def time(self) -> I8:
        """UTC, in microseconds since 1970."""
        return moments.to_utc(self.micro() + (self.day - date(1970, 1, 1)).days * DAY_US)

    def rows(self, cards: U8) -> Rows:
        """As they were judged; `cards` are the store's."""
        count = len(self.table)
        codes, names = self.names("institution")
        sequence = self.numbers("sequence").astype(np.int64)
        sequence[present(self.column("sequence")) == 0] = -1
        return Rows(
            count,
            cards[self.numbers("card")],
            codes,
            names,
            self.device(),
            self.numbers("business").astype(np.int64),
            self.numbers("amount").astype(np.int64),
            self.time(),
            sequence,
            np.zeros(count, np.uint32),
        )

    def device(self) -> Text:
        column = self.column("device")
        named = Text.of(column.dictionary)
        if not len(named):
            nothing = np.zeros(len(self.table), np.int32)
            return Text(named.data, nothing, nothing, np.zeros(len(nothing), np.uint8))
        ok = present(column.indices)
        code = np.where(ok == 1, values(column.indices), 0)
        return Text(named.data, named.start[code], named.stop[code], ok)

    def of_card(self, card: int, sam_no: str) -> pa.Table:
        """One card's rows, in words."""
        column = self.numbers("card")
        first, last = np.searchsorted(column, np.array([card, card + 1], np.uint32)).tolist()
        part = Day(self.day, self.table.slice(first, last - first))
        count = last - first
        return pa.table(
            {
                "txn_id": part.table.column("txn_id"),
                "sam_no": pa.array([sam_no] * count, pa.string()),
                "institution_no": part.table.column("institution").cast(pa.string()),
                "device_no": part.table.column("device").cast(pa.string()),
                "business": part.table.column("business").cast(pa.int32()),
                "amount_fen": part.table.column("amount").cast(pa.int64()),
                "txn_time": pa.array(part.time(), pa.timestamp("us", "UTC"))
                if count
                else pa.array([], pa.timestamp("us", "UTC")),
                "terminal_seq": part.table.column("sequence"),
                "verdict": verdict_array(part.numbers("verdict")).cast(pa.string())
                if count
                else pa.array([], pa.string()),
                "flag": flag_array(part.numbers("flags")).cast(pa.string()) if count else pa.array([], pa.string()),
                "event_id": part.table.column("event"),
            }
        )
