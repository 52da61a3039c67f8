"""Compiled counterparts of the plain hashes, over many numbers at once.

A number is a run of bytes `text[start:stop]`; its hash is SipHash-2-4 with 128 bits of output, as `hashes.siphash`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from samkeeper.hotlist.arrays import Bytes, Places, Words
from samkeeper.hotlist.hashes import GOLDEN, SIP_KEY

U = np.uint64
STEP = U(GOLDEN)
KEY0, KEY1 = U(0), U(SIP_KEY)


def _trailing_zeros(typing, word):  # type: ignore[no-untyped-def]
    """Count of zero bits below the lowest one (64 for 0): one machine instruction."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


def _ones(typing, word):  # type: ignore[no-untyped-def]
    """Count of one bits."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


trailing_zeros: Any = intrinsic(_trailing_zeros)
ones: Any = intrinsic(_ones)


@njit(cache=True, inline="always")
def mix(word):  # type: ignore[no-untyped-def]
    """`hashes.mix`."""
    word = (word ^ (word >> U(30))) * U(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> U(27))) * U(0x94D049BB133111EB)
    return word ^ (word >> U(31))


@njit(cache=True)
def _rounds(v0, v1, v2, v3, count):  # type: ignore[no-untyped-def]
    for _ in range(count):
        v0, v2 = v0 + v1, v2 + v3
        v1 = ((v1 << U(13)) | (v1 >> U(51))) ^ v0
        v3 = ((v3 << U(16)) | (v3 >> U(48))) ^ v2
        v0 = ((v0 << U(32)) | (v0 >> U(32))) + v3
        v2 = v2 + v1
        v1 = ((v1 << U(17)) | (v1 >> U(47))) ^ v2
        v3 = ((v3 << U(21)) | (v3 >> U(43))) ^ v0
        v2 = (v2 << U(32)) | (v2 >> U(32))
    return v0, v1, v2, v3


@njit(cache=True)
def siphash(text, start, stop):  # type: ignore[no-untyped-def]
    """`hashes.siphash` of text[start:stop]."""
    v0, v1 = KEY0 ^ U(0x736F6D6570736575), KEY1 ^ U(0x646F72616E646F6D ^ 0xEE)
    v2, v3 = KEY0 ^ U(0x6C7967656E657261), KEY1 ^ U(0x7465646279746573)
    size = stop - start
    for chunk in range(size // 8 + 1):
        at = start + 8 * chunk
        word = U(0)
        if chunk < size // 8:
            for byte in range(8):
                word |= U(text[at + byte]) << U(8 * byte)
        else:
            word = U(size & 255) << U(56)
            for byte in range(size % 8):
                word |= U(text[at + byte]) << U(8 * byte)
        v3 ^= word
        v0, v1, v2, v3 = _rounds(v0, v1, v2, v3, 2)
        v0 ^= word
    v0, v1, v2, v3 = _rounds(v0, v1, v2 ^ U(0xEE), v3, 4)
    first = v0 ^ v1 ^ v2 ^ v3
    v0, v1, v2, v3 = _rounds(v0, v1 ^ U(0xDD), v2, v3, 4)
    return first, v0 ^ v1 ^ v2 ^ v3


@njit(cache=True, nogil=True)
def hash_numbers(text: Bytes, starts: Places, stops: Places) -> tuple[Words, Words]:
    """Both words of every number's hash."""
    count = starts.size
    first, second = np.empty(count, np.uint64), np.empty(count, np.uint64)
    for i in range(count):
        first[i], second[i] = siphash(text, starts[i], stops[i])
    return first, second


@njit(cache=True, nogil=True)
def digits(values: Places, prefix: Bytes, width: int, suffix: Bytes) -> Bytes:
    """Rows of equal length: prefix ‖ value, zero-padded to `width` digits ‖ room for the suffix."""
    head = prefix.size
    text = np.empty((values.size, head + width + suffix.size), np.uint8)
    for i in range(values.size):
        text[i, :head] = prefix
        rest = values[i]
        for place in range(head + width - 1, head - 1, -1):
            text[i, place] = 48 + rest % 10
            rest //= 10
    return text
