"""The operations of a vector file: what each reads from its fields, and when its answer holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from samkeeper.keys import card_number, sm2
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.check_value import check_value
from samkeeper.keys.cipher import encrypt_chain
from samkeeper.keys.diversify import authentication_cryptogram, diversify
from samkeeper.keys.mac import mac
from samkeeper.keys.sm3 import sm3

ENGINES = {"3des": (Algorithm.DES3, 16), "des": (Algorithm.DES3, 8), "sm4": (Algorithm.SM4, 16)}
MAC_KEYS = {"des-cbc": ("des", 8), "iso9797-alg3": ("3des", 16), "sm4": ("sm4", 16), "sm4-cbc": ("sm4", 16)}
MOST_ITERATIONS = 10_000_000
STRIDE = 1 << 16  # blocks a call


class BadVector(Exception):
    """A vector makes no sense; says in Chinese why."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Typed access to one vector's fields."""

    vector: Mapping[str, object]

    def text(self, name: str) -> str:
        value = self.vector.get(name)
        if not isinstance(value, str) or not value:
            raise BadVector(f"缺少 {name}")
        return value

    def raw(self, name: str, size: int | None = None) -> bytes:
        value = self.vector.get(name)
        if not isinstance(value, str):
            raise BadVector(f"缺少 {name}")
        try:
            decoded = bytes.fromhex(value)
        except ValueError:
            raise BadVector(f"{name} 不是十六进制") from None
        if size is not None and len(decoded) != size:
            raise BadVector(f"{name} 应为{size}字节，实为{len(decoded)}字节")
        return decoded

    def expected(self, name: str = "expected") -> bytes:
        value = self.raw(name)
        if not value:
            raise BadVector(f"{name} 是空的，什么也比不出")
        return value

    def choice(self, name: str, table: Mapping[str, object]) -> str:
        value = self.text(name)
        if value not in table:
            raise BadVector(f"{name}“{value}”不认识，可用：{'、'.join(table)}")
        return value

    def count(self, name: str) -> int:
        value = self.vector.get(name, 1)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_ITERATIONS:
            raise BadVector(f"{name} 应为1至{MOST_ITERATIONS}的整数")
        return value


def _block(fields: Fields) -> Callable[[], bool]:
    algorithm, size = ENGINES[fields.choice("algorithm", ENGINES)]
    key, data, times = fields.raw("key", size), fields.raw("data"), fields.count("iterations")
    expected = fields.expected()
    if not data or len(data) % algorithm.block:
        raise BadVector(f"data 应为{algorithm.block}字节的整数倍")
    starts = range(0, len(data), algorithm.block)
    blocks = [data[start : start + algorithm.block] for start in starts]
    return lambda: _fits(b"".join(_repeated(algorithm, key, block, times) for block in blocks), expected)


def _repeated(algorithm: Algorithm, key: bytes, block: bytes, times: int) -> bytes:
    """One block encrypted again and again: a CBC chain over zeros is just that, many rounds a call."""
    state = bytes(algorithm.block)
    head = block
    while times:
        stride = min(times, STRIDE)
        state = encrypt_chain(algorithm, key, state, head + bytes((stride - 1) * algorithm.block))[-algorithm.block :]
        head = bytes(algorithm.block)
        times -= stride
    return state


def _mac(fields: Fields) -> Callable[[], bool]:
    engine, size = MAC_KEYS[fields.choice("algorithm", MAC_KEYS)]
    algorithm = ENGINES[engine][0]
    key, data, expected = fields.raw("key", size), fields.raw("data"), fields.expected()
    iv = fields.raw("iv", algorithm.block) if "iv" in fields.vector else b""
    return lambda: _fits(mac(algorithm, key, data, iv), expected)


def _diversify(fields: Fields) -> Callable[[], bool]:
    algorithm, key = _engine_and_key(fields)
    factors = fields.vector.get("factors")
    if not isinstance(factors, list) or not factors:
        raise BadVector("缺少 factors")
    steps = [Fields({"factors": factor}).raw("factors", 8) for factor in factors]
    if "expected_kcv" in fields.vector:
        value = fields.expected("expected_kcv")
        return lambda: _fits(check_value(algorithm, diversify(algorithm, key, *steps), len(value)), value)
    expected = fields.expected()
    return lambda: _fits(diversify(algorithm, key, *steps), expected)


def _check_value(fields: Fields) -> Callable[[], bool]:
    algorithm, key = _engine_and_key(fields)
    expected = fields.expected()
    return lambda: _fits(check_value(algorithm, key, algorithm.block), expected)


def _digest(fields: Fields) -> Callable[[], bool]:
    fields.choice("algorithm", {"sm3": sm3})
    data, expected = fields.raw("data"), fields.expected()
    return lambda: _fits(sm3(data), expected)


def _cryptogram(fields: Fields) -> Callable[[], bool]:
    fields.choice("algorithm", {"sm4": Algorithm.SM4})
    key, data, expected = fields.raw("key", 16), fields.raw("data", 8), fields.expected()
    return lambda: _fits(authentication_cryptogram(Algorithm.SM4, key, data), expected)


def _sm2_verify(fields: Fields) -> Callable[[], bool]:
    point, identity, data = fields.raw("public_key", 65), fields.raw("identity"), fields.raw("data")
    signature = sm2.encode_signature(fields.raw("r", 32), fields.raw("s", 32))
    valid = fields.choice("expected", {"valid": True, "invalid": False}) == "valid"

    def holds() -> bool:
        try:
            return sm2.verify(sm2.SPKI_HEAD + point, data, signature, identity) is valid
        except ValueError:  # the point is on no curve: no signature of its is valid
            return not valid

    return holds


def _card_number(fields: Fields) -> Callable[[], bool]:
    number, expected = fields.text("data"), fields.text("expected")
    try:
        card_number.check_character(number)
    except ValueError:
        raise BadVector("data 应为8位数字或大写字母") from None
    return lambda: card_number.check_character(number) == expected


def _card_id_code(fields: Fields) -> Callable[[], bool]:
    key, city, serial = fields.raw("key", 16), fields.raw("city", 3), fields.raw("serial", 8)
    expected = fields.expected()
    return lambda: _fits(card_number.card_id_code(key, city, serial), expected)


def _engine_and_key(fields: Fields) -> tuple[Algorithm, bytes]:
    algorithm, size = ENGINES[fields.choice("algorithm", {name: ENGINES[name] for name in ("3des", "sm4")})]
    return algorithm, fields.raw("key", size)


def _fits(result: bytes, expected: bytes) -> bool:
    """Equal on the length of what is expected, which may be a prefix."""
    return result[: len(expected)] == expected


OPERATIONS: dict[str, Callable[[Fields], Callable[[], bool]]] = {
    "block": _block,
    "mac": _mac,
    "diversify": _diversify,
    "kcv": _check_value,
    "digest": _digest,
    "sm2-verify": _sm2_verify,
    "auth-cryptogram": _cryptogram,
    "card-no-check": _card_number,
    "card-id-code": _card_id_code,
}
