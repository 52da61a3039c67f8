"""Key check values (校验值): enough to compare two copies of a key, too little to learn it."""

from __future__ import annotations

from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.cipher import encrypt_blocks


def check_value(algorithm: Algorithm, key: bytes, length: int = 3) -> bytes:
    """The leftmost `length` bytes of one zero block encrypted under the key; 3 by custom."""
    return encrypt_blocks(algorithm, key, bytes(algorithm.block))[:length]
