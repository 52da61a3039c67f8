"""Made-up transactions and histories at any size: a year of a province, in the order in which it would arrive.

Cards are drawn with density ~ x^-1/2 (few are busy, many are not), 3 % of the rows come up to 30 days late,
1.5 % are faulty, and every card counts its own transactions. The same seed makes the same files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

YEAR_START = 1_704_038_400  # 2024-01-01 00:00 in Asia/Shanghai, seconds
YEAR = 366 * 86_400
OPEN_END = 253_402_214_400  # 9999-12-31 00:00 UTC, seconds
INSTITUTIONS = 2_000
FIRST_SAM = 0x4452_0000_0000
CHUNK = 1_000_000
STATES = np.array(["in_service", "issued", "suspended", "handed_in", "cancelled", "in_stock"])
HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)


@dataclass(frozen=True)
class History:
    """Periods sorted by card and time; `card` is 0-based, times are seconds since 1970."""

    cards: int
    card: np.ndarray
    start: np.ndarray
    end: np.ndarray
    institution: np.ndarray
    device: np.ndarray
    permissions: np.ndarray
    state: np.ndarray


def sam_numbers(card: np.ndarray) -> pa.Array:
    number = np.uint64(FIRST_SAM) + card.astype(np.uint64) * np.uint64(7)
    shifts = np.arange(44, -1, -4, dtype=np.uint64)
    return fixed_width(HEX[((number[:, None] >> shifts) & np.uint64(15)).astype(np.intp)])


def decimals(prefix: bytes, number: np.ndarray, digits: int) -> pa.Array:
    powers = 10 ** np.arange(digits - 1, -1, -1, dtype=np.int64)
    body = (number[:, None] // powers % 10 + 48).astype(np.uint8)
    head = np.broadcast_to(np.frombuffer(prefix, np.uint8), (len(number), len(prefix)))
    return fixed_width(np.hstack([head, body]))


def fixed_width(letters: np.ndarray) -> pa.Array:
    rows, width = letters.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(letters)))


def make_history(cards: int, seed: int = 1) -> History:
    rng = np.random.default_rng(seed)
    count = np.minimum(1 + rng.poisson(3.0, cards), 20)
    card = np.repeat(np.arange(cards, dtype=np.int64), count)
    total = len(card)
    born = YEAR_START - rng.integers(0, 3 * YEAR, cards)
    step = rng.integers(40 * 86_400, 500 * 86_400, total)
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    since = np.cumsum(step) - np.repeat(np.cumsum(step)[first] - step[first], count)
    start = np.repeat(born, count) + since - step
    last = np.zeros(total, bool)
    last[np.cumsum(count) - 1] = True
    end = np.where(last, OPEN_END, start + step)
    gap = ~last & (rng.random(total) < 0.02)
    end[gap] -= 86_400 * 3
    state = rng.choice(6, total, p=[0.82, 0.10, 0.03, 0.03, 0.0, 0.02])
    state[last & (rng.random(total) < 0.02)] = 4
    institution = rng.integers(0, INSTITUTIONS, total)
    institution[state == 5] = -1
    permissions = np.where(rng.random(total) < 0.9, -1, rng.integers(1, 2**31 - 1, total)).astype(np.int32)
    device = np.where(rng.random(total) < 0.9, card * 3 + rng.integers(0, 3, total), -1)
    return History(cards, card, start, end, institution, device, permissions, state)


def write_history(history: History, path: Path) -> None:
    nothing = history.institution < 0
    table = pa.table(
        {
            "sam_no": sam_numbers(history.card),
            "valid_from": pa.array(history.start * 1_000_000, pa.timestamp("us", "UTC")),
            "valid_until": pa.array(history.end * 1_000_000, pa.timestamp("us", "UTC")),
            "state": pa.array(STATES[history.state]),
            "void": pa.array(history.state == 4),
            "institution_no": mask(decimals(b"H44520", np.maximum(history.institution, 0), 6), nothing),
            "device_no": mask(decimals(b"D", np.maximum(history.device, 0), 9), history.device < 0),
            "permissions": pa.array(history.permissions),
            "event_id": pa.array(np.arange(1, len(history.card) + 1, dtype=np.int64)),
        }
    )
    shuffled = np.random.default_rng(0).permutation(len(table))
    metadata = {"known_from": "2020-01-01T00:00:00+08:00"}
    pq.write_table(table.take(shuffled).replace_schema_metadata(metadata), path, compression="zstd")


def mask(array: pa.Array, missing: np.ndarray) -> pa.Array:
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(array.type, len(array), [valid, *array.buffers()[1:]])


class Transactions:
    """Yields tables of about `CHUNK` rows, in the order of arrival."""

    def __init__(self, history: History, rows: int, seed: int = 2, faulty: float = 0.015) -> None:
        self.history, self.rows, self.faulty = history, rows, faulty
        self.rng = np.random.default_rng(seed)
        self.key = history.card << 33 | history.start
        self.counter = self.rng.integers(1, 1000, history.cards)
        self.late: list[tuple[int, pa.Table]] = []
        self.next_id = 1

    def __iter__(self):
        chunks = -(-self.rows // CHUNK)
        longest = max(1, round(chunks * 30 / 366))
        for index in range(chunks):
            size = min(CHUNK, self.rows - index * CHUNK)
            table = self.chunk(size, YEAR_START + YEAR * index // chunks, YEAR // chunks)
            table = self.delay(table, index, longest) if index < chunks - 1 else table
            due = [held for chunk, held in self.late if chunk <= index or index == chunks - 1]
            self.late = [(chunk, held) for chunk, held in self.late if chunk > index and index < chunks - 1]
            yield pa.concat_tables([table, *due]).combine_chunks()

    def delay(self, table: pa.Table, index: int, longest: int) -> pa.Table:
        """Hold 3 % of the rows back for a later chunk; what is left keeps its order."""
        late = self.rng.random(len(table)) < 0.03
        self.late.append((index + int(self.rng.integers(1, longest + 1)), table.filter(pa.array(late))))
        return table.filter(pa.array(~late))

    def chunk(self, size: int, start: int, length: int) -> pa.Table:
        rng, history = self.rng, self.history
        card = (rng.random(size) ** 2 * history.cards).astype(np.int64)
        second = np.sort(start + rng.integers(0, max(length, 1), size))
        at = np.maximum(np.searchsorted(self.key, card << 33 | second, "right") - 1, 0)
        institution = np.maximum(history.institution[at], 0)
        wrong = rng.random(size)
        institution = np.where(wrong < self.faulty * 0.3, rng.integers(0, INSTITUTIONS, size), institution)
        stranger = (wrong > 1 - self.faulty * 0.2) & (rng.random(size) < 0.5)
        device = np.where(rng.random(size) < 0.01, rng.integers(0, 10**6, size), history.device[at])
        business = rng.integers(0, 6, size).astype(np.int32)
        allowed = (history.permissions[at] >> business) & 1
        business = np.where((allowed == 0) & (rng.random(size) < 0.97), lowest_bit(history.permissions[at]), business)
        sequence = self.count(card)
        sequence = np.where(rng.random(size) < 0.0005, np.maximum(sequence - 1, 0), sequence)
        identity = np.arange(self.next_id, self.next_id + size, dtype=np.int64)
        self.next_id += size
        return pa.table(
            {
                "txn_id": identity,
                "sam_no": sam_numbers(np.where(stranger, card + history.cards, card)),
                "institution_no": decimals(b"H44520", institution, 6),
                "device_no": mask(decimals(b"D", np.maximum(device, 0), 9), device < 0),
                "business": business.astype(np.int32),
                "card_no": decimals(b"E", rng.integers(0, 10**8, size), 8),
                "amount_fen": rng.integers(100, 100_000, size),
                "txn_time": pa.array(second * 1_000_000, pa.timestamp("us", "UTC")),
                "terminal_seq": sequence.astype(np.uint32),
            }
        )

    def count(self, card: np.ndarray) -> np.ndarray:
        order = np.argsort(card, kind="stable")
        sorted_card = card[order]
        fresh = np.concatenate([[True], sorted_card[1:] != sorted_card[:-1]])
        first = np.flatnonzero(fresh)
        rank = np.arange(len(card)) - np.repeat(first, np.diff(np.append(first, len(card))))
        sequence = np.empty(len(card), np.int64)
        sequence[order] = self.counter[sorted_card] + rank
        self.counter[sorted_card[first]] += np.diff(np.append(first, len(card)))
        return sequence


def lowest_bit(permissions: np.ndarray) -> np.ndarray:
    bits = permissions.astype(np.int64) & 0xFFFFFFFF
    return np.round(np.log2((bits & -bits).astype(np.float64))).astype(np.int32)


def write_transactions(history: History, rows: int, path: Path, seed: int = 2, group: int = CHUNK) -> None:
    with_schema = None
    for table in Transactions(history, rows, seed):
        with_schema = with_schema or pq.ParquetWriter(path, table.schema, compression="zstd")
        with_schema.write_table(table, row_group_size=group)
    if with_schema:
        with_schema.close()
