"""Making a vault with its first keys, and taking keys in, as the command line asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from samkeeper.errors import BadInput, Fault, Refused
from samkeeper.keys.algorithms import Algorithm, Purpose, fitting_purpose
from samkeeper.keys.protocol import KeyVault, parse_label
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault, in_machine

SIGNING_LABEL = "sign"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key somebody asks for: "tac:3DES", "transport:SM4:wrap"."""

    label: str
    algorithm: Algorithm
    purpose: Purpose

    @classmethod
    def parse(cls, text: str) -> Wanted:
        parts = text.split(":")
        if len(parts) not in (2, 3):
            raise BadInput(f"“{text}”不是 标签:算法[:用途]", remedy="例如 tac:3DES 或 transport:SM4:wrap")
        algorithm = Algorithm.named(parts[1])
        purpose = _purpose(parts[2]) if parts[2:] else None
        return cls(parse_label(parts[0]), algorithm, fitting_purpose(algorithm, purpose))


def make_vault(uri: str, wanted: Iterable[str], *, sign: bool, secret: Secret | None = None) -> KeyVault:
    """A new vault with a signing key (unless told not to) and the keys `wanted`; all are checked before any is made."""
    orders = [Wanted.parse(text) for text in wanted]
    vault = create_vault(uri, secret)
    try:
        if sign:
            vault.generate(SIGNING_LABEL, vault.signature)
        for order in orders:
            vault.generate(order.label, order.algorithm, order.purpose)
    except (Refused, Fault):
        _undo(vault, uri)
        raise
    return vault


def _undo(vault: KeyVault, uri: str) -> None:
    """Take a half-made vault away again: its keys, and the file that held them."""
    for key in vault.list():
        vault.destroy(key.reference)
    vault.close()
    if not in_machine(uri):
        Path(uri).unlink()


def read_component(path: Path) -> Secret:
    """A key component from a file of 32 hex digits; BadInput for anything else, without showing it."""
    try:
        return parse_component(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError):
        raise BadInput("密钥分量文件读不出来", where=str(path), remedy="文件中应是32位十六进制数字") from None


def parse_component(text: str) -> Secret:
    """A component as a person typed it, blanks allowed."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 16:
        raise BadInput("密钥分量不是32位十六进制数字", remedy="请重新输入该分量")
    return Secret(value)


def parse_check_value(text: str | None) -> bytes | None:
    """A check value of 2 to 8 bytes, if one was given."""
    if text is None:
        return None
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if not 2 <= len(value) <= 8:
        raise BadInput(f"“{text}”不是校验值", remedy="校验值是4至16位十六进制数字")
    return value


def _purpose(name: str) -> Purpose:
    if name not in list(Purpose):
        raise BadInput(f"不认识的用途“{name}”", remedy="可用的用途：" + "、".join(Purpose))
    return Purpose(name)
