"""MACs of many rows, each under its own key: SM4 CBC-MAC and DES-CBC compiled by numba (docs/adr/0010).

A library call a row spends its time on setting the cipher up. These kernels only confirm codes in bulk; keys are made,
derived and wrapped by OpenSSL alone. Table look-ups take time that depends on the data, so they belong in the back
office, never where an outsider can time them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from samkeeper.keys.des_tables import key_table, round_table
from samkeeper.keys.sm4_tables import constants, mix_table

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Longs = NDArray[np.uint64]
ROUNDS = 32


@cache
def sm4_tables() -> tuple[Words, Words, Words]:
    """For the kernels: T of a round, T' of the key schedule, and the constants FK ‖ CK."""
    return mix_table((0, 2, 10, 18, 24)), mix_table((0, 13, 23)), constants()


@cache
def des_tables() -> tuple[Longs, Words]:
    """For the kernels: round keys by key byte, and S-boxes after P."""
    return key_table(), round_table()


@njit(cache=True, nogil=True)
def _mix(table: Words, x: np.uint32) -> np.uint32:
    return np.uint32(
        table[0, x >> np.uint32(24)]
        ^ table[1, (x >> np.uint32(16)) & np.uint32(255)]
        ^ table[2, (x >> np.uint32(8)) & np.uint32(255)]
        ^ table[3, x & np.uint32(255)]
    )


@njit(cache=True, nogil=True)
def sm4_macs(keys: Words, messages: Words, round_mix: Words, key_mix: Words, fixed: Words) -> Words:
    """The first word of each row's CBC-MAC, zero IV (GB/T 32907 under ISO 9797-1 algorithm 1).

    `keys` (n, 4) and `messages` (n, 4·blocks), already padded, as native words of big-endian bytes.
    """
    count, width = messages.shape
    schedule = np.empty(ROUNDS, np.uint32)
    out = np.empty(count, np.uint32)
    for row in range(count):
        a, b = keys[row, 0] ^ fixed[0], keys[row, 1] ^ fixed[1]
        c, d = keys[row, 2] ^ fixed[2], keys[row, 3] ^ fixed[3]
        for i in range(ROUNDS):
            a, b, c, d = b, c, d, a ^ _mix(key_mix, b ^ c ^ d ^ fixed[4 + i])
            schedule[i] = d
        a = b = c = d = np.uint32(0)
        for start in range(0, width, 4):
            a, b = a ^ messages[row, start], b ^ messages[row, start + 1]
            c, d = c ^ messages[row, start + 2], d ^ messages[row, start + 3]
            for i in range(ROUNDS):
                a, b, c, d = b, c, d, a ^ _mix(round_mix, b ^ c ^ d ^ schedule[i])
            a, b, c, d = d, c, b, a
        out[row] = a
    return out


@njit(cache=True, nogil=True)
def _swap(a: np.uint32, b: np.uint32, shift: np.uint32, mask: np.uint32) -> tuple[np.uint32, np.uint32]:
    """Trade the bits of `a` under mask·2^shift for those of `b` under the mask."""
    t = ((a >> shift) ^ b) & mask
    return a ^ (t << shift), b ^ t


@njit(cache=True, nogil=True)
def _enter(left: np.uint32, right: np.uint32) -> tuple[np.uint32, np.uint32]:
    """DES's initial permutation as five trades of bits."""
    left, right = _swap(left, right, np.uint32(4), np.uint32(0x0F0F0F0F))
    left, right = _swap(left, right, np.uint32(16), np.uint32(0x0000FFFF))
    right, left = _swap(right, left, np.uint32(2), np.uint32(0x33333333))
    right, left = _swap(right, left, np.uint32(8), np.uint32(0x00FF00FF))
    return _swap(left, right, np.uint32(1), np.uint32(0x55555555))


@njit(cache=True, nogil=True)
def _leave(left: np.uint32, right: np.uint32) -> np.uint32:
    """The left word after DES's final permutation: the same trades, last first."""
    left, right = _swap(left, right, np.uint32(1), np.uint32(0x55555555))
    right, left = _swap(right, left, np.uint32(8), np.uint32(0x00FF00FF))
    right, left = _swap(right, left, np.uint32(2), np.uint32(0x33333333))
    left, right = _swap(left, right, np.uint32(16), np.uint32(0x0000FFFF))
    return _swap(left, right, np.uint32(4), np.uint32(0x0F0F0F0F))[0]


@njit(cache=True, nogil=True)
def _schedule(key: Bytes, table: Longs, out: Longs) -> None:
    """The 16 round keys: they are linear in the key's bits, so each byte adds its own."""
    for i in range(16):
        out[i] = table[0, key[0], i]
    for byte in range(1, 8):
        for i in range(16):
            out[i] ^= table[byte, key[byte], i]


@njit(cache=True, nogil=True)
def _rounds(left: np.uint32, right: np.uint32, schedule: Longs, boxes: Words) -> tuple[np.uint32, np.uint32]:
    """Sixteen rounds between the permutations; the halves come out swapped, ready to chain."""
    for i in range(16):
        even = np.uint32((right >> np.uint32(1)) | (right << np.uint32(31)))  # numba shifts in 64 bits
        odd = np.uint32((right << np.uint32(3)) | (right >> np.uint32(29)))
        x = ((np.uint64(even) << np.uint64(32)) | np.uint64(odd)) ^ schedule[i]
        left, right = (
            right,
            left
            ^ boxes[0, x >> np.uint64(58)]
            ^ boxes[1, (x >> np.uint64(26)) & np.uint64(63)]
            ^ boxes[2, (x >> np.uint64(50)) & np.uint64(63)]
            ^ boxes[3, (x >> np.uint64(18)) & np.uint64(63)]
            ^ boxes[4, (x >> np.uint64(42)) & np.uint64(63)]
            ^ boxes[5, (x >> np.uint64(10)) & np.uint64(63)]
            ^ boxes[6, (x >> np.uint64(34)) & np.uint64(63)]
            ^ boxes[7, (x >> np.uint64(2)) & np.uint64(63)],
        )
    return right, left


@njit(cache=True, nogil=True)
def des_macs(keys: Bytes, messages: Words, table: Longs, boxes: Words) -> Words:
    """The first word of each row's MAC, zero IV (ISO 9797-1): algorithm 1 for keys (n, 8), 3 for keys (n, 16).

    `messages` (n, 2·blocks), already padded, as native words of big-endian bytes.
    """
    count, width = messages.shape
    triple = keys.shape[1] == 16
    schedule, second = np.empty(16, np.uint64), np.empty(16, np.uint64)
    out = np.empty(count, np.uint32)
    for row in range(count):
        _schedule(keys[row, :8], table, schedule)
        left = right = np.uint32(0)
        for start in range(0, width, 2):
            a, b = _enter(messages[row, start], messages[row, start + 1])
            left, right = _rounds(left ^ a, right ^ b, schedule, boxes)
        if triple:
            _schedule(keys[row, 8:], table, second)
            left, right = _rounds(left, right, second[::-1], boxes)
            left, right = _rounds(left, right, schedule, boxes)
        out[row] = _leave(left, right)
    return out
