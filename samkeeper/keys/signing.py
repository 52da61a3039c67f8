"""Public keys, as others verify with them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from samkeeper.errors import BadInput
from samkeeper.keys import sm2
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.sm3 import sm3

__all__ = ["PublicKey", "sm3"]

P256_HEAD = bytes.fromhex("3059301306072A8648CE3D020106082A8648CE3D030107034200")
HEADS = {Algorithm.SM2: sm2.SPKI_HEAD, Algorithm.ECDSA: P256_HEAD}
BEGIN, END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
REMEDY = "请提供导出的 PEM 公钥文件（SM2 或 ECDSA-P256）"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verifying key: its algorithm and its point, uncompressed (04 ‖ x ‖ y)."""

    algorithm: Algorithm
    point: bytes

    @classmethod
    def from_der(cls, der: bytes) -> PublicKey:
        """From a SubjectPublicKeyInfo; BadInput unless it is SM2 or P-256 with a point on its curve."""
        for algorithm, head in HEADS.items():
            if der.startswith(head) and len(der) == len(head) + 65:
                return cls(algorithm, der[len(head) :])._checked()
        raise BadInput("不是 SM2 或 ECDSA-P256 公钥", remedy=REMEDY)

    @classmethod
    def from_pem(cls, text: str | bytes) -> PublicKey:
        """From PEM text; BadInput where it holds no such key."""
        plain = text.decode("ascii", "replace") if isinstance(text, bytes) else text
        _, begin, rest = plain.partition(BEGIN)
        body, end, _ = rest.partition(END)
        if not begin or not end:
            raise BadInput("不是 PEM 公钥", remedy=REMEDY)
        try:
            return cls.from_der(base64.b64decode("".join(body.split()), validate=True))
        except binascii.Error:
            raise BadInput("PEM 公钥的内容已损坏", remedy=REMEDY) from None

    def to_der(self) -> bytes:
        return HEADS[self.algorithm] + self.point

    def to_pem(self) -> str:
        body = base64.b64encode(self.to_der()).decode("ascii")
        lines = [body[start : start + 64] for start in range(0, len(body), 64)]
        return "\n".join([BEGIN, *lines, END, ""])

    @property
    def fingerprint(self) -> str:
        """SM3 of the SubjectPublicKeyInfo, 64 lower-case hex digits: what a printed report shows."""
        return sm3(self.to_der()).hex()

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (DER) is this key's over `message`: SM2 with SM3, or ECDSA with SHA-256."""
        if self.algorithm is Algorithm.SM2:
            return sm2.verify(self.to_der(), message, signature)
        key = load_der_public_key(self.to_der())
        assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101  # the head names P-256
        try:
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def _checked(self) -> PublicKey:
        if self.algorithm is Algorithm.SM2:
            sm2.require()
        try:
            self.verify(b"", b"")
        except ValueError:
            raise BadInput("公钥上的点不在曲线上", remedy=REMEDY) from None
        return self
