"""The pool: marks on numbers of any shape, by systems of linear equations over GF(2).

Two questions are answered by the same structure, a *stage*: a filter of k bits (is this number's fingerprint the one
stored?) and the exact bit. A marked number passes every filter; the unmarked ones that pass as well, one in 2^k, are
told apart by the last stage, so every number put in is answered right.

A stage is a bumped ribbon retrieval: each number gives one equation over 128 neighbouring columns. Equations are
solved from left to right; where a bucket of 384 starting places cannot take them all, those that start in its first
part (48, 128 or all places) are bumped to the next layer. So a layer is filled to 99.9 %: 3 % more equations than
columns go in, 3 % are bumped. The last layer is small, takes all, and tries seeds until it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from samkeeper.hotlist.arrays import Bytes, Flags, Places, Words
from samkeeper.hotlist.hashing import STEP, U, mix, ones, trailing_zeros
from samkeeper.hotlist.reader import THRESHOLDS, WIDTH

LOAD = 1.03  # equations a column in all layers but the last
SMALL = 2048  # equations that the last layer takes in one system
MAX_LAYERS = 8
BOUNDS = np.array(THRESHOLDS, np.int64)


@dataclass(frozen=True)
class Layer:
    """`meta`: a threshold's index per bucket (none in the last layer); `words`: per 64 columns, a word per bit."""

    seed: int
    columns: int
    meta: Bytes
    words: Words


@dataclass(frozen=True)
class Stage:
    bits: int
    layers: tuple[Layer, ...]


def step(stage: int, depth: int, seed: int) -> np.uint64:
    """What is added to a hash so that each system draws equations of its own."""
    return U((1 + (stage << 16 | depth << 8 | seed)) * int(STEP) & 0xFFFF_FFFF_FFFF_FFFF)


@njit(cache=True)
def _equation(h1, h2, shift, room):  # type: ignore[no-untyped-def]
    """Fingerprint source, starting column and both halves of the coefficients."""
    x = mix(h1 + shift)
    low = mix(h2 + shift) | U(1)
    return x, np.int64(((x >> U(32)) * U(room)) >> U(32)), low, mix(low + STEP)


@njit(cache=True, nogil=True)
def _by_start(h1: Words, shift: np.uint64, room: int) -> tuple[Places, Places]:
    """Equations in the order of their starting columns, and where each column's begin (counting sort)."""
    begins = np.zeros(room + 1, np.int64)
    for i in range(h1.size):
        begins[np.int64(((mix(h1[i] + shift) >> U(32)) * U(room)) >> U(32)) + 1] += 1
    for column in range(room):
        begins[column + 1] += begins[column]
    order = np.empty(h1.size, np.int64)
    at = begins[:-1].copy()
    for i in range(h1.size):
        start = np.int64(((mix(h1[i] + shift) >> U(32)) * U(room)) >> U(32))
        order[at[start]] = i
        at[start] += 1
    return order, begins


@njit(cache=True)
def _insert(low, high, value, column, lows, highs, values):  # type: ignore[no-untyped-def]
    """Reduce an equation and store it. Its pivot; -1 where it follows from others; -2 where it contradicts them."""
    while True:
        if lows[column] == U(0):
            lows[column], highs[column], values[column] = low, high, value
            return column
        low ^= lows[column]
        high ^= highs[column]
        value ^= values[column]
        if low == U(0):
            if high == U(0):
                return -1 if value == 0 else -2
            zeros = trailing_zeros(high)
            column += 64 + np.int64(zeros)
            low, high = high >> zeros, U(0)
        else:
            zeros = trailing_zeros(low)
            column += np.int64(zeros)
            low = (low >> zeros) | (high << (U(64) - zeros))
            high >>= zeros


