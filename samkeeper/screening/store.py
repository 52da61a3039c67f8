"""The store: every transaction that was taken in, narrow, in order, and looked at without being read whole.

    STORE/store.json                      which runs are in it
    STORE/cards                           card numbers; a card's place is its id (8 bytes each)
    STORE/last                            the newest moment of each card (8 bytes each, µs since 1970, UTC)
    STORE/days/2024-03-01/A-B.arrow       the rows of a day (Asia/Shanghai) that runs A to B brought

A day's file is an Arrow IPC file of one uncompressed batch, sorted by card and moment (`day_file`). It is mapped into
memory, and one card's rows are found by halving its `card` column: a few pages a day are touched, however many rows
there are. Late rows make more files of a day; when they get many, they are merged.

A run counts when `store.json` says so; it is written last. A file whose runs another file's span holds counts no more.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from samkeeper.errors import BadInput
from samkeeper.screening import day_file, moments
from samkeeper.screening.columns import U8, Rows
from samkeeper.screening.day_file import DAY_US, Day
from samkeeper.screening.judging import Judged
from samkeeper.screening.kernels import clones as clone_kernels
from samkeeper.screening.kernels import store as store_kernels
from samkeeper.screening.strings import I8

EPOCH_DAY = date(1970, 1, 1)
MANY_FILES = 8
VERSION = 1
NAME = re.compile(r"(\d+)-(\d+)\.arrow")
NEVER = -(2**63)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the store: the rows of `day` from runs `first` to `last`."""

    path: Path
    day: date
    first: int
    last: int

    def holds(self, other: Entry) -> bool:
        return self != other and self.first <= other.first and other.last <= self.last


class Store:
    """One process adds, any number read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        note = folder / "store.json"
        if folder.exists() and not note.exists() and any(folder.iterdir()):
            raise BadInput("不是交易库", where=str(folder), remedy="请给出一个空文件夹或已有的交易库")
        known: dict[str, Any] = json.loads(note.read_text()) if note.exists() else {"version": VERSION, "runs": []}
        if known["version"] != VERSION:
            raise BadInput("交易库的格式不是本版本的", where=str(folder), remedy="请用写它的版本打开")
        self.runs: list[str] = known["runs"]
        self.cards: U8 = words(folder / "cards", np.uint64)
        self.last: I8 = words(folder / "last", np.int64)

    def entries(self, first: date | None = None, last: date | None = None) -> list[Entry]:
        """The files of some days, both ends included, in order."""
        found = []
        for folder in sorted((self.folder / "days").glob("????-??-??")):
            day = date.fromisoformat(folder.name)
            if (first is None or first <= day) and (last is None or day <= last):
                found += self._of(folder, day)
        return found

    def _of(self, folder: Path, day: date) -> list[Entry]:
        named = [(path, NAME.fullmatch(path.name)) for path in sorted(folder.iterdir())]
        spans = [Entry(path, day, int(name[1]), int(name[2])) for path, name in named if name]
        taken = [entry for entry in spans if entry.last < len(self.runs)]
        return [entry for entry in taken if not any(other.holds(entry) for other in taken)]

    def days(self, first: date | None = None, last: date | None = None) -> Iterator[Day]:
        for entry in self.entries(first, last):
            yield Day.open(entry.path, entry.day)

    def rows_of(self, sam_no: str, first: date | None = None, last: date | None = None) -> pa.Table:
        """One card's past rows, by day and moment."""
        known = np.flatnonzero(self.cards == int(sam_no, 16))
        found = [day.of_card(int(known[0]), sam_no) for day in self.days(first, last)] if len(known) else []
        parts = [table for table in found if len(table)] or [day_file.EMPTY]
        return pa.concat_tables(parts, promote_options="permissive").sort_by("txn_time")

    @contextmanager
    def adding(self, digest: str) -> Iterator[Run | None]:
        """Take in a run, told from others by `digest`; None where it is in the store already."""
        if digest in self.runs:
            yield None
            return
        run = Run(self)
        try:
            yield run
            run.finish()
        finally:
            shutil.rmtree(run.folder, ignore_errors=True)
        self.runs.append(digest)
        save(json.dumps({"version": VERSION, "runs": self.runs}).encode(), self.folder / "store.json")
        self._tidy({entry.day for entry in self.entries()})

    def _tidy(self, days: set[date]) -> None:
        """Merge the days of many files, and remove what counts no more."""
        for day in sorted(days):
            folder = self.folder / "days" / day.isoformat()
            current = self._of(folder, day)
            if len(current) > MANY_FILES:
                tables = [Day.open(entry.path, day).table for entry in current]
                name = f"{min(entry.first for entry in current)}-{max(entry.last for entry in current)}.arrow"
                day_file.write(tables, folder / name)
                current = self._of(folder, day)
            for path in folder.iterdir():
                if path not in {entry.path for entry in current}:
                    path.unlink()


