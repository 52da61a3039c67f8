"""Many cards at once: subkeys by one batched block call, MACs by compiled kernels, on (n, length) arrays of bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from samkeeper.errors import BadInput, Fault
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.mac import short_mac
from samkeeper.keys.protocol import Bytes2D, Yes

Blocks = Callable[[bytes], bytes]  # ECB under a key that the caller keeps


def derive(encrypt: Blocks, factors: Bytes2D) -> Bytes2D:
    """Subkeys (n, 16) of the key behind `encrypt`, one a factor (n, 8)."""
    spread = np.empty((len(factors), 16), np.uint8)
    spread[:, :8] = factors
    np.invert(factors, out=spread[:, 8:])
    return as_rows(encrypt(spread.tobytes()), 16)


def wrap(encrypt: Blocks, block: int, keys: Bytes2D, header: bytes) -> Bytes2D:
    """length ‖ header ‖ key, padded to whole blocks where it is not, and encrypted: a row each (PBOC 3.0)."""
    body = len(header) + keys.shape[1]
    width = -(-(1 + body) // block) * block
    rows = np.zeros((len(keys), width), np.uint8)
    rows[:, 0] = body
    rows[:, 1 : 1 + len(header)] = np.frombuffer(header, np.uint8)
    rows[:, 1 + len(header) : 1 + body] = keys
    if width > 1 + body:
        rows[:, 1 + body] = 0x80
    return as_rows(encrypt(rows.tobytes()), width)


def check_macs(algorithm: Algorithm, keys: Bytes2D, data: Bytes2D, macs: Bytes2D) -> Yes:
    """Whether each row's 4-byte MAC, zero IV, is that of its key (n, 16): `mac.short_mac` for many."""
    return np.asarray(short_macs(algorithm, keys, data) == _words(macs)[:, 0])


def check_tacs(algorithm: Algorithm, keys: Bytes2D, data: Bytes2D, tacs: Bytes2D) -> Yes:
    """Whether each row's TAC is that of its key (n, 16): `purchase.tac_over` for many."""
    if algorithm is Algorithm.DES3:
        keys = keys[:, :8] ^ keys[:, 8:]
    return check_macs(algorithm, keys, data, tacs)


def short_macs(algorithm: Algorithm, keys: Bytes2D, data: Bytes2D) -> NDArray[np.uint32]:
    """Each row's MAC under its own key, left four bytes as one number."""
    return _proven(algorithm)(keys, _words(_padded(data, algorithm.block)))


Kernel = Callable[[Bytes2D, NDArray[np.uint32]], NDArray[np.uint32]]


@cache
def _proven(algorithm: Algorithm) -> Kernel:
    """The compiled kernel, once it has agreed with OpenSSL on this machine: its yes or no accuses people."""
    kernel = _kernel(algorithm)
    source = np.random.default_rng(0x5A4B)
    keys, data = (source.integers(0, 256, (64, width), np.uint8) for width in (16, 22))
    expected = [short_mac(algorithm, key.tobytes(), row.tobytes()) for key, row in zip(keys, data, strict=True)]
    found = kernel(keys, _words(_padded(data, algorithm.block)))
    if found.astype(">u4").tobytes() != b"".join(expected):
        raise Fault("批量验证程序与密码库的结果不一致，没有验证任何交易。请更换机器。")
    return kernel


def _kernel(algorithm: Algorithm) -> Kernel:
    from samkeeper.keys import kernels  # noqa: PLC0415  # numba takes its time to load and few commands need it

    if algorithm is Algorithm.SM4:
        return lambda keys, messages: kernels.sm4_macs(_words(keys), messages, *kernels.sm4_tables())
    if algorithm is Algorithm.DES3:
        return lambda keys, messages: kernels.des_macs(np.ascontiguousarray(keys), messages, *kernels.des_tables())
    raise ValueError(f"no card computes a MAC with {algorithm}")


def as_rows(data: bytes, width: int) -> Bytes2D:
    return np.frombuffer(data, np.uint8).reshape(-1, width)


def checked(rows: Bytes2D, width: int | None, count: int | None = None) -> Bytes2D:
    """An array of bytes of the expected shape, in one piece; BadInput for any other."""
    fits = rows.ndim == 2 and rows.dtype == np.uint8
    if not fits or width not in (None, rows.shape[1]) or count not in (None, len(rows)):
        raise BadInput(f"数组形状 {rows.shape} 与要求不符", remedy="每行一笔，字节数组，各数组行数相同")
    return np.ascontiguousarray(rows)


def _padded(data: Bytes2D, block: int) -> Bytes2D:
    """ISO 9797-1 padding method 2 for every row."""
    count, size = data.shape
    rows = np.zeros((count, size + 1 + -(size + 1) % block), np.uint8)
    rows[:, :size] = data
    rows[:, size] = 0x80
    return rows


def _words(rows: Bytes2D) -> NDArray[np.uint32]:
    """Bytes as big-endian words, in the machine's own order."""
    return np.ascontiguousarray(rows).view(">u4").astype(np.uint32)
