"""The hashes of the format, with nothing but the standard library: SM3 for digests, SipHash for the pool."""

from __future__ import annotations

import hashlib
import struct

M64 = (1 << 64) - 1
SIP_KEY = 0x7265_7065_656B_6D73  # "smkeeper", little-endian
GOLDEN = 0x9E37_79B9_7F4A_7C15


def digest(data: bytes) -> bytes:
    """SM3 of `data`. A Python whose OpenSSL lacks it does it in plain Python: a second for a city's list."""
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:
        return sm3(data)


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


def _rotate(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & M64


def _sip_rounds(v: list[int], rounds: int) -> None:
    v0, v1, v2, v3 = v
    for _ in range(rounds):
        v0, v2 = (v0 + v1) & M64, (v2 + v3) & M64
        v1, v3 = _rotate(v1, 13) ^ v0, _rotate(v3, 16) ^ v2
        v0, v2 = (_rotate(v0, 32) + v3) & M64, (v2 + v1) & M64
        v1, v3 = _rotate(v1, 17) ^ v2, _rotate(v3, 21) ^ v0
        v2 = _rotate(v2, 32)
    v[:] = v0, v1, v2, v3


def siphash(data: bytes, k0: int = 0, k1: int = SIP_KEY) -> tuple[int, int]:
    """SipHash-2-4 with 128 bits of output, as two words."""
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        _sip_rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xEE
    _sip_rounds(v, 4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    _sip_rounds(v, 4)
    return first, v[0] ^ v[1] ^ v[2] ^ v[3]


def mix(word: int) -> int:
    """A bijection of 64-bit words that leaves no pattern (the finalizer of SplitMix64)."""
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & M64
    word = (word ^ word >> 27) * 0x94D049BB133111EB & M64
    return word ^ word >> 31
