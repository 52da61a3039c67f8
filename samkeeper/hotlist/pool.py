"""The pool section: built over hashes, written as bytes, asked in bulk where it lies (docs/hotlist-format.md §6)."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np
from numba import njit

from samkeeper.hotlist import reader
from samkeeper.hotlist.arrays import Bytes, Flags, Places, Words
from samkeeper.hotlist.files import Numbers
from samkeeper.hotlist.hashing import siphash
from samkeeper.hotlist.ribbon import BOUNDS, Stage, make_stage, passes, passing, step

MAX_BITS = 24


def filter_bits(marked: int, unmarked: int) -> int:
    """How many bits the filter spends on a marked number so that filter and exact stage together are smallest."""
    return min(range(MAX_BITS + 1), key=lambda bits: bits * marked + unmarked / (1 << bits))


def size_bits(marked: int, unmarked: int) -> float:
    """What a pool takes, in bits: 0.5 % above its equations."""
    if marked == 0:
        return 0.0
    bits = filter_bits(marked, unmarked)
    return 1.005 * (marked * (bits + 1) + unmarked / (1 << bits))


def encode(h1: Words, h2: Words, marked: Flags) -> bytes:
    """The section for these numbers, each of them once."""
    count = int(np.count_nonzero(marked))
    if count == 0:
        return b"\0"
    m1, m2, wanted = h1[marked], h2[marked], np.ones(count, np.bool_)
    bits, section = filter_bits(count, h1.size - count), b"\1"
    if bits:
        section = b"\2" + _bytes(make_stage(0, bits, m1, m2, None))
        filters = reader.pool_stages(reader.Cursor(b"\1" + section[1:], 0, len(section)))
        table, shifts, _ = _table(filters)
        passed = passing(np.frombuffer(section, np.uint8), table, BOUNDS, shifts, h1, h2) & ~marked
    else:
        passed = ~marked
    h1, h2 = np.concatenate([m1, h1[passed]]), np.concatenate([m2, h2[passed]])
    wanted = np.concatenate([wanted, np.zeros(h1.size - count, np.bool_)])
    return section + _bytes(make_stage(1 if bits else 0, 1, h1, h2, wanted))


def _bytes(stage: Stage) -> bytes:
    out = [bytes([stage.bits, len(stage.layers)])]
    for layer in stage.layers:
        packed = np.zeros(-(-layer.meta.size // 4) * 4, np.uint8)
        packed[: layer.meta.size] = layer.meta
        quads = packed.reshape(-1, 4) << np.array([0, 2, 4, 6], np.uint8)
        meta = np.bitwise_or.reduce(quads, axis=1).tobytes()
        out += [struct.pack("<BI", layer.seed, layer.columns // 64), meta, layer.words.astype("<u8").tobytes()]
    return b"".join(out)


@njit(cache=True, nogil=True)
def _flip(text, starts, stops, skipped, flip, data, tables, shifts, ends, bounds, answers):  # type: ignore[no-untyped-def]
    """Turn the answers round of the numbers whose mark differs from `flip`; the stages' layers end at `ends`."""
    for i in range(starts.size):
        if skipped[i]:
            continue
        h1, h2 = siphash(text, starts[i], stops[i])
        begin, marked = 0, ends.size > 0
        for stage in range(ends.size):
            rows, steps = tables[begin : ends[stage]], shifts[begin : ends[stage]]
            if not passes(data, rows, bounds, steps, h1, h2, stage < ends.size - 1):
                marked = False
                break
            begin = ends[stage]
        answers[i] ^= marked ^ flip


def _table(stages: Sequence[reader.Stage]) -> tuple[Places, Words, Places]:
    """The layers of all stages as rows for `passes`, what is added to the hashes, and where each stage's rows end."""
    rows = [
        (stage.bits, layer.columns, layer.meta_at, layer.words_at, layer.last)
        for stage in stages
        for layer in stage.layers
    ]
    shifts = [
        step(index, depth, layer.seed) for index, stage in enumerate(stages) for depth, layer in enumerate(stage.layers)
    ]
    ends = np.cumsum([len(stage.layers) for stage in stages], dtype=np.int64)
    return np.array(rows, np.int64).reshape(-1, 5), np.array(shifts, np.uint64), ends


class Pool:
    """A pool where it lies in `data`, ready to be asked."""

    def __init__(self, data: Bytes, stages: Sequence[reader.Stage]) -> None:
        self.data = data
        self.tables, self.shifts, self.ends = _table(stages)

    def flip(self, numbers: Numbers, skipped: Flags, complement: bool, answers: Bytes) -> None:
        """Turn round the answers (0, 1) of the marked numbers, of the others where `complement`; not of the skipped."""
        _flip(
            numbers.text, numbers.starts, numbers.stops, skipped, complement,
            self.data, self.tables, self.shifts, self.ends, BOUNDS, answers,
        )  # fmt: skip


def entropy(marked: int, total: int) -> float:
    """The information bound N·H(n/N) in bits."""
    if not 0 < marked < total:
        return 0.0
    p = marked / total
    return -total * (p * math.log2(p) + (1 - p) * math.log2(1 - p))
