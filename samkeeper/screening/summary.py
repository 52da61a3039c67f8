"""Counts and sums by sender, day and verdict: of a batch, and of all batches together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from samkeeper.errors import BadInput
from samkeeper.screening import moments
from samkeeper.screening.columns import Rows
from samkeeper.screening.judging import VERDICTS
from samkeeper.screening.kernels import lookup
from samkeeper.screening.strings import I8, U1

SCHEMA = pa.schema(
    [
        ("institution_no", pa.string()),
        ("day", pa.date32()),
        ("verdict", pa.string()),
        ("count", pa.int64()),
        ("amount_fen", pa.int64()),
    ]
)
FIRST_DAY = 1 << 27
FULL, OVERFLOW = -1, -2
LARGEST = 2**63 - 1
HELD = 4_000_000


def of_batch(rows: Rows, verdict: U1) -> pa.Table:
    """The groups of the well-formed rows, in no order. Raises `BadInput` where a sum leaves int64."""
    local = moments.to_local(rows.time)
    size = 1 << 16 if rows.count > 1 << 13 else 1 << 13
    while True:
        table = np.zeros(3 * size, np.int64)
        arguments = (rows.institution, local, rows.amount, verdict, rows.fault, rows.count, 0, table, size - 1)
        used = lookup.tally(*arguments)
        if used != FULL:
            break
        size *= 4
    if used == OVERFLOW:
        raise overflow()
    groups = table.reshape(-1, 3)
    key, count, amount = groups[groups[:, 0] != 0].T
    return as_table(key - 1, rows.institutions, count, amount)


def as_table(key: I8, names: list[str], count: I8, amount: I8) -> pa.Table:
    words = pa.array(names, pa.string())
    columns = [
        words.take(pa.array(key >> 31)) if len(key) else pa.array([], pa.string()),
        pa.array((((key >> 3) & (2 * FIRST_DAY - 1)) - FIRST_DAY).astype(np.int32)).view(pa.date32()),
        pa.array([str(word) for word in VERDICTS]).take(pa.array(key & 7)),
        pa.array(np.ascontiguousarray(count)),
        pa.array(np.ascontiguousarray(amount)),
    ]
    return pa.table(columns, schema=SCHEMA)


def overflow() -> BadInput:
    return BadInput("金额合计超出可表示的范围", remedy="请核对 amount_fen 的单位是否为分")


class Totals:
    """Adds groups up; memory grows with the groups of the result, not with the batches."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._held: list[tuple[I8, I8, I8]] = []
        self._size = 0

    def add(self, table: pa.Table) -> None:
        names, codes = distinct(table.column("institution_no"))
        for name in names:
            self._number.setdefault(name, len(self._number))
        unit = np.array([self._number[name] for name in names] or [0], np.int64)[codes]
        day = table.column("day").combine_chunks().view(pa.int32()).to_numpy().astype(np.int64) + FIRST_DAY
        verdicts, chosen = distinct(table.column("verdict"))
        verdict = np.array([VERDICTS.index(name) for name in verdicts] or [0], np.int64)[chosen]
        count, amount = table.column("count").to_numpy(), table.column("amount_fen").to_numpy()
        self._held.append((unit << 31 | day << 3 | verdict, count, amount))
        self._size += len(table)
        if self._size > HELD:
            self._merge()
            self._size = 0

    def _merge(self) -> tuple[I8, I8, I8]:
        key, count, amount = (np.concatenate(parts) for parts in zip(*self._held, strict=True))
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
        sums = [np.add.reduceat(column[order], first) if len(first) else column for column in (count, amount)]
        if len(first) and np.add.reduceat(amount[order].astype(float), first).max() > LARGEST:
            raise overflow()
        self._held = [(key[first], sums[0], sums[1])]
        return self._held[0]

    def table(self) -> pa.Table:
        """Sorted by sender, day and verdict."""
        if not self._held:
            return SCHEMA.empty_table()
        key, count, amount = self._merge()
        table = as_table(key, list(self._number), count, amount)
        return table.sort_by([("institution_no", "ascending"), ("day", "ascending"), ("verdict", "ascending")])


def distinct(column: pa.ChunkedArray[Any]) -> tuple[list[str], np.ndarray[Any, Any]]:
    array = column.combine_chunks().dictionary_encode()
    return array.dictionary.to_pylist(), array.indices.to_numpy()
