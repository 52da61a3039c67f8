"""The columns of a transaction: from any Arrow table to the plain arrays that the kernels judge.

Parquet brings numbers and text, CSV brings text only; both end here. A value that cannot be read marks its row
with a fault, never the batch: the row goes to quarantine with every fault it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from samkeeper.screening import moments
from samkeeper.screening.kernels import text
from samkeeper.screening.strings import I4, I8, U1, Text, present, values

REQUIRED = ("sam_no", "institution_no", "txn_time", "amount_fen", "business")
# The type of a column where the input does not say (CSV), or says differently from file to file.
TYPES: dict[str, pa.DataType] = {
    "txn_id": pa.string(),
    "sam_no": pa.string(),
    "institution_no": pa.string(),
    "device_no": pa.string(),
    "business": pa.int32(),
    "card_no": pa.string(),
    "amount_fen": pa.int64(),
    "txn_time": pa.timestamp("us", "UTC"),
    "terminal_seq": pa.uint32(),
    "txn_type": pa.int32(),
    "tac": pa.string(),
    "card_factor": pa.string(),
}
FAULTS = (
    "缺少终端机编号 sam_no",
    "终端机编号 sam_no 不是12位大写十六进制数字",
    "缺少单位编号 institution_no",
    "缺少交易时间 txn_time",
    "交易时间 txn_time 无法识别",
    "缺少金额 amount_fen",
    "金额 amount_fen 不是整数",
    "金额 amount_fen 小于零",
    "缺少业务类别 business",
    "业务类别 business 不是0至31的整数",
    "终端交易序号 terminal_seq 不是0至4294967295的整数",
    "交易类型 txn_type 不是整数",
    "交易认证码 tac 不是8位十六进制数字",
    "分散因子 card_factor 不是16位十六进制数字",
    "金额 amount_fen 超过4294967295分，无法验证交易认证码",
    "交易类型 txn_type 不在0至255之间，无法验证交易认证码",
    "本行字段数与表头不符，或引号不成对",
    "本行含有无法识别的字符编码",
)
NO_SAM, BAD_SAM, NO_INSTITUTION, NO_TIME, BAD_TIME, NO_AMOUNT, BAD_AMOUNT, NEGATIVE = (1 << bit for bit in range(8))
NO_BUSINESS, BAD_BUSINESS, BAD_SEQUENCE, BAD_TYPE, BAD_TAC, BAD_FACTOR = (1 << bit for bit in range(8, 14))
PAST_TAC_AMOUNT, PAST_TAC_TYPE, RAGGED, UNREADABLE = (1 << bit for bit in range(14, 18))

Faults = np.ndarray[Any, np.dtype[np.uint32]]
U8 = np.ndarray[Any, np.dtype[np.uint64]]


def reason(fault: int) -> str:
    """In words; of a line that could not be cut into columns there is nothing more to say."""
    if fault & RAGGED:
        fault = RAGGED
    return "；".join(words for place, words in enumerate(FAULTS) if fault >> place & 1)


@dataclass(slots=True)
class Rows:
    """A batch as the kernels want it. `fault` is 0 for a well-formed row; a faulty row's other values mean nothing.

    `institution` numbers the names in `institutions`; `sequence` is −1 where there is none; `time` is in
    microseconds since 1970, UTC.
    """

    count: int
    sam: U8
    institution: I4
    institutions: list[str]
    device: Text
    business: I8
    amount: I8
    time: I8
    sequence: I8
    fault: Faults

    def sound(self) -> Rows:
        """The well-formed rows."""
        if not self.fault.any():
            return self
        keep = self.fault == 0
        text = self.device
        device = Text(text.data, text.start[keep], text.stop[keep], text.ok[keep])
        sam, institution, business, amount, time, sequence, fault = (
            column[keep]
            for column in (self.sam, self.institution, self.business, self.amount, self.time, self.sequence, self.fault)
        )
        names = self.institutions
        return Rows(len(sam), sam, institution, names, device, business, amount, time, sequence, fault)


@dataclass(slots=True)
class Proofs:
    """What a TAC needs beside `Rows`; `tac_ok` and `factor_ok` are 0 where there is none, `kind` is −1."""

    tac: U8
    tac_ok: U1
    factor: U8
    factor_ok: U1
    kind: I8


def read(table: pa.Table, fault: Faults) -> Rows:
    """Read every column that judging needs; faults are added to `fault`, which may bring some of its own."""
    sam, _ = hexadecimal(column(table, "sam_no"), 12, fault, BAD_SAM, missing=NO_SAM)
    codes, names = institutions(column(table, "institution_no"), fault)
    time = timestamps(column(table, "txn_time"), fault)
    amount, _ = integers(column(table, "amount_fen"), fault, BAD_AMOUNT, missing=NO_AMOUNT)
    fault[amount < 0] |= np.uint32(NEGATIVE)
    business, _ = integers(column(table, "business"), fault, BAD_BUSINESS, missing=NO_BUSINESS)
    fault[(business < 0) | (business > 31)] |= np.uint32(BAD_BUSINESS)
    sequence, counted = integers(column(table, "terminal_seq"), fault, BAD_SEQUENCE)
    fault[(sequence < 0) | (sequence >= 1 << 32)] |= np.uint32(BAD_SEQUENCE)
    sequence[counted == 0] = -1
    device = Text.of(column(table, "device_no"))
    return Rows(len(table), sam, codes, names, device, business, amount, time, sequence, fault)


def read_proofs(table: pa.Table, rows: Rows, checking: bool) -> Proofs:
    """Read what belongs to a TAC; with `checking`, what no TAC can be computed over is a fault."""
    fault = rows.fault
    tac, tac_ok = hexadecimal(column(table, "tac"), 8, fault, BAD_TAC, lower=True)
    factor, factor_ok = hexadecimal(column(table, "card_factor"), 16, fault, BAD_FACTOR, lower=True)
    kind, kind_ok = integers(column(table, "txn_type"), fault, BAD_TYPE)
    if checking:
        fault[rows.amount >= 1 << 32] |= np.uint32(PAST_TAC_AMOUNT)
        fault[(kind_ok == 1) & ((kind < 0) | (kind > 255))] |= np.uint32(PAST_TAC_TYPE)
    return Proofs(tac, tac_ok, factor, factor_ok, np.where(kind_ok == 1, kind, -1))


def column(table: pa.Table, name: str) -> pa.Array[Any]:
    """One array; all null where the table has no such column."""
    if name not in table.column_names:
        return pa.nulls(len(table), TYPES[name])
    found = table.column(name)
    whole = found.chunk(0) if found.num_chunks == 1 else found.combine_chunks()
    return whole.cast(TYPES[name]) if pt.is_null(whole.type) else whole


def hexadecimal(
    array: pa.Array[Any], digits: int, fault: Faults, bad: int, *, missing: int = 0, lower: bool = False
) -> tuple[U8, U1]:
    """The numbers that the digits write, and 1 where there is one."""
    words = Text.of(array)
    out = np.zeros(len(words), np.uint64)
    given = words.ok.copy()
    text.hexadecimal(words.data, words.start, words.stop, words.ok, out, len(out), digits, lower)
    mark(fault, given, words.ok, bad, missing)
    return out, words.ok


def institutions(array: pa.Array[Any], fault: Faults) -> tuple[I4, list[str]]:
    if not (pt.is_dictionary(array.type) and pt.is_string(array.type.value_type)):
        codes, names = Text.of(array).codes()
    else:
        codes, names = values(array.indices).astype(np.int32, copy=False), array.dictionary.to_pylist()
    if array.null_count:
        codes = np.where(present(array) == 1, codes, -1).astype(np.int32)
        fault[codes < 0] |= np.uint32(NO_INSTITUTION)
    return codes, names


def integers(array: pa.Array[Any], fault: Faults, bad: int, *, missing: int = 0) -> tuple[I8, U1]:
    """The numbers (0 where there is none), and 1 where there is one."""
    given = present(array)
    if array.null_count == len(array):
        out, ok = np.zeros(len(array), np.int64), given
        fault |= np.uint32(missing)
    elif pt.is_integer(array.type):
        numbers = values(array)
        out = numbers.astype(np.int64)
        ok = given & (numbers <= np.uint64(2**63 - 1)) if array.type == pa.uint64() else given
    elif pt.is_string(array.type) or pt.is_large_string(array.type) or pt.is_dictionary(array.type):
        words = Text.of(array)
        out, ok = np.zeros(len(words), np.int64), words.ok
        text.integer(words.data, words.start, words.stop, ok, out, len(out))
    else:
        out, ok = whole_numbers(array)
    mark(fault, given, ok, bad, missing)
    out[ok == 0] = 0
    return out, ok


def whole_numbers(array: pa.Array[Any]) -> tuple[I8, U1]:
    """Floating and decimal numbers that happen to be whole; one by one, since no careful sender writes them."""
    out, ok = np.zeros(len(array), np.int64), np.zeros(len(array), np.uint8)
    for row, value in enumerate(array.to_pylist()):
        if isinstance(value, float | Decimal) and value == value // 1 and -(2**63) <= value < 2**63:
            out[row], ok[row] = int(value), 1
    return out, ok


def timestamps(array: pa.Array[Any], fault: Faults) -> I8:
    """Microseconds since 1970, UTC; what names no zone is Shanghai's clock."""
    given = present(array)
    if pt.is_timestamp(array.type):
        out, ok = from_timestamps(array, given)
    elif pt.is_string(array.type) or pt.is_large_string(array.type) or pt.is_dictionary(array.type):
        out, ok = from_text(Text.of(array))
    else:
        out, ok = np.zeros(len(array), np.int64), np.zeros(len(array), np.uint8)
    mark(fault, given, ok, BAD_TIME, NO_TIME)
    return out


