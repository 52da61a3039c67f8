"""What else one would keep a list of invalid numbers in: the same numbers, built and asked in bulk.

Where a kept package exists it is used (numpy, pyroaring); Bloom and binary fuse filters are written here, compiled, so
that they are not measured by the speed of Python. All are given the numbers as integers, which saves them the parsing
that our lists do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from pyroaring import BitMap

U = np.uint64


@dataclass(frozen=True)
class Peer:
    """`build` takes the invalid numbers; gives the size in bytes and a function from numbers to marks."""

    name: str
    build: Callable[[np.ndarray], tuple[int, Callable[[np.ndarray], np.ndarray]]]


@njit
def mix(word):
    word = (word ^ (word >> U(30))) * U(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> U(27))) * U(0x94D049BB133111EB)
    return word ^ (word >> U(31))


def sorted_array(invalid):
    kept = np.sort(invalid)

    def ask(numbers):
        places = np.minimum(np.searchsorted(kept, numbers), kept.size - 1)
        return kept[places] == numbers

    return kept.nbytes, ask


def roaring(invalid):
    """Over the serials less the smallest, which is as good as it gets: 32 bits."""
    base = int(invalid.min()) - 1
    kept = BitMap((invalid - base).astype(np.uint32))
    kept.run_optimize()

    def ask(numbers):
        return np.fromiter((number in kept for number in (numbers - base).clip(0).tolist()), np.bool_, numbers.size)

    return len(kept.serialize()), ask


@njit
def bloom_set(bits, numbers, hashes):
    for number in numbers:
        h = mix(U(number))
        step = mix(h) | U(1)
        for _ in range(hashes):
            at = h % U(bits.size * 8)
            bits[at >> U(3)] |= np.uint8(1 << (at & U(7)))
            h += step


@njit
def bloom_ask(bits, numbers, hashes):
    out = np.ones(numbers.size, np.bool_)
    for i in range(numbers.size):
        h = mix(U(numbers[i]))
        step = mix(h) | U(1)
        for _ in range(hashes):
            at = h % U(bits.size * 8)
            if not (bits[at >> U(3)] >> (at & U(7))) & 1:
                out[i] = False
                break
            h += step
    return out


def bloom(invalid, error=1e-6):
    bits = np.zeros(math.ceil(-invalid.size * math.log(error) / math.log(2) ** 2 / 8), np.uint8)
    hashes = round(-math.log2(error))
    bloom_set(bits, invalid, hashes)
    return bits.nbytes, lambda numbers: bloom_ask(bits, numbers, hashes)


@njit
def fuse_places(h, segment, segments):
    """Three slots, one in each of three neighbouring segments."""
    begin = (((h >> U(32)) * U(segments)) >> U(32)) * U(segment)
    mask, g = U(segment - 1), mix(h)
    return (
        begin + (g & mask),
        begin + U(segment) + ((g >> U(20)) & mask),
        begin + U(2 * segment) + ((g >> U(40)) & mask),
    )


@njit
def fuse_peel(numbers, seed, segment, segments, size):
    """Numbers' hashes and slots in the order in which a slot held one of them alone; how many came off."""
    counts, xors = np.zeros(size, np.int32), np.zeros(size, np.uint64)
    for number in numbers:
        h = mix(U(number) + seed)
        for at in fuse_places(h, segment, segments):
            counts[at] += 1
            xors[at] ^= h
    hashes, slots, top = np.empty(numbers.size, np.uint64), np.empty(numbers.size, np.int64), 0
    queue = np.empty(size + 3 * numbers.size, np.int64)
    alone = np.flatnonzero(counts == 1)
    queue[: alone.size] = alone
    head, tail = 0, alone.size
    while head < tail:
        at = queue[head]
        head += 1
        if counts[at] == 1:
            h = xors[at]
            hashes[top], slots[top] = h, at
            top += 1
            for other in fuse_places(h, segment, segments):
                counts[other] -= 1
                xors[other] ^= h
                if counts[other] == 1:
                    queue[tail] = other
                    tail += 1
    return hashes, slots, top


@njit
def fuse_fill(numbers, seed, segment, segments, table, print_mask):
    """Assign slots in the order opposite to peeling; False where peeling stops short."""
    hashes, slots, top = fuse_peel(numbers, seed, segment, segments, table.size)
    if top < numbers.size:
        return False
    for i in range(top - 1, -1, -1):
        value = mix(~hashes[i]) & print_mask
        for at in fuse_places(hashes[i], segment, segments):
            if at != slots[i]:
                value ^= U(table[at])
        table[slots[i]] = value
    return True


@njit
def fuse_ask(numbers, seed, segment, segments, table, print_mask):
    out = np.empty(numbers.size, np.bool_)
    for i in range(numbers.size):
        h = mix(U(numbers[i]) + seed)
        value = mix(~h) & print_mask
        for at in fuse_places(h, segment, segments):
            value ^= U(table[at])
        out[i] = value == U(0)
    return out


def fuse(kind):
    """A binary fuse filter with fingerprints of 8 or 16 bits: three slots, 1.125 slots a number."""

    def build(invalid):
        segment = 1 << max(2, math.floor(math.log(invalid.size) / math.log(3.33) + 2.25))
        load = max(1.125, 0.875 + 0.25 * math.log(1e6) / math.log(invalid.size))
        segments = max(1, math.ceil(invalid.size * load / segment) - 2)
        mask = U(np.iinfo(kind).max)
        table, seed = np.zeros((segments + 2) * segment, kind), U(1)
        while not fuse_fill(invalid, seed, segment, segments, table, mask):
            seed += U(1)
        return table.nbytes, lambda numbers: fuse_ask(numbers, seed, segment, segments, table, mask)

    return build


PEERS = (
    Peer("sorted array, int64", sorted_array),
    Peer("roaring bitmap", roaring),
    Peer("Bloom filter, 1e-6", bloom),
    Peer("binary fuse 8", fuse(np.uint8)),
    Peer("binary fuse 16", fuse(np.uint16)),
)
