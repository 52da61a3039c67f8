"""Key diversification (密钥分散), nation → province → city → card, and what a derived key is first used for.

The rule is the financial IC card's (PBOC 3.0, JR/T 0025): a factor F of 8 bytes turns a 16-byte key into
3DES(K, F) ‖ 3DES(K, ~F), or SM4(K, F ‖ ~F). Parity bits are left as they fall. Levels are applied from the
highest down. Session keys follow LD/T 32 as terminals use it: 3DES gives 8 bytes for single DES, SM4 gives 16.
"""

from __future__ import annotations

from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.cipher import encrypt_blocks

FACTOR = 8


def diversify(algorithm: Algorithm, key: bytes, *factors: bytes) -> bytes:
    """The 16-byte subkey under `factors` of 8 bytes each, highest level first; with none, the key itself."""
    for factor in factors:
        key = encrypt_blocks(algorithm, key, spread(factor))
    return key


def spread(factor: bytes) -> bytes:
    """F ‖ ~F: what is encrypted to derive; two blocks of 3DES, one of SM4."""
    if len(factor) != FACTOR:
        raise ValueError(f"a factor has {FACTOR} bytes, not {len(factor)}")
    return factor + bytes(byte ^ 0xFF for byte in factor)


def session_key(algorithm: Algorithm, key: bytes, random: bytes) -> bytes:
    """The session key (过程密钥) for a random of 8 bytes: 3DES(K, R), 8 bytes; SM4(K, R ‖ ~R), 16 bytes."""
    if algorithm is Algorithm.DES3:
        return encrypt_blocks(algorithm, key, random)
    return encrypt_blocks(algorithm, key, spread(random))


def authentication_cryptogram(algorithm: Algorithm, session: bytes, challenge: bytes) -> bytes:
    """8 bytes that answer a challenge of 8: DES(SK, C); or SM4(SK, C ‖ 00…), its halves XORed."""
    if algorithm is Algorithm.DES3:
        return encrypt_blocks(algorithm, session, challenge)
    return fold(encrypt_blocks(algorithm, session, challenge + bytes(8)))


def fold(data: bytes) -> bytes:
    """The left half XOR the right half."""
    half = len(data) // 2
    return bytes(left ^ right for left, right in zip(data[:half], data[half:], strict=True))


def province_factor(city_code: str) -> bytes:
    """The first level's factor: the province of a six-digit GB/T 2260 code, as text: 445200 → "440000sh"."""
    return f"{_area(city_code)[:2]}0000sh".encode("ascii")


def city_factor(city_code: str) -> bytes:
    """The second level's factor, as text: 445200 → "445200sx"."""
    return f"{_area(city_code)}sx".encode("ascii")


def _area(code: str) -> str:
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        raise ValueError(f"not a six-digit area code: {code!r}")
    return code
