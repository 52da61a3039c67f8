"""ECDSA on P-256 with SHA-256: the signature of machines that have no SM2. Private keys are PKCS#8 DER."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)


def generate() -> tuple[bytes, bytes]:
    """A new key pair: PKCS#8 and SubjectPublicKeyInfo, both DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_half(private: bytes) -> bytes:
    """The SubjectPublicKeyInfo that belongs to a private key."""
    return _load(private).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign(private: bytes, message: bytes) -> bytes:
    """A DER signature over SHA-256 of the message."""
    return _load(private).sign(message, ec.ECDSA(hashes.SHA256()))


def _load(private: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(private, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an elliptic curve key")
    return key
