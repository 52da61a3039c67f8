"""Marks over ranks, coded block by block (docs/hotlist-format.md §5): what near-dense ranges are written in.

A block codes the gaps between its marks. A gap of independent places is geometric, and the binary digits of a geometric
number are independent of each other: so its quotient by 2^k goes in unary and its k low bits one by one, each decision
with its own probability, through a binary range coder, and nothing is lost. The probabilities are the block's
*model*, one of a few in the list: batches with different rates take different models, and the list adapts to them.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np
from numba import njit

from samkeeper.hotlist.arrays import Bytes, Places, Words
from samkeeper.hotlist.hashing import U
from samkeeper.hotlist.reader import EMPTY_BLOCK

BLOCK_BITS = 8192  # what a block aims at: 1 KB costs a terminal a few milliseconds, and its index entry 0.3 %
MIN_LOG, MAX_LOG = 10, 24
STEPS = 4  # models an octave of the odds
MAX_LOW_BITS = 24
TOP = U(1 << 24)
MASK32 = U(0xFFFFFFFF)


def log_block(span: int, bits: float) -> int:
    """The block size (log2) at which blocks come out at BLOCK_BITS."""
    wanted = math.log2(BLOCK_BITS * span / max(bits, 1.0))
    return min(MAX_LOG, max(MIN_LOG, round(wanted)))


def model(step: int) -> list[int]:
    """Probabilities of 0 (of 65536) at odds of 2^(-step / STEPS): end of the quotient, then low bits, lowest first."""
    odds = 2.0 ** (-step / STEPS)
    stay = -math.log1p(odds)  # ln of the probability that a place is not marked
    low_bits = min(MAX_LOW_BITS, max(0, round(math.log2(math.log(2) / -stay))))
    stop = -math.expm1(stay * 2.0**low_bits)
    chances = [stop, *(1 / (1 + math.exp(stay * 2.0**bit)) for bit in range(low_bits))]
    return [min(65535, max(1, round(65536 * chance))) for chance in chances]


@njit(cache=True)
def _decide(state, out, at, zero, bit):  # type: ignore[no-untyped-def]
    """One decision of the coder. `state`: low (33 bits), range; a carry runs back into the bytes already out."""
    low, span = state
    bound = (span >> U(16)) * U(zero)
    if bit:
        low += bound
        span -= bound
    else:
        span = bound
    if low > MASK32:
        low &= MASK32
        back = at - 1
        while out[back] == 255:
            out[back] = 0
            back -= 1
        out[back] += 1
    while span < TOP:
        out[at] = low >> U(24)
        at += 1
        low = (low << U(8)) & MASK32
        span <<= U(8)
    return (low, span), at


@njit(cache=True)
def _finish(state, out, begin, at):  # type: ignore[no-untyped-def]
    """Write the shortest tail that lies in the last interval when zeros follow it."""
    low, span = state
    for drop in range(4, -1, -1):
        mask = (U(1) << U(8 * drop)) - U(1)
        value = (low + mask) & ~mask
        if value < low + span:
            break
    if value > MASK32:
        back = at - 1
        while out[back] == 255:
            out[back] = 0
            back -= 1
        out[back] += 1
    for byte in range(4):
        out[at + byte] = (value >> U(24 - 8 * byte)) & U(255)
    at += 4
    while at > begin and out[at - 1] == 0:
        at -= 1
    return at


@njit(cache=True, nogil=True)
def encode_blocks(ranks, firsts, which, models, low_bits, log_size, span):  # type: ignore[no-untyped-def]
    """Code every block. `ranks` ascending, those of block b from firsts[b]; `which`: its row in `models`.

    The bytes of all blocks, and where each begins.
    """
    blocks = which.size
    room = 64 + blocks * 16 + ranks.size * 8
    for block in range(blocks):
        if which[block] != EMPTY_BLOCK:
            room += ((1 << log_size) >> low_bits[which[block]]) // 4
    out = np.zeros(room, np.uint8)
    begins = np.zeros(blocks + 1, np.int64)
    at = 0
    for block in range(blocks):
        begins[block] = at
        if which[block] == EMPTY_BLOCK:
            continue
        chances, low = models[which[block]], low_bits[which[block]]
        base, place = block << log_size, 0
        size = min(1 << log_size, span - base)
        state = (U(0), MASK32)
        for i in range(firsts[block], firsts[block + 1]):
            gap = ranks[i] - base - place
            place += gap + 1
            for _ in range(gap >> low):
                state, at = _decide(state, out, at, chances[0], True)
            state, at = _decide(state, out, at, chances[0], False)
            for bit in range(low - 1, -1, -1):
                state, at = _decide(state, out, at, chances[1 + bit], (gap >> bit) & 1 == 1)
        while place < size:
            state, at = _decide(state, out, at, chances[0], True)
            place += 1 << low
        at = _finish(state, out, begins[block], at)
    begins[blocks] = at
    return out[:at], begins


@njit(cache=True)
def _bit(state, text, at, stop, zero):  # type: ignore[no-untyped-def]
    code, span = state
    bound = (span >> U(16)) * U(zero)
    bit = code >= bound
    if bit:
        code -= bound
        span -= bound
    else:
        span = bound
    while span < TOP:
        code <<= U(8)
        if at < stop:
            code |= U(text[at])
        at += 1
        span <<= U(8)
    return bit, (code, span), at


@njit(cache=True, nogil=True)
def decode_blocks(text, wanted, begins, which, models, low_bits, log_size, span, bitmap):  # type: ignore[no-untyped-def]
    """Set the bits of `bitmap` for the marks of the `wanted` blocks."""
    for block in wanted:
        if which[block] == EMPTY_BLOCK:
            continue
        chances, low = models[which[block]], low_bits[which[block]]
        base, place = block << log_size, 0
        size = min(1 << log_size, span - base)
        at, stop = begins[block], begins[block + 1]
        code = U(0)
        for _ in range(4):
            code = (code << U(8)) | (U(text[at]) if at < stop else U(0))
            at += 1
        state = (code, MASK32)
        while place < size:
            bit, state, at = _bit(state, text, at, stop, chances[0])
            if bit:
                place += 1 << low
                continue
            for digit in range(low - 1, -1, -1):
                bit, state, at = _bit(state, text, at, stop, chances[1 + digit])
                if bit:
                    place += 1 << digit
            if place >= size:
                break
            bitmap[(base + place) >> 3] |= 1 << ((base + place) & 7)
            place += 1


@dataclass(frozen=True)
class Coded:
    """A coded section, ready to be decoded: models as rows, padded; `begins` are places in the text."""

    models: Places
    low_bits: Places
    which: Bytes
    begins: Places
    log_size: int
    span: int

    def decode(self, text: Bytes, wanted: Places, bitmap: Bytes) -> None:
        decode_blocks(
            text, wanted, self.begins, self.which, self.models, self.low_bits, self.log_size, self.span, bitmap
        )


def rows(models: list[tuple[int, ...]]) -> tuple[Places, Places]:
    """Models as a table (padded with 0) and their low bits."""
    table = np.zeros((len(models), 2 + MAX_LOW_BITS), np.int64)
    for row, chances in enumerate(models):
        table[row, : len(chances)] = chances
    return table, np.array([len(chances) - 1 for chances in models], np.int64)


def encode(ranks: Places, span: int, bits: float) -> bytes:
    """The section for the ascending marked `ranks` among `span` places; `bits` is the size to expect."""
    log_size = log_block(span, bits)
    blocks = -(-span >> log_size)
    firsts = np.searchsorted(ranks, np.arange(blocks + 1, dtype=np.int64) << log_size)
    counts = np.diff(firsts)
    sizes = np.full(blocks, 1 << log_size)
    sizes[-1] = span - (blocks - 1 << log_size)
    steps = np.rint(STEPS * np.log2((sizes - counts + 0.5) / (counts + 0.5))).astype(np.int64)
    used, which = np.unique(steps[counts > 0], return_inverse=True)
    chosen = np.full(blocks, EMPTY_BLOCK, np.uint8)
    chosen[counts > 0] = which
    models = [tuple(model(int(step))) for step in used]
    text, begins = encode_blocks(ranks, firsts, chosen, *rows(models), log_size, span)
    head = [struct.pack("<BB", log_size, len(models))]
    head += [struct.pack(f"<B{len(chances)}H", len(chances) - 1, *chances) for chances in models]
    return b"".join([*head, chosen.tobytes(), varints(np.diff(begins)), text.tobytes()])


def varints(values: Places | Words) -> bytes:
    """LEB128 of each value (`reader.Cursor.varint`)."""
    return b"".join(varint(int(value)) for value in values)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
