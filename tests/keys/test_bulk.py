"""The kernels against OpenSSL: a million random rows each, and every shape a caller may bring."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samkeeper.errors import BadInput
from samkeeper.keys import bulk
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.cipher import decrypt_blocks, encrypt_blocks
from samkeeper.keys.diversify import diversify
from samkeeper.keys.mac import short_mac
from samkeeper.keys.protocol import Bytes2D
from samkeeper.keys.purchase import tac_over

CARDS = (Algorithm.DES3, Algorithm.SM4)


def random_rows(seed: int, *shape: int) -> Bytes2D:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def batched_macs(algorithm: Algorithm, key: bytes, padded: Bytes2D) -> bytes:
    """OpenSSL's MACs of many messages under one key, block column by block column."""
    size = algorithm.block
    chain = key[:8] if algorithm is Algorithm.DES3 else key
    state = np.zeros((len(padded), size), np.uint8)
    for start in range(0, padded.shape[1], size):
        mixed = (state ^ padded[:, start : start + size]).tobytes()
        state = bulk.as_rows(encrypt_blocks(algorithm, chain, mixed), size)
    if algorithm is Algorithm.DES3 and len(key) == 16:
        middle = decrypt_blocks(algorithm, key[8:], state.tobytes())
        state = bulk.as_rows(encrypt_blocks(algorithm, key[:8], middle), size)
    return state[:, :4].tobytes()


@pytest.mark.parametrize(("algorithm", "key_size"), [(Algorithm.SM4, 16), (Algorithm.DES3, 8), (Algorithm.DES3, 16)])
def test_a_million_random_macs_agree_with_openssl(algorithm: Algorithm, key_size: int) -> None:
    keys, messages = random_rows(6, 4096, key_size), random_rows(7, 256, 22)
    padded = np.concatenate([messages, np.full((256, 1), 0x80, np.uint8), np.zeros((256, 9), np.uint8)], axis=1)
    padded = padded[:, : 24 if algorithm is Algorithm.DES3 else 32]
    expected = b"".join(batched_macs(algorithm, key.tobytes(), padded) for key in keys)
    found = bulk.short_macs(algorithm, np.repeat(keys, 256, axis=0), np.tile(messages, (4096, 1)))
    assert found.astype(">u4").tobytes() == expected


@settings(deadline=None)
@given(algorithm=st.sampled_from(CARDS), size=st.integers(0, 70), seed=st.integers(0, 2**32 - 1))
def test_macs_of_any_length_agree_with_the_plain_function(algorithm: Algorithm, size: int, seed: int) -> None:
    keys, data = random_rows(seed, 3, 16), random_rows(seed + 1, 3, size)
    expected = [short_mac(algorithm, key.tobytes(), row.tobytes()) for key, row in zip(keys, data, strict=True)]
    assert bulk.short_macs(algorithm, keys, data).astype(">u4").tobytes() == b"".join(expected)


@pytest.mark.parametrize("algorithm", CARDS)
def test_tacs_agree_with_the_plain_function_for_a_thousand_keys(algorithm: Algorithm) -> None:
    keys, data = random_rows(1, 1000, 16), random_rows(2, 1000, 22)
    codes = [tac_over(algorithm, key.tobytes(), row.tobytes()) for key, row in zip(keys, data, strict=True)]
    tacs = bulk.as_rows(b"".join(codes), 4).copy()
    tacs[::7, 2] ^= 0x10
    assert bulk.check_tacs(algorithm, keys, data, tacs).tolist() == [row % 7 != 0 for row in range(1000)]


@pytest.mark.parametrize("algorithm", CARDS)
def test_batched_subkeys_are_the_single_ones(algorithm: Algorithm) -> None:
    root, factors = bytes(range(16)), random_rows(3, 500, 8)
    found = bulk.derive(lambda blocks: encrypt_blocks(algorithm, root, blocks), factors)
    assert found.tobytes() == b"".join(diversify(algorithm, root, factor.tobytes()) for factor in factors)


@pytest.mark.parametrize(
    "rows",
    [np.zeros(8, np.uint8), np.zeros((2, 7), np.uint8), np.zeros((2, 8), np.int64), np.zeros((3, 8), np.uint8)],
)
def test_rows_of_another_shape_are_refused(rows: Bytes2D) -> None:
    with pytest.raises(BadInput, match="数组形状"):
        bulk.checked(rows, 8, 2)
