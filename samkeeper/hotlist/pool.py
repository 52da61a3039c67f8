"""The pool section: built over hashes, written as bytes, asked in bulk where it lies (docs/hotlist-format.md §6)."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np

from samkeeper.hotlist import reader
from samkeeper.hotlist.arrays import Bytes, Flags, Places, Words
from samkeeper.hotlist.ribbon import BOUNDS, Stage, make_stage, passing, step

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
    """The section for these numbers; numbers put in twice must carry the same mark."""
    count = int(np.count_nonzero(marked))
    if count == 0:
        return b"\0"
    m1, m2, wanted = h1[marked], h2[marked], np.ones(count, np.bool_)
    bits, section = filter_bits(count, h1.size - count), b"\1"
    if bits:
        section = b"\2" + _bytes(make_stage(0, bits, m1, m2, None))
        filters = reader.pool_stages(reader.Cursor(b"\1" + section[1:], 0, len(section)))
        passed = Pool(np.frombuffer(section, np.uint8), filters, only_filters=True).marked(h1, h2) & ~marked
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


class Pool:
    """A pool where it lies in `text`, ready to be asked. `only_filters`: the stages are filters, all of them."""

    def __init__(self, text: Bytes, stages: Sequence[reader.Stage], *, only_filters: bool = False) -> None:
        self.text = text
        self.stages: list[tuple[Places, Words, bool]] = []
        for index, stage in enumerate(stages):
            rows = [(stage.bits, layer.columns, layer.meta_at, layer.words_at, layer.last) for layer in stage.layers]
            shifts = [step(index, depth, layer.seed) for depth, layer in enumerate(stage.layers)]
            is_filter = only_filters or index < len(stages) - 1
            self.stages.append((np.array(rows, np.int64), np.array(shifts, np.uint64), is_filter))

    def marked(self, h1: Words, h2: Words) -> Flags:
        """Which of the hashed numbers pass every stage; none where there is no stage."""
        out = np.zeros(h1.size, np.bool_)
        alive = np.arange(h1.size if self.stages else 0)
        for table, shifts, is_filter in self.stages:
            alive = alive[passing(self.text, table, BOUNDS, shifts, h1[alive], h2[alive], is_filter)]
        out[alive] = True
        return out


def entropy(marked: int, total: int) -> float:
    """The information bound N·H(n/N) in bits."""
    if not 0 < marked < total:
        return 0.0
    p = marked / total
    return -total * (p * math.log2(p) + (1 - p) * math.log2(1 - p))
