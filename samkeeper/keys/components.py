"""Key components (密钥分量): a key brought by several people, none of whom knows it; and keys that are none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from samkeeper.errors import BadInput
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.secret import Secret

KEY_BYTES = 16


def join_components(algorithm: Algorithm, components: Sequence[Secret]) -> Secret:
    """The XOR of at least two components of 16 bytes each; none of them says anything of the key."""
    if len(components) < 2 or any(len(component) != KEY_BYTES for component in components):
        raise BadInput(f"{algorithm} 密钥须由至少两个分量合成，每个分量{KEY_BYTES}字节", remedy="请检查各分量的长度")
    total = np.zeros(KEY_BYTES, np.uint8)
    for component in components:
        total ^= np.frombuffer(component.reveal(), np.uint8)
    return Secret(total.tobytes())


def weak(algorithm: Algorithm, key: bytes) -> bool:
    """All bytes equal, or a 3DES key whose halves make it single DES."""
    return len(set(key)) == 1 or (algorithm is Algorithm.DES3 and _bare(key[:8]) == _bare(key[8:]))


def _bare(half: bytes) -> bytes:
    """A DES key without its parity bits."""
    return bytes(byte & 0xFE for byte in half)
