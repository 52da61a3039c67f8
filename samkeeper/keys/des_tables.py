"""DES's tables (FIPS 46-3), laid out for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A box's four rows of sixteen, as printed.
BOXES = (
    "e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d",
    "f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9",
    "a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c",
    "7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e",
    "2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453",
    "c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d",
    "4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c",
    "d2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b",
)
P = (
    16,
    7,
    20,
    21,
    29,
    12,
    28,
    17,
    1,
    15,
    23,
    26,
    5,
    18,
    31,
    10,
    2,
    8,
    24,
    14,
    32,
    27,
    3,
    9,
    19,
    13,
    30,
    6,
    22,
    11,
    4,
    25,
)
PC1_LEFT = (57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36)
PC1_RIGHT = (63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4)
PC2 = (
    *(14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2),
    *(41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32),
)
TURNS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
# Where the kernel looks for a box's six bits in its 64-bit word: even boxes in the upper half, odd ones in the lower.
PLACES = (58, 26, 50, 18, 42, 10, 34, 2)


def round_table() -> NDArray[np.uint32]:
    """(8, 64): each box's four bits for its six, already where P puts them."""
    return np.array([[_output(box, six) for six in range(64)] for box in range(8)], np.uint32)


def key_table() -> NDArray[np.uint64]:
    """(8, 256, 16): what each value of each key byte adds (XOR) to the sixteen round keys."""
    table = np.zeros((8, 256, 16), np.uint64)
    for byte in range(8):
        bits = np.array([_bit_rounds(8 * byte + bit) for bit in range(1, 9)], np.uint64)
        for value in range(256):
            chosen = [bits[bit] for bit in range(8) if value & 0x80 >> bit]
            table[byte, value] = np.bitwise_xor.reduce(chosen) if chosen else 0
    return table


def _output(box: int, six: int) -> int:
    row, column = (six >> 4 & 2) | (six & 1), six >> 1 & 15
    four = int(BOXES[box].split()[row][column], 16)
    return sum(1 << 31 - place for place, source in enumerate(P) if _from_box(source, box, four))


def _from_box(source: int, box: int, four: int) -> bool:
    """Whether bit `source` (1 to 32) before P is a set bit of this box's output."""
    owner, bit = divmod(source - 1, 4)
    return owner == box and bool(four & 8 >> bit)


def _bit_rounds(bit: int) -> list[int]:
    """The sixteen round keys of a key in which only `bit` (1 to 64) is set."""
    left, right = list(PC1_LEFT), list(PC1_RIGHT)
    rounds = []
    for turn in TURNS:
        left, right = left[turn:] + left[:turn], right[turn:] + right[:turn]
        both = left + right
        chosen = [both[place - 1] == bit for place in PC2]
        rounds.append(sum(_six(chosen[6 * box : 6 * box + 6]) << PLACES[box] for box in range(8)))
    return rounds


def _six(bits: list[bool]) -> int:
    return sum(1 << 5 - place for place, bit in enumerate(bits) if bit)
