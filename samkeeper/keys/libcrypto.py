"""The system's OpenSSL by ctypes: only what SM2 (GM/T 0003) needs, which `cryptography` does not offer."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_void_p
from functools import cache

from samkeeper.errors import Fault

PROTOTYPES: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "EVP_PKEY_Q_keygen": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_new": (c_void_p, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_sm3": (c_void_p, ()),
    "EVP_DigestSignInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_DigestVerifyInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
    "EVP_PKEY_encrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_encrypt": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "d2i_AutoPrivateKey": (c_void_p, (c_void_p, POINTER(c_void_p), c_long)),
    "d2i_PUBKEY": (c_void_p, (c_void_p, POINTER(c_void_p), c_long)),
    "i2d_PrivateKey": (c_int, (c_void_p, POINTER(c_void_p))),
    "i2d_PUBKEY": (c_int, (c_void_p, POINTER(c_void_p))),
    "ERR_clear_error": (None, ()),
}


@cache
def library() -> ctypes.CDLL:
    """OpenSSL 3's libcrypto with its prototypes set; Fault where the machine has none."""
    try:
        found = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        for name, (result, arguments) in PROTOTYPES.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise Fault("本机没有 OpenSSL 3，不能做 SM2 运算。请安装 OpenSSL 3，或改用 ECDSA-P256 密钥。") from error
    return found


def must(answer: int | None) -> int:
    """What OpenSSL answered, if it is not its word for failure."""
    if not answer or answer < 0:
        library().ERR_clear_error()
        raise ValueError("OpenSSL refused the key or the data")
    return answer


@contextmanager
def loaded(kind: str, der: bytes) -> Iterator[int]:
    """An EVP_PKEY read from DER by d2i_`kind`, freed afterwards."""
    buffer = ctypes.create_string_buffer(der, len(der))
    cursor = c_void_p(ctypes.addressof(buffer))
    key = must(getattr(library(), f"d2i_{kind}")(None, ctypes.byref(cursor), len(der)))
    try:
        yield key
    finally:
        library().EVP_PKEY_free(key)


def dumped(kind: str, key: int) -> bytes:
    """The DER that i2d_`kind` writes of an EVP_PKEY."""
    write = getattr(library(), f"i2d_{kind}")
    buffer = ctypes.create_string_buffer(must(write(key, None)))
    cursor = c_void_p(ctypes.addressof(buffer))
    must(write(key, ctypes.byref(cursor)))
    return buffer.raw


@contextmanager
def digest_context(key: int, identity: bytes) -> Iterator[int]:
    """An EVP_MD_CTX tied to `key` and to the signer's identity (Z of GM/T 0003.2), freed afterwards."""
    crypto = library()
    key_context = must(crypto.EVP_PKEY_CTX_new(key, None))
    context = must(crypto.EVP_MD_CTX_new())
    try:
        must(crypto.EVP_PKEY_CTX_set1_id(key_context, identity, len(identity)))
        crypto.EVP_MD_CTX_set_pkey_ctx(context, key_context)
        yield context
    finally:
        crypto.EVP_MD_CTX_free(context)
        crypto.EVP_PKEY_CTX_free(key_context)
