"""What the store knows without a rescan: use by quarter, and cards that nobody uses (HK 15 fourth paragraph)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from samkeeper.screening.day_file import Day
from samkeeper.screening.engine import threads
from samkeeper.screening.kernels import store as store_kernels
from samkeeper.screening.moments import EPOCH, MICROSECOND
from samkeeper.screening.store import NEVER, Entry, Store

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("count", pa.int64()),
        ("refused", pa.int64()),
        ("amount_fen", pa.int64()),
        ("refused_fen", pa.int64()),
    ]
)
Codes = np.ndarray[Any, np.dtype[np.int32]]
Sums = np.ndarray[Any, np.dtype[np.int64]]


def quarter(year: int, number: int) -> tuple[date, date]:
    """The first and the last day of a quarter, 1 to 4."""
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * (number % 4) + 1, 1)
    return first, after - timedelta(days=1)


def by_institution(store: Store, first: date, last: date) -> pa.Table:
    return added(store, first, last, store.institutions, lambda day: day.numbers("institution"))


def by_business(store: Store, first: date, last: date) -> pa.Table:
    names = [str(number) for number in range(32)]
    return added(store, first, last, names, lambda day: day.numbers("business").astype(np.int32))


def by_sam(store: Store, first: date, last: date) -> pa.Table:
    """Cards without a transaction in these days are not in it: see `dormant`."""
    names = [f"{number:012X}" for number in store.cards.tolist()]
    return added(store, first, last, names, lambda day: day.numbers("card").view(np.int32))


def by_region(store: Store, first: date, last: date, regions: Mapping[str, str]) -> pa.Table:
    """`regions` says where each institution lies; one that it does not know comes under ""."""
    totals: dict[str, list[int]] = {}
    for name, *sums in zip(*by_institution(store, first, last).to_pydict().values(), strict=True):
        held = totals.setdefault(regions.get(name, ""), [0] * 4)
        totals[regions.get(name, "")] = [one + other for one, other in zip(held, sums, strict=True)]
    return as_table(sorted(totals), np.array([totals[name] for name in sorted(totals)], np.int64).reshape(-1, 4))


def added(store: Store, first: date, last: date, names: list[str], keys: Callable[[Day], Codes]) -> pa.Table:
    """Sums by key; `keys` gives each row's place in `names`."""

    def of_days(entries: list[Entry]) -> Sums:
        sums = np.zeros((len(names), 4), np.int64)
        for entry in entries:
            day = Day.open(entry.path, entry.day)
            add_up(day, keys(day), sums)
        return sums

    entries, workers = store.entries(first, last), threads()
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(of_days, [entries[part::workers] for part in range(workers)])
        sums = sum(parts, np.zeros((len(names), 4), np.int64))
    used = np.flatnonzero(sums[:, 0])
    return as_table([names[place] for place in used.tolist()], sums[used])


def add_up(day: Day, codes: Codes, sums: Sums) -> None:
    amount = day.numbers("amount")
    kernel = store_kernels.add_up if amount.dtype == np.uint32 else store_kernels.add_up_wide
    kernel(codes, amount, day.numbers("verdict"), len(codes), sums.reshape(-1))


def as_table(names: list[str], sums: np.ndarray[Any, Any]) -> pa.Table:
    columns = [pa.array(np.ascontiguousarray(sums[:, place])) for place in range(4)]
    return pa.table([pa.array(names, pa.string()), *columns], schema=SCHEMA)


@dataclass(frozen=True, slots=True)
class Dormant:
    """A card in use of which nothing was heard for long; `seen` is the newest evidence of its life."""

    sam_no: str
    seen: datetime


def dormant(store: Store, in_use: Iterable[tuple[str, datetime]], at: datetime, days: int) -> list[Dormant]:
    """The cards of `in_use` (number, since when) without a transaction or another sign of life for `days`.

    The threshold is the house's. The date of issue or installation counts as a sign of life.
    """
    latest = dict(zip(store.cards.tolist(), store.last.tolist(), strict=True))
    bound = at - timedelta(days=days)
    found = []
    for sam_no, since in in_use:
        last = latest.get(int(sam_no, 16), NEVER)
        seen = max(since, EPOCH + last * MICROSECOND) if last != NEVER else since
        if seen < bound:
            found.append(Dormant(sam_no, seen))
    return sorted(found, key=lambda card: (card.seen, card.sam_no))
