"""Message authentication codes, always with ISO 9797-1 padding method 2."""

from __future__ import annotations

import hmac

from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.cipher import decrypt_blocks, encrypt_blocks, encrypt_chain, pad

SHORT = 4


def des_cbc_mac(key: bytes, data: bytes, iv: bytes = bytes(8)) -> bytes:
    """ISO 9797-1 algorithm 1 with DES, 8 bytes (PBOC: MAC under a session key)."""
    return encrypt_chain(Algorithm.DES3, key, iv, pad(data, 8))[-8:]


def retail_mac(key: bytes, data: bytes, iv: bytes = bytes(8)) -> bytes:
    """ISO 9797-1 algorithm 3 with DES and a 16-byte key, 8 bytes (ANSI X9.19)."""
    left, right = key[:8], key[8:]
    last = des_cbc_mac(left, data, iv)
    return encrypt_blocks(Algorithm.DES3, left, decrypt_blocks(Algorithm.DES3, right, last))


def sm4_cbc_mac(key: bytes, data: bytes, iv: bytes = bytes(16)) -> bytes:
    """CBC-MAC with SM4, 16 bytes. A shorter IV (a card's random) is filled with zeros on the right."""
    return encrypt_chain(Algorithm.SM4, key, iv.ljust(16, b"\x00"), pad(data, 16))[-16:]


def mac(algorithm: Algorithm, key: bytes, data: bytes, iv: bytes = b"") -> bytes:
    """The MAC that goes with a key: DES-CBC for 8 bytes, algorithm 3 for 16, SM4 CBC-MAC; one whole block.

    `iv` shorter than a block (4 or 8 bytes of card random) is filled with zeros on the right.
    """
    if algorithm is Algorithm.SM4:
        return sm4_cbc_mac(key, data, iv)
    if algorithm is not Algorithm.DES3:
        raise ValueError(f"no card computes a MAC with {algorithm}")
    whole = iv.ljust(8, b"\x00")
    return des_cbc_mac(key, data, whole) if len(key) == 8 else retail_mac(key, data, whole)


def short_mac(algorithm: Algorithm, key: bytes, data: bytes, iv: bytes = b"") -> bytes:
    """The left four bytes of `mac`: what travels with a command."""
    return mac(algorithm, key, data, iv)[:SHORT]


def same(left: bytes, right: bytes) -> bool:
    """Compare two codes in constant time."""
    return hmac.compare_digest(left, right)
