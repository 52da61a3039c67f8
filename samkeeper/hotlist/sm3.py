"""SM3 in plain Python (GB/T 32905-2016), for terminals whose OpenSSL has none."""

from __future__ import annotations

import struct


def _turn(word: int, by: int) -> int:
    by %= 32
    return (word << by | word >> (32 - by)) & 0xFFFFFFFF


def _compress(state: list[int], block: bytes) -> list[int]:
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _turn(w[j - 3], 15)
        w.append(x ^ _turn(x, 15) ^ _turn(x, 23) ^ _turn(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        early = j < 16
        s1 = _turn((_turn(a, 12) + e + _turn(0x79CC4519 if early else 0x7A879D8A, j)) & 0xFFFFFFFF, 7)
        ff = a ^ b ^ c if early else a & b | a & c | b & c
        gg = e ^ f ^ g if early else e & f | ~e & g
        t1 = (ff + d + (s1 ^ _turn(a, 12)) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
        t2 = (gg + h + s1 + w[j]) & 0xFFFFFFFF
        a, b, c, d, e, f, g, h = t1, a, _turn(b, 9), c, t2 ^ _turn(t2, 9) ^ _turn(t2, 17), e, _turn(f, 19), g
    return [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def sm3(data: bytes) -> bytes:
    """SM3 in plain Python (GB/T 32905-2016 clauses 4 and 5)."""
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack(">Q", 8 * len(data))
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    for at in range(0, len(padded), 64):
        state = _compress(state, padded[at : at + 64])
    return struct.pack(">8I", *state)
