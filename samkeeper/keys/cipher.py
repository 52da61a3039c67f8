"""Block ciphers of the trade, many blocks a call: 3DES (GB/T 17964 modes), SM4 (GB/T 32907), AES."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4

from samkeeper.keys.algorithms import Algorithm

KEY_SIZES = {Algorithm.DES3: (8, 16, 24), Algorithm.SM4: (16,), Algorithm.AES: (16, 24, 32)}


def encrypt_blocks(algorithm: Algorithm, key: bytes, blocks: bytes) -> bytes:
    """ECB over whole blocks, no padding. An 8-byte 3DES key is single DES."""
    encryptor = Cipher(_engine(algorithm, key), modes.ECB()).encryptor()  # noqa: S305  # the standard's rule is over single blocks
    return encryptor.update(blocks) + encryptor.finalize()


def decrypt_blocks(algorithm: Algorithm, key: bytes, blocks: bytes) -> bytes:
    """The inverse of `encrypt_blocks`."""
    decryptor = Cipher(_engine(algorithm, key), modes.ECB()).decryptor()  # noqa: S305
    return decryptor.update(blocks) + decryptor.finalize()


def encrypt_chain(algorithm: Algorithm, key: bytes, iv: bytes, blocks: bytes) -> bytes:
    """CBC over whole blocks, no padding."""
    encryptor = Cipher(_engine(algorithm, key), modes.CBC(iv)).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def pad(data: bytes, block: int) -> bytes:
    """ISO 9797-1 padding method 2: always 80, then zeros to a whole block."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes) -> bytes:
    """Takes ISO 9797-1 padding method 2 off again; ValueError where there is none."""
    bare = data.rstrip(b"\x00")
    if not bare.endswith(b"\x80"):
        raise ValueError("no padding of method 2")
    return bare[:-1]


def valid_key_size(algorithm: Algorithm, size: int) -> bool:
    return size in KEY_SIZES[algorithm]


def _engine(algorithm: Algorithm, key: bytes) -> TripleDES | SM4 | AES:
    if not valid_key_size(algorithm, len(key)):
        raise ValueError(f"{algorithm} takes no key of {len(key)} bytes")
    if algorithm is Algorithm.DES3:
        return TripleDES(_three_keys(key))
    return SM4(key) if algorithm is Algorithm.SM4 else AES(key)


def _three_keys(key: bytes) -> bytes:
    """K1, K2, K3 of a single, double or triple length key."""
    return {8: key * 3, 16: key + key[:8], 24: key}[len(key)]