def from_timestamps(array: pa.Array[Any], given: U1) -> tuple[I8, U1]:
    """A finer unit than the microsecond is cut, which no comparison with a history in microseconds can tell."""
    raw = np.where(given == 1, values(array), 0) if array.null_count else values(array)
    ok = given
    if array.type.unit == "ns":
        out = raw // 1000
    else:
        scale = {"s": 1_000_000, "ms": 1000, "us": 1}[array.type.unit]
        out = raw * scale if scale > 1 else raw
        ok = given & (np.abs(raw) <= (2**63 - 1) // scale) if scale > 1 else given
    return (out if array.type.tz else moments.to_utc(out)), ok


def from_text(words: Text) -> tuple[I8, U1]:
    count = len(words)
    given = words.ok.copy()
    out, naive = np.zeros(count, np.int64), np.zeros(count, np.uint8)
    text.moment(words.data, words.start, words.stop, words.ok, out, naive, count)
    local = np.flatnonzero((naive == 1) & (words.ok == 1))
    out[local] = moments.to_utc(out[local])
    for row in np.flatnonzero(given & ~words.ok).tolist():
        if (value := moments.parse(words[row])) is not None:
            out[row], words.ok[row] = value, 1
    return out, words.ok


def mark(fault: Faults, given: U1, ok: U1, bad: int, missing: int) -> None:
    """Note the rows whose value cannot be read, and those without one where `missing` says that this is a fault."""
    if not ok.all():
        fault[(given == 1) & (ok == 0)] |= np.uint32(bad)
        if missing:
            fault[given == 0] |= np.uint32(missing)
