"""SM2 signatures with SM3 (GM/T 0003, GB/T 32918) over the system's OpenSSL; signatures are DER (r, s)."""

from __future__ import annotations

import ctypes
from functools import cache

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from samkeeper.errors import Fault
from samkeeper.keys.libcrypto import digest_context, dumped, library, loaded, must
from samkeeper.keys.sm3 import sm3

IDENTITY = b"1234567812345678"  # the default user identity of GM/T 0009
# a ‖ b ‖ xG ‖ yG of the recommended curve (GM/T 0003.5)
CURVE = bytes.fromhex(
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)
SPKI_HEAD = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D034200")


@cache
def available() -> bool:
    """Whether this machine can sign and verify with SM2."""
    try:
        private, public = generate()
        return verify(public, b"samkeeper", sign(private, b"samkeeper"))
    except (Fault, ValueError):
        return False


def require() -> None:
    """Fault where this machine has no SM2."""
    if not available():
        raise Fault("本机的 OpenSSL 没有 SM2。请安装带国密算法的 OpenSSL 3，或改用 ECDSA-P256。")


def generate() -> tuple[bytes, bytes]:
    """A new key pair: private key and SubjectPublicKeyInfo, both DER."""
    key = must(library().EVP_PKEY_Q_keygen(None, None, b"SM2"))
    try:
        return dumped("PrivateKey", key), dumped("PUBKEY", key)
    finally:
        library().EVP_PKEY_free(key)


def public_half(private: bytes) -> bytes:
    """The SubjectPublicKeyInfo that belongs to a private key."""
    with loaded("AutoPrivateKey", private) as key:
        return dumped("PUBKEY", key)


def sign(private: bytes, message: bytes, identity: bytes = IDENTITY) -> bytes:
    """A DER signature over SM3(Z ‖ message)."""
    crypto = library()
    with loaded("AutoPrivateKey", private) as key, digest_context(key, identity) as context:
        must(crypto.EVP_DigestSignInit(context, None, crypto.EVP_sm3(), None, key))
        size = ctypes.c_size_t(0)
        must(crypto.EVP_DigestSign(context, None, ctypes.byref(size), message, len(message)))
        signature = ctypes.create_string_buffer(size.value)
        must(crypto.EVP_DigestSign(context, signature, ctypes.byref(size), message, len(message)))
        return signature.raw[: size.value]


def verify(public: bytes, message: bytes, signature: bytes, identity: bytes = IDENTITY) -> bool:
    """Whether a DER signature over SM3(Z ‖ message) is that of a SubjectPublicKeyInfo's owner."""
    crypto = library()
    with loaded("PUBKEY", public) as key, digest_context(key, identity) as context:
        must(crypto.EVP_DigestVerifyInit(context, None, crypto.EVP_sm3(), None, key))
        answer: int = crypto.EVP_DigestVerify(context, signature, len(signature), message, len(message))
    crypto.ERR_clear_error()  # a false signature leaves its reason in this thread's queue
    return answer == 1


def encrypt(public: bytes, plain: bytes) -> bytes:
    """SM2 public-key encryption (GM/T 0003.4): the DER SEQUENCE x, y, SM3 hash, ciphertext of GM/T 0009."""
    crypto = library()
    with loaded("PUBKEY", public) as key:
        context = must(crypto.EVP_PKEY_CTX_new(key, None))
        try:
            must(crypto.EVP_PKEY_encrypt_init(context))
            size = ctypes.c_size_t(0)
            must(crypto.EVP_PKEY_encrypt(context, None, ctypes.byref(size), plain, len(plain)))
            out = ctypes.create_string_buffer(size.value)
            must(crypto.EVP_PKEY_encrypt(context, out, ctypes.byref(size), plain, len(plain)))
            return out.raw[: size.value]
        finally:
            crypto.EVP_PKEY_CTX_free(context)


def message_digest(point: bytes, message: bytes, identity: bytes = IDENTITY) -> bytes:
    """e = SM3(Z ‖ message), Z binding signer and curve (GM/T 0003.2): what a machine signs that hashes nothing."""
    identified = (8 * len(identity)).to_bytes(2, "big") + identity
    return sm3(sm3(identified + CURVE + point[1:]) + message)


def encode_signature(r: bytes, s: bytes) -> bytes:
    """The DER SEQUENCE of two numbers of 32 bytes, as `verify` reads it."""
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