class Run:
    """A run on its way in: chunks of days in a folder of its own, put in order when all are there."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.folder / "adding"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._chunks: dict[int, int] = {}
        self._ids = Numbering(store.cards)
        self._last = store.last

    def add(self, rows: Rows, judged: Judged, identity: pa.Array[Any]) -> None:
        """Take in a batch of well-formed rows with what was judged of them; `identity` is their `txn_id`."""
        cards = self._ids.of(rows.sam)
        self._last = np.concatenate([self._last, np.full(len(self._ids.cards) - len(self._last), NEVER)])
        store_kernels.latest(cards, rows.time, rows.count, self._last)
        local = moments.to_local(rows.time)
        day = local // DAY_US
        first = int(day.min())
        keys = (day - first).astype(np.int32)
        edges = np.concatenate([[0], np.cumsum(np.bincount(keys))])
        order = np.empty(rows.count, np.int64)
        store_kernels.order(keys, rows.count, edges[:-1].copy(), order)
        table = day_file.table(rows, judged, identity, cards, local - day * DAY_US)
        table = table.take(pa.array(order))
        for place in np.flatnonzero(np.diff(edges)).tolist():
            number = self._chunks.get(first + place, 0)
            self._chunks[first + place] = number + 1
            chunk = table.slice(edges[place], edges[place + 1] - edges[place])
            day_file.write_as_is(chunk, self.folder / f"{first + place}.{number}")

    def finish(self) -> None:
        number = len(self.store.runs)
        for day, chunks in sorted(self._chunks.items()):
            folder = self.store.folder / "days" / (EPOCH_DAY + timedelta(days=day)).isoformat()
            folder.mkdir(parents=True, exist_ok=True)
            tables = [day_file.read(self.folder / f"{day}.{chunk}") for chunk in range(chunks)]
            day_file.write(tables, folder / f"{number}-{number}.arrow")
        self.store.cards, self.store.last = self._ids.cards, self._last
        save(self.store.cards.tobytes(), self.store.folder / "cards")
        save(self.store.last.tobytes(), self.store.folder / "last")


class Numbering:
    """Card numbers to ids, in order of first appearance."""

    def __init__(self, cards: U8) -> None:
        self.cards = cards
        self._slots = np.zeros(0, np.int64)

    def of(self, sam: U8) -> np.ndarray[Any, np.dtype[np.uint32]]:
        room = len(self.cards) + len(sam)
        if len(self._slots) < 4 * room:
            self._slots = np.zeros(4 << (2 * room).bit_length(), np.int64)
            self._enlist(self.cards, 0)
        known = len(self.cards)
        ids = self._enlist(sam, known)
        fresh = np.flatnonzero(ids >= known)
        found = int(ids.max(initial=-1)) + 1
        cards = np.concatenate([self.cards, np.empty(max(found - known, 0), np.uint64)])
        cards[ids[fresh]] = sam[fresh]
        self.cards = cards
        return ids.view(np.uint32)

    def _enlist(self, sam: U8, known: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        ids = np.empty(len(sam), np.int32)
        clone_kernels.enlist(sam, 1, len(sam), self._slots, len(self._slots) // 2 - 1, known, ids)
        return ids


def words(path: Path, kind: Any) -> np.ndarray[Any, Any]:
    return np.fromfile(path, kind) if path.exists() else np.empty(0, kind)


def save(data: bytes, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
