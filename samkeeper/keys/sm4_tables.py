"""SM4's tables (GB/T 32907), laid out for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FAMILY = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)  # FK
REDUCTION = 0x1F5  # x⁸+x⁷+x⁶+x⁵+x⁴+x²+1
CIRCULANT, OFFSET = 0xA7, 0xD3


def substitution() -> NDArray[np.uint8]:
    """The S-box by its structure: affine, inverse in GF(2⁸), the same affine again."""
    inverse = {0: 0} | {a: next(b for b in range(1, 256) if _times(a, b) == 1) for a in range(1, 256)}
    return np.array([_affine(inverse[_affine(x)]) for x in range(256)], np.uint8)


def mix_table(turns: tuple[int, ...]) -> NDArray[np.uint32]:
    """(4, 256): the S-box on each byte of a word, then the XOR of the word's left rotations by `turns`."""
    box = substitution().astype(np.uint32)
    words = [box << np.uint32(shift) for shift in (24, 16, 8, 0)]
    return np.array([np.bitwise_xor.reduce([_rotated(word, turn) for turn in turns]) for word in words], np.uint32)


def constants() -> NDArray[np.uint32]:
    """FK's four words, then CK's 32: the bytes of CK count up by 7 modulo 256."""
    fixed = [int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), "big") for i in range(32)]
    return np.array([*FAMILY, *fixed], np.uint32)


def _rotated(words: NDArray[np.uint32], turn: int) -> NDArray[np.uint32]:
    if turn == 0:
        return words
    return (words << np.uint32(turn)) | (words >> np.uint32(32 - turn))


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = a << 1, b >> 1
        a ^= REDUCTION if a & 0x100 else 0
    return product


def _affine(x: int) -> int:
    """Bit i of the result: the parity of x under the circulant turned left by i, plus the offset's bit."""
    rows = (CIRCULANT << i | CIRCULANT >> 8 - i for i in range(8))
    return OFFSET ^ sum(((row & x & 0xFF).bit_count() & 1) << i for i, row in enumerate(rows))
