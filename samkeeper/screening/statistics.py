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
from samkeeper.screening.store import NEVER, Store

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("count", pa.int64()),
        ("refused", pa.int64()),
        ("amount_fen", pa.int64()),
        ("refused_fen", pa.int64()),
    ]
)
Keys = tuple[np.ndarray[Any, np.dtype[np.int32]], list[str]]


def quarter(year: int, number: int) -> tuple[date, date]:
    """The first and the last day of a quarter, 1 to 4."""
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * (number % 4) + 1, 1)
    return first, after - timedelta(days=1)


def by_institution(store: Store, first: date, last: date) -> pa.Table:
    return added(store, first, last, lambda day: day.names("institution"))


def by_business(store: Store, first: date, last: date) -> pa.Table:
    names = [str(number) for number in range(32)]
    return added(store, first, last, lambda day: (day.numbers("business").astype(np.int32), names))


def by_sam(store: Store, first: date, last: date) -> pa.Table:
    """Cards without a transaction in these days are not in it: see `dormant`."""
    sums = np.zeros((len(store.cards), 4), np.int64)
    for day in store.days(first, last):
        add_up(day, day.numbers("card").view(np.int32), sums)
    used = np.flatnonzero(sums[:, 0])
    return as_table([f"{number:012X}" for number in store.cards[used].tolist()], sums[used])


def by_region(store: Store, first: date, last: date, regions: Mapping[str, str]) -> pa.Table:
    """`regions` says where each institution lies; one that it does not know comes under ""."""
    totals: dict[str, list[int]] = {}
    for name, *sums in zip(*by_institution(store, first, last).to_pydict().values(), strict=True):
        held = totals.setdefault(regions.get(name, ""), [0] * 4)
        totals[regions.get(name, "")] = [one + other for one, other in zip(held, sums, strict=True)]
    return as_table(sorted(totals), np.array([totals[name] for name in sorted(totals)], np.int64).reshape(-1, 4))


def added(store: Store, first: date, last: date, keys: Callable[[Day], Keys]) -> pa.Table:
    def of_day(day: Day) -> dict[str, np.ndarray[Any, Any]]:
        codes, names = keys(day)
        sums = np.zeros((len(names), 4), np.int64)
        add_up(day, codes, sums)
        return {name: row for name, row in zip(names, sums, strict=True) if row[0]}

    totals: dict[str, np.ndarray[Any, Any]] = {}
    with ThreadPoolExecutor(threads()) as pool:
        for found in pool.map(of_day, store.days(first, last)):
            for name, row in found.items():
                totals[name] = totals[name] + row if name in totals else row
    return as_table(sorted(totals), np.array([totals[name] for name in sorted(totals)], np.int64).reshape(-1, 4))


def add_up(day: Day, codes: np.ndarray[Any, np.dtype[np.int32]], sums: np.ndarray[Any, Any]) -> None:
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
