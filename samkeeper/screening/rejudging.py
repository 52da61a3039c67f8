"""Judging again, from the store: after a correction of history, or under another book (C4)."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from samkeeper.screening.day_file import Day
from samkeeper.screening.engine import threads
from samkeeper.screening.judging import VERDICTS, Judge, event_array, verdict_array
from samkeeper.screening.store import Store
from samkeeper.screening.strings import present
from samkeeper.verdicts import Kind

SCHEMA = pa.schema(
    [
        ("txn_id", pa.string()),
        ("sam_no", pa.string()),
        ("txn_time", pa.timestamp("us", "UTC")),
        ("before", pa.string()),
        ("now", pa.string()),
        ("event_id", pa.int64()),
    ]
)


def rejudge(
    store: Store,
    judge: Judge,
    first: date | None = None,
    last: date | None = None,
    cards: Iterable[str] | None = None,
) -> pa.Table:
    """The rows whose verdict is another by this judge than when they were taken in; with `cards`, only of these.

    A TAC is not checked again: a row that was counterfeit by its TAC is left as it is.
    """
    chosen = None
    if cards is not None:
        wanted = np.array([int(number, 16) for number in cards], np.uint64)
        chosen = np.flatnonzero(np.isin(store.cards, wanted)).astype(np.uint32)
    with ThreadPoolExecutor(threads()) as pool:
        changed = pool.map(lambda day: changes(day, store, judge, chosen), store.days(first, last))
        return pa.concat_tables([SCHEMA.empty_table(), *changed])


def changes(day: Day, store: Store, judge: Judge, chosen: np.ndarray[Any, np.dtype[np.uint32]] | None) -> pa.Table:
    if chosen is not None:
        day = only(day, chosen)
    if not len(day.table):
        return SCHEMA.empty_table()
    rows = day.rows(store.cards)
    now, before = judge.judge(rows), day.numbers("verdict")
    # Counterfeit although a period covered the moment: the TAC said so, and says so still.
    by_tac = (before == VERDICTS.index(Kind.COUNTERFEIT)) & (present(day.column("event")) == 1)
    differ = np.flatnonzero((now.verdict != before) & ~by_tac)
    identity = day.table.column("txn_id").take(pa.array(differ)).cast(pa.string()).combine_chunks()
    numbers = [f"{number:012X}" for number in rows.sam[differ].tolist()]
    columns = [
        identity,
        pa.array(numbers, pa.string()),
        pa.array(rows.time[differ], SCHEMA.field("txn_time").type),
        verdict_array(before[differ]).cast(pa.string()),
        verdict_array(now.verdict[differ]).cast(pa.string()),
        event_array(now.event[differ]),
    ]
    return pa.table(columns, schema=SCHEMA)


def only(day: Day, cards: np.ndarray[Any, np.dtype[np.uint32]]) -> Day:
    """The rows of some cards, found by halving."""
    column = day.numbers("card")
    firsts, lasts = np.searchsorted(column, cards, "left"), np.searchsorted(column, cards, "right")
    spans = [(first, last) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True) if last > first]
    parts = [day.table.slice(first, last - first) for first, last in spans]
    return Day(day.day, pa.concat_tables(parts or [day.table.slice(0, 0)]).combine_chunks())
