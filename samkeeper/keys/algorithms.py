"""The algorithms a vault knows and the purposes a key may serve: one function, one key."""

from __future__ import annotations

from enum import StrEnum

from samkeeper.errors import BadInput


class Algorithm(StrEnum):
    """Ciphers (3DES with two keys, SM4 by GB/T 32907, AES) and signatures (SM2 by GM/T 0003, ECDSA on P-256)."""

    DES3 = "3DES"
    SM4 = "SM4"
    AES = "AES"
    SM2 = "SM2"
    ECDSA = "ECDSA-P256"

    @property
    def signs(self) -> bool:
        return self in (Algorithm.SM2, Algorithm.ECDSA)

    @property
    def block(self) -> int:
        """Bytes in a cipher block."""
        return 8 if self is Algorithm.DES3 else 16

    @classmethod
    def named(cls, name: str) -> Algorithm:
        """The algorithm a person named, in any case."""
        for algorithm in cls:
            if algorithm.value.upper() == name.strip().upper():
                return algorithm
        raise BadInput(f"不认识的算法“{name}”", remedy="可用的算法：" + "、".join(cls))


class Purpose(StrEnum):
    """What a key is for. A vault refuses to use it for anything else."""

    SIGN = "sign"  # signs lists, checkpoints, reports
    DERIVE = "derive"  # a root or upper key: subkeys are diversified from it
    WRAP = "wrap"  # a transport or protection key: wraps other keys, protects messages

    @property
    def label(self) -> str:
        return {Purpose.SIGN: "签名", Purpose.DERIVE: "分散", Purpose.WRAP: "传输保护"}[self]


def fitting_purpose(algorithm: Algorithm, purpose: Purpose | None) -> Purpose:
    """The purpose of a new key, the usual one where none is named; BadInput where the two do not go together."""
    purpose = purpose or (Purpose.SIGN if algorithm.signs else Purpose.DERIVE)
    if algorithm.signs != (purpose is Purpose.SIGN):
        raise BadInput(f"{algorithm} 密钥不能用于{purpose.label}", remedy="签名用 SM2 或 ECDSA-P256，其余用 3DES、SM4")
    if algorithm is Algorithm.AES and purpose is not Purpose.WRAP:
        raise BadInput("AES 密钥只能用于传输保护", remedy="社会保障卡的密钥分散用 3DES 或 SM4")
    return purpose