@njit(cache=True, nogil=True)
def _fill(h1, h2, wanted, mask, shift, columns, bounds, order, begins):  # type: ignore[no-untyped-def]
    """Eliminate bucket by bucket, each from its right end to its left; bump what a bucket cannot take.

    `wanted` empty: the value is the hash's own fingerprint under `mask`. The values are solved in place.
    """
    room = columns - WIDTH + 1
    lows, highs = np.zeros(columns, np.uint64), np.zeros(columns, np.uint64)
    values = np.zeros(columns, np.uint32)
    bucket = bounds[-1]
    meta = np.zeros((room + bucket - 1) // bucket, np.uint8)
    bumped = np.zeros(h1.size, np.bool_)
    pivots = np.empty(columns, np.int64)
    for index in range(meta.size):
        left = index * bucket
        for level in range(bounds.size - 1, 0, -1):
            first = begins[min(left + bounds[level - 1], room)]
            last = begins[min(left + bounds[level], room)]
            used, done = 0, True
            for place in range(last - 1, first - 1, -1):
                i = order[place]
                x, column, low, high = _equation(h1[i], h2[i], shift, room)
                value = wanted[i] if wanted.size else np.uint32(x & mask)
                pivot = _insert(low, high, value, column, lows, highs, values)
                if pivot == -2:
                    done = False
                    break
                if pivot >= 0:
                    pivots[used] = pivot
                    used += 1
            if not done:
                for pivot in pivots[:used]:
                    lows[pivot] = U(0)
                meta[index] = level
                for place in range(begins[left], last):
                    bumped[order[place]] = True
                break
    return lows, highs, values, meta, bumped


@njit(cache=True, nogil=True)
def _substitute(lows: Words, highs: Words, values: Words, bits: int) -> Words:
    """Solve from the last column to the first; words of 64 columns, bit by bit next to each other."""
    columns = lows.size
    words = np.zeros(columns // 64 * bits, np.uint64)
    for bit in range(bits):
        low, high = U(0), U(0)  # the solution at the 128 columns from here on
        for column in range(columns - 1, -1, -1):
            high = (high << U(1)) | (low >> U(63))
            low <<= U(1)
            if lows[column] != U(0):
                parity = ones((lows[column] & low) ^ (highs[column] & high)) ^ ((U(values[column]) >> U(bit)) & U(1))
                low |= parity & U(1)
            if column % 64 == 0:
                words[column // 64 * bits + bit] = low
    return words


@dataclass(frozen=True)
class Equations:
    """Hashes of the numbers and the values wanted for them; no values: each its own fingerprint."""

    h1: Words
    h2: Words
    wanted: NDArray[np.uint32]

    def keep(self, kept: Flags) -> Equations:
        return Equations(self.h1[kept], self.h2[kept], self.wanted[kept] if self.wanted.size else self.wanted)


def make_stage(index: int, bits: int, h1: Words, h2: Words, wanted: Flags | None) -> Stage:
    """The stage that returns `wanted` (or, where None, its own fingerprint) for every number put in."""
    layers: list[Layer] = []
    equations = Equations(h1, h2, np.empty(0, np.uint32) if wanted is None else wanted.astype(np.uint32))
    while equations.h1.size > SMALL and len(layers) < MAX_LAYERS:
        columns = -(-int(equations.h1.size / LOAD) // 64) * 64
        meta, words, bumped = _solve(equations, step(index, len(layers), 0), columns, bits, BOUNDS)
        layers.append(Layer(0, columns, meta, words))
        equations = equations.keep(bumped)
    layers.append(_last_layer(equations, index, len(layers), bits))
    return Stage(bits, tuple(layers))


def _solve(
    equations: Equations, shift: np.uint64, columns: int, bits: int, bounds: Places
) -> tuple[Bytes, Words, Flags]:
    """Thresholds, solution, and which equations were bumped."""
    order, begins = _by_start(equations.h1, shift, columns - WIDTH + 1)
    mask = U((1 << bits) - 1)
    lows, highs, values, meta, bumped = _fill(
        equations.h1, equations.h2, equations.wanted, mask, shift, columns, bounds, order, begins
    )
    return meta, _substitute(lows, highs, values, bits), bumped


def _last_layer(equations: Equations, index: int, depth: int, bits: int) -> Layer:
    """Grow the system until some seed's solves for all; 8 seeds a size."""
    columns = max(WIDTH, -(-equations.h1.size // 64) * 64)
    while True:
        for seed in range(8):
            whole = np.array([0, columns], np.int64)
            _, words, bumped = _solve(equations, step(index, depth, seed), columns, bits, whole)
            if not bumped.any():
                return Layer(seed, columns, np.empty(0, np.uint8), words)
        columns += 64


@njit(cache=True)
def _load(data, at):  # type: ignore[no-untyped-def]
    """Eight bytes, little-endian, at any place."""
    word = U(0)
    for byte in range(8):
        word |= U(data[at + byte]) << U(8 * byte)
    return word


@njit(cache=True)
def _holds(data, bits, columns, words_at, equation, is_filter):  # type: ignore[no-untyped-def]
    x, start, low, high = equation
    word, shift = start // 64, U(start % 64)
    for bit in range(bits):
        at = words_at + 8 * (word * bits + bit)
        first, second = _load(data, at), _load(data, at + 8 * bits)
        if shift:
            third = _load(data, at + 16 * bits)
            first = (first >> shift) | (second << (U(64) - shift))
            second = (second >> shift) | (third << (U(64) - shift))
        wanted = (x >> U(bit)) & U(1) if is_filter else U(1)
        if ones((first & low) ^ (second & high)) & U(1) != wanted:
            return False
    return True


@njit(cache=True)
def passes(data, table, bounds, shifts, h1, h2, is_filter):  # type: ignore[no-untyped-def]
    """Whether a stage lets a number through. `table`, per layer: bits, columns, meta_at, words_at (in `data`), last."""
    for depth in range(shifts.size):
        bits, columns, meta_at, words_at, last = table[depth]
        equation = _equation(h1, h2, shifts[depth], columns - WIDTH + 1)
        if not last:
            index = equation[1] // bounds[-1]
            level = (data[meta_at + index // 4] >> (2 * (index % 4))) & 3
            if equation[1] % bounds[-1] < bounds[level]:
                continue
        return _holds(data, bits, columns, words_at, equation, is_filter)
    return False


@njit(cache=True, nogil=True)
def passing(data: Bytes, table: Places, bounds: Places, shifts: Words, h1: Words, h2: Words) -> Flags:
    """Which hashed numbers a filter lets through."""
    out = np.empty(h1.size, np.bool_)
    for i in range(h1.size):
        out[i] = passes(data, table, bounds, shifts, h1[i], h2[i], True)
    return out
