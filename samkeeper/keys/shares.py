"""Shares of a key, any M of N of which bring it back, while M − 1 say nothing of it (Shamir, over GF(2⁸)).

Each byte of the key is the constant term of a polynomial of degree M − 1 with random coefficients; share number x holds
the polynomials' values at x. The field is GF(2) over x⁸+x⁴+x³+x+1.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from samkeeper.errors import BadInput
from samkeeper.keys.secret import Secret

REDUCTION = 0x11B
MOST = 15


@dataclass(frozen=True, slots=True)
class Share:
    """One holder's share: its number, 1 to 15, and as many bytes as the key has."""

    number: int
    value: Secret


def split(key: Secret, *, threshold: int, count: int) -> tuple[Share, ...]:
    """`count` shares of which any `threshold` bring the key back; at least two, at most fifteen."""
    if not 2 <= threshold <= count <= MOST:
        raise BadInput(f"不能把密钥分为{count}份而由{threshold}份恢复", remedy=f"2 ≤ 恢复份数 ≤ 总份数 ≤ {MOST}")
    lines = [bytes([byte]) + secrets.token_bytes(threshold - 1) for byte in key.reveal()]
    return tuple(Share(number, Secret(bytes(_at(line, number) for line in lines))) for number in range(1, count + 1))


def join(shares: Sequence[Share]) -> Secret:
    """The key again. Too few shares, or a false one, give another key: only its check value tells."""
    numbers = [share.number for share in shares]
    if len(shares) < 2 or len(set(numbers)) < len(shares) or not all(1 <= number <= MOST for number in numbers):
        raise BadInput("密钥份额不足两份，或编号重复、超出范围", remedy="请核对各份额的编号")
    if len({len(share.value) for share in shares}) > 1:
        raise BadInput("各密钥份额的长度不一", remedy="请核对各份额")
    weights = [_weight(number, numbers) for number in numbers]
    columns = zip(*(share.value.reveal() for share in shares), strict=True)
    return Secret(bytes(_dot(weights, column) for column in columns))


def _at(coefficients: bytes, x: int) -> int:
    """A polynomial's value, lowest coefficient first (Horner)."""
    return reduce(lambda total, coefficient: _times(total, x) ^ coefficient, reversed(coefficients), 0)


def _weight(number: int, numbers: Sequence[int]) -> int:
    """Lagrange's weight of one share at zero: the product of x / (x − number) over the others."""
    others = [other for other in numbers if other != number]
    above = reduce(_times, others, 1)
    below = reduce(_times, (other ^ number for other in others), 1)
    return _times(above, _inverse(below))


def _dot(weights: Sequence[int], values: Sequence[int]) -> int:
    return reduce(lambda total, pair: total ^ _times(*pair), zip(weights, values, strict=True), 0)


def _inverse(a: int) -> int:
    """a²⁵⁴: the group of the field has 255 members."""
    return reduce(_times, [a] * 254)


def _times(a: int, b: int) -> int:
    """Without branches on the bits, which belong to a key."""
    product = 0
    for shift in range(8):
        product ^= (a << shift) * (b >> shift & 1)
    for bit in range(14, 7, -1):
        product ^= (REDUCTION << bit - 8) * (product >> bit & 1)
    return product
