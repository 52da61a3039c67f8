"""Which numbers go into coded ranges, which into the pool: whatever makes the list smallest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samkeeper.hotlist import pool
from samkeeper.hotlist.arrays import Flags, Places

Bits = NDArray[np.float64]

SPLIT_BITS = 40  # what a new segment costs; a gap whose unmarked places cost more ends the segment before it
MAX_GAP = 1 << 16
POOL_BITS = 1500  # what a pool costs before it holds anything
CLASS_BITS = 64


@dataclass(frozen=True)
class Segments:
    """Runs of one class's values: half-open, ascending by class and start. `first`: index of the first value inside."""

    which: Places
    start: Places
    stop: Places
    first: Places
    count: Places

    def keep(self, kept: Flags) -> Segments:
        return Segments(*(array[kept] for array in (self.which, self.start, self.stop, self.first, self.count)))


def segments(bounds: Places, values: Places, rate: float) -> Segments:
    """Cut each class's ascending values (those of class c from bounds[c]) wherever a gap is dear at this rate."""
    zero = max(-np.log2(1 - min(rate, 0.999)), SPLIT_BITS / MAX_GAP)
    begins = np.zeros(values.size, np.bool_)
    begins[1:] = np.diff(values) > SPLIT_BITS / zero
    begins[bounds[:-1][bounds[:-1] < values.size]] = True
    first = np.flatnonzero(begins)
    count = np.diff(np.append(first, values.size))
    which = np.searchsorted(bounds, first, "right") - 1
    return Segments(which, values[first], values[first + count - 1] + 1, first, count)


def pooled(parts: Segments, marked: Places, *, open_anyway: bool) -> Flags:
    """Which segments are cheaper in the pool; none where that would not pay for having one. `marked`: per segment."""
    if parts.count.size == 0:
        return np.zeros(0, np.bool_)
    gain = _range_bits(parts, marked) - _pool_bits(parts, marked)
    cheaper = np.asarray(gain > 0)
    if not open_anyway and gain[cheaper].sum() < POOL_BITS:
        cheaper[:] = False
    return cheaper


def _pool_bits(parts: Segments, marked: Places) -> Bits:
    total, count = int(marked.sum()), int(parts.count.sum())
    bits = pool.filter_bits(total, count - total) if total else 0
    passing = (parts.count - marked) / (1 << bits) if total else np.zeros(marked.size)
    return np.asarray(1.005 * (marked * (bits + 1) + passing), np.float64)


def _range_bits(parts: Segments, marked: Places) -> Bits:
    """Coded marks at the segment's own rate (drawn to that of all while it is small) and the segment's descriptor."""
    span = (parts.stop - parts.start).astype(np.float64)
    rate = (marked.sum() + 0.5) / (span.sum() + 1)
    own = np.clip((marked + 1000 * rate) / (span + 1000), 1e-9, 1 - 1e-9)
    coded = -(marked * np.log2(own) + (span - marked) * np.log2(1 - own))
    same_class = np.append(False, parts.which[1:] == parts.which[:-1])
    ahead = parts.start - np.where(same_class, np.append(0, parts.stop[:-1]), 0)
    described = _varint_bits(ahead) + _varint_bits(parts.stop - parts.start) + np.where(same_class, 0, CLASS_BITS)
    return np.asarray(1.004 * coded + described, np.float64)


def _varint_bits(values: Places) -> Bits:
    return np.asarray(8 * np.ceil(np.log2(values + 2.0) / 7), np.float64)
