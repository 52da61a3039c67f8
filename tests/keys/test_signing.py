from __future__ import annotations

import pytest
from gmssl import func
from gmssl import sm2 as second_opinion

from samkeeper.errors import BadInput
from samkeeper.keys import ecdsa, sm2
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.signing import HEADS, PublicKey, sm3

MAKERS = {Algorithm.SM2: sm2, Algorithm.ECDSA: ecdsa}


@pytest.mark.parametrize("algorithm", MAKERS)
def test_signature_holds_for_its_message_only(algorithm: Algorithm) -> None:
    private, public = MAKERS[algorithm].generate()
    key = PublicKey.from_der(public)
    signature = MAKERS[algorithm].sign(private, "第一号清单".encode())
    assert key.algorithm is algorithm
    assert key.verify("第一号清单".encode(), signature)
    assert not key.verify("第二号清单".encode(), signature)
    assert not key.verify("第一号清单".encode(), signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not key.verify("第一号清单".encode(), b"")


@pytest.mark.parametrize("algorithm", MAKERS)
def test_pem_carries_the_key_and_its_fingerprint(algorithm: Algorithm) -> None:
    key = PublicKey.from_der(MAKERS[algorithm].generate()[1])
    again = PublicKey.from_pem("注释\n" + key.to_pem())
    assert again == key
    assert again.fingerprint == sm3(key.to_der()).hex()


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x00",
        HEADS[Algorithm.SM2] + b"\x04" + bytes(64),
        HEADS[Algorithm.ECDSA] + b"\x04" + bytes(64),
        HEADS[Algorithm.SM2] + b"\x04" + bytes(63),
    ],
)
def test_bytes_that_are_no_key_are_refused(der: bytes) -> None:
    with pytest.raises(BadInput):
        PublicKey.from_der(der)


@pytest.mark.parametrize("text", ["", "公钥", "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n"])
def test_text_that_is_no_pem_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        PublicKey.from_pem(text)


def key_that_the_other_library_reads() -> tuple[bytes, bytes]:
    """gmssl takes a leading 04 of the x coordinate for the mark of an uncompressed point, one key in 256."""
    while True:
        private, public = sm2.generate()
        if PublicKey.from_der(public).point[1] != 0x04:
            return private, public


def test_an_independent_library_verifies_our_sm2_signature() -> None:
    private, public = key_that_the_other_library_reads()
    signature = sm2.sign(private, b"checkpoint 7")
    other = second_opinion.CryptSM2(private_key="", public_key=PublicKey.from_der(public).point[1:].hex(), asn1=True)
    assert other.verify_with_sm3(signature.hex(), b"checkpoint 7")


def test_sm2_verifies_an_independent_librarys_signature() -> None:
    private, public = key_that_the_other_library_reads()
    scalar = private[7:39].hex()
    other = second_opinion.CryptSM2(
        private_key=scalar, public_key=PublicKey.from_der(public).point[1:].hex(), asn1=True
    )
    signature = bytes.fromhex(other.sign_with_sm3(b"checkpoint 7", func.random_hex(64)))
    assert sm2.verify(public, b"checkpoint 7", signature)
