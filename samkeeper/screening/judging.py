"""The verdict on a batch: the kernel's codes, and the words they stand for.

One table answers "the first kind of fault, in the order of judging, that fits and that the book refuses" for
every set of fitting kinds, for a sender whom the book binds and for one whom it does not. So the order of judging
and the book's refusals are data, and the kernel looks them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from samkeeper.errors import BadInput
from samkeeper.screening.columns import Rows
from samkeeper.screening.history import NEVER, Index
from samkeeper.screening.kernels import lookup
from samkeeper.screening.strings import I4, I8, U1
from samkeeper.verdicts import ACCEPTED, Flag, Kind

VERDICTS = (ACCEPTED, *Kind)
# A bit each, in the order of the kernel's flags; a kind of fault that is not refused is flagged by its own name.
FLAGS = (
    *Kind,
    Flag.BEFORE_RECORDS,
    Flag.SUSPENDED,
    Flag.HANDED_IN,
    Flag.RELOCATED,
    Flag.TAC_UNCHECKED,
    Flag.CLONE,
)
CLONE = 1 << FLAGS.index(Flag.CLONE)
NO_EVENT = NEVER

U2 = np.ndarray[Any, np.dtype[np.uint16]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rulebook refuses, under which article, from whom (no kinds of sender: from everyone)."""

    name: str
    sha256: str
    refuses: frozenset[Kind]
    article: str = ""
    binds: frozenset[str] = frozenset()

    def table(self) -> U1:
        """The verdict's number in `VERDICTS` for each set of fitting kinds; bound senders in the second half."""
        table = np.zeros(32, np.uint8)
        for fits in range(16):
            kinds = [kind for place, kind in enumerate(Kind) if fits >> place & 1 and kind in self.refuses]
            table[16 + fits] = VERDICTS.index(kinds[0]) if kinds else 0
        return table


@dataclass(slots=True)
class Judged:
    """By well-formed row: the verdict's number, the flags' bits, the period's event (`NO_EVENT` for none)."""

    verdict: U1
    flags: U2
    event: I8


class Judge:
    """Judges batches by one history and one rule. Safe to share between threads."""

    def __init__(self, index: Index, rule: Rule, bound: frozenset[str] | None) -> None:
        """`bound`: the senders whom the rule binds; None for every sender."""
        self.index, self.rule, self.bound = index, rule, bound
        self._table = rule.table()
        self._number = {name: number for number, name in enumerate(index.institutions)}

    def judge(self, rows: Rows, forged: U1 | None = None) -> Judged:
        """`forged`: 1 where a TAC failed, 2 where one could not be checked."""
        index, count = self.index, rows.count
        out = Judged(np.empty(count, np.uint8), np.empty(count, np.uint16), np.empty(count, np.int64))
        numbers, bound = self._senders(rows)
        device = rows.device
        lookup.judge(
            rows.sam,
            rows.time,
            numbers,
            rows.business,
            device.data,
            device.start,
            device.stop,
            device.ok,
            bound,
            np.zeros(count, np.uint8) if forged is None else forged,
            rows.fault,
            count,
            index.slots,
            index.mask,
            index.starts,
            index.record,
            index.devices,
            index.known_from,
            self._table,
            *np.empty((2, lookup.STRIDE), np.int64),
            out.verdict,
            out.flags,
            out.event,
        )
        return out

    def _senders(self, rows: Rows) -> tuple[I4, U1]:
        """By row: the sender's number in the index or −1, and whether the rule binds it."""
        names = rows.institutions
        number = np.array([self._number.get(name, -1) for name in names] + [-1], np.int32)
        bound = np.array([self.bound is None or name in self.bound for name in names] + [False], np.uint8)
        return number[rows.institution], bound[rows.institution]


def bound_senders(rule: Rule, institutions: Path | None) -> frozenset[str] | None:
    """Whom the rule binds: those of the kinds it names, by the file; everyone where either is not given."""
    if not rule.binds or institutions is None:
        return None
    try:
        table = pq.read_table(institutions, columns=["institution_no", "kind"])
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        raise BadInput(
            "不是单位名册", where=str(institutions), remedy="应为含 institution_no 和 kind 两列的 Parquet 文件"
        ) from error
    if table.num_columns < 2:
        raise BadInput("单位名册缺少列 institution_no 或 kind", where=str(institutions), remedy="请补上后重试")
    pairs = zip(table.column("institution_no").to_pylist(), table.column("kind").to_pylist(), strict=True)
    return frozenset(number for number, kind in pairs if kind in rule.binds)


def flag_words(flags: int) -> str | None:
    """The names of the bits, in alphabetical order."""
    return "+".join(sorted(name for place, name in enumerate(FLAGS) if flags >> place & 1)) or None


def verdict_array(codes: U1) -> pa.DictionaryArray[Any, Any]:
    return pa.DictionaryArray.from_arrays(pa.array(codes.view(np.int8)), pa.array([str(word) for word in VERDICTS]))


def flag_array(flags: U2) -> pa.DictionaryArray[Any, Any]:
    """Null where a row has no flag."""
    used = np.flatnonzero(np.bincount(flags, minlength=1))
    used = used[used > 0]
    code = np.zeros(1 << len(FLAGS), np.int16)
    code[used] = np.arange(len(used))
    words = pa.array([flag_words(int(bits)) for bits in used], pa.string())
    return pa.DictionaryArray.from_arrays(nullable(code[flags], pa.int16(), flags != 0), words)


def nullable(
    data: np.ndarray[Any, Any], kind: pa.DataType, valid: np.ndarray[Any, np.dtype[np.bool_]]
) -> pa.Array[Any]:
    bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, len(data), [bits, pa.py_buffer(data)])


def event_array(event: I8) -> pa.Array[Any]:
    return nullable(event, pa.int64(), event != NO_EVENT)
