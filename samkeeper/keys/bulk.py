"""Many cards at once: subkeys by one batched block call, MACs row by row, on (n, length) arrays of bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from samkeeper.errors import BadInput
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.mac import short_mac
from samkeeper.keys.protocol import Bytes2D, Yes
from samkeeper.keys.purchase import tac_over

Blocks = Callable[[bytes], bytes]  # ECB under a key that the caller keeps


def derive(encrypt: Blocks, factors: Bytes2D) -> Bytes2D:
    """Subkeys (n, 16) of the key behind `encrypt`, one a factor (n, 8)."""
    spread = np.concatenate([factors, ~factors], axis=1)
    return as_rows(encrypt(spread.tobytes()), 16)


def wrap(encrypt: Blocks, algorithm: Algorithm, keys: Bytes2D, header: bytes) -> Bytes2D:
    """length ‖ header ‖ key, padded to whole blocks and encrypted, a row each."""
    body = len(header) + keys.shape[1]
    width = -(-(1 + body) // algorithm.block) * algorithm.block
    rows = np.zeros((len(keys), width), np.uint8)
    rows[:, 0] = body
    rows[:, 1 : 1 + len(header)] = np.frombuffer(header, np.uint8)
    rows[:, 1 + len(header) : 1 + body] = keys
    if width > 1 + body:
        rows[:, 1 + body] = 0x80
    return as_rows(encrypt(rows.tobytes()), width)


def check_macs(algorithm: Algorithm, keys: Bytes2D, data: Bytes2D, macs: Bytes2D) -> Yes:
    """Whether each row's 4-byte MAC, zero IV, is that of its key."""
    return _compare(short_mac, algorithm, keys, data, macs)


def check_tacs(algorithm: Algorithm, keys: Bytes2D, data: Bytes2D, tacs: Bytes2D) -> Yes:
    """Whether each row's TAC is that of its key."""
    return _compare(tac_over, algorithm, keys, data, tacs)


def as_rows(data: bytes, width: int) -> Bytes2D:
    return np.frombuffer(data, np.uint8).reshape(-1, width)


def checked(rows: Bytes2D, width: int | None, count: int | None = None) -> Bytes2D:
    """An array of bytes of the expected shape, in one piece; BadInput for any other."""
    fits = rows.ndim == 2 and rows.dtype == np.uint8
    if not fits or width not in (None, rows.shape[1]) or count not in (None, len(rows)):
        raise BadInput(f"数组形状 {rows.shape} 与要求不符", remedy="每行一笔，字节数组，各数组行数相同")
    return np.ascontiguousarray(rows)


def _compare(
    code: Callable[[Algorithm, bytes, bytes], bytes], algorithm: Algorithm, keys: Bytes2D, data: Bytes2D, given: Bytes2D
) -> Yes:
    rows = (code(algorithm, key.tobytes(), message.tobytes()) for key, message in zip(keys, data, strict=True))
    expected = as_rows(b"".join(rows), 4)
    return np.asarray((expected == given).all(axis=1))
