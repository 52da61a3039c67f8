"""What every vault offers, whatever keeps the keys: a file, a PKCS#11 device, a GM/T 0018 machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from samkeeper.errors import BadInput
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.secret import Secret
from samkeeper.keys.signing import PublicKey

Bytes2D = NDArray[np.uint8]  # rows of equal length, (n, length)
Yes = NDArray[np.bool_]  # (n,)

LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")
REFERENCE = re.compile(rf"({LABEL.pattern})(?:@([1-9][0-9]{{0,4}}))?")


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be told of a key. `check_value`: hex; of a signing key, the fingerprint of its public half."""

    label: str
    version: int
    algorithm: Algorithm
    purpose: Purpose
    check_value: str

    @property
    def reference(self) -> str:
        """The name that fits this version only: "tac@2"."""
        return f"{self.label}@{self.version}"


@dataclass(frozen=True, slots=True)
class KeyPath:
    """Which key: one of the vault's ("tac", its newest version; "tac@1", that one) and the factors below it.

    `factors` of 8 bytes lead from the vault's key down, highest level first; none: the vault's key itself.
    """

    reference: str
    factors: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if any(len(factor) != 8 for factor in self.factors):
            raise BadInput("分散因子必须是8字节", remedy="请检查省、市代码和卡序列号")


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key on its way down: encrypted under a transport key, with the check value by which it is known."""

    cryptogram: bytes
    check_value: bytes


@dataclass(frozen=True, slots=True)
class KeptShare:
    """One of N shares of a key (`shares`), as a carrier keeps it: under the carrier's transport key."""

    number: int
    wrapped: Wrapped
    carrier: KeyPath


class KeyVault(Protocol):
    """A place where keys are made, imported, diversified, wrapped and used, and which they do not leave.

    A reference names the newest version of a label, or one version ("label@2"); where a verb takes a `KeyPath`, a
    bare reference does as well. An unknown reference or a purpose that does not fit raises BadInput or Refused;
    a machine that fails, or lacks an algorithm, raises Fault.
    """

    signature: Algorithm
    """What its signing keys are made for: SM2, or ECDSA-P256 where the machine has no SM2."""

    def list(self) -> Sequence[KeyInfo]:
        """Every key, by label and version."""

    def find(self, reference: str) -> KeyInfo:
        """The key a reference names."""

    def generate(self, label: str, algorithm: Algorithm, purpose: Purpose | None = None) -> KeyInfo:
        """Make a new key, the next version of `label`."""

    def import_components(
        self,
        label: str,
        algorithm: Algorithm,
        components: Sequence[Secret],
        *,
        expected: bytes | None = None,
        purpose: Purpose | None = None,
    ) -> KeyInfo:
        """Join the components (XOR) into the next version of `label`; Refused unless its check value is `expected`."""

    def import_shares(
        self,
        label: str,
        algorithm: Algorithm,
        shares: Sequence[KeptShare],
        *,
        expected: bytes,
        purpose: Purpose | None = None,
    ) -> KeyInfo:
        """Join M of N shares; the check value is required, since too few shares give a key too, a wrong one."""

    def split(self, reference: str, *, threshold: int, carriers: Sequence[KeyPath]) -> Sequence[KeptShare]:
        """Shares of a key, one under each carrier's transport key; any `threshold` of them bring it back."""

    def import_wrapped(
        self,
        label: str,
        algorithm: Algorithm,
        wrapped: Wrapped,
        *,
        under: KeyPath | str,
        purpose: Purpose | None = None,
    ) -> KeyInfo:
        """Take in what another vault's `wrap` gave out; Refused unless the check value fits."""

    def destroy(self, reference: str) -> None:
        """Erase one version of a key for good; the reference must name the version."""

    def sign(self, reference: str, message: bytes) -> bytes:
        """A DER signature over `message`."""

    def public_key(self, reference: str) -> PublicKey:
        """The public half of a signing key."""

    def check_value(self, path: KeyPath | str) -> bytes:
        """The check value (校验值) of a key or a subkey, 3 bytes."""

    def wrap(self, path: KeyPath | str, *, under: KeyPath | str, header: bytes = b"") -> Wrapped:
        """A key or subkey as a card takes it: length ‖ header ‖ key, padded, encrypted under a transport key."""

    def cryptogram(self, path: KeyPath | str, random: bytes, challenge: bytes) -> bytes:
        """The 8 bytes that answer `challenge` under the session key for `random` (external authentication)."""

    def check_cryptogram(self, path: KeyPath | str, random: bytes, challenge: bytes, answer: bytes) -> bool:
        """Whether a card's answer is that of the key (internal authentication)."""

    def mac(self, path: KeyPath | str, data: bytes, iv: bytes = b"") -> bytes:
        """The 4-byte MAC of secure messaging."""

    def check_mac(self, path: KeyPath | str, data: bytes, mac: bytes, iv: bytes = b"") -> bool:
        """Whether a 4-byte MAC is that of the key."""

    def derive_wrapped(
        self, path: KeyPath | str, factors: Bytes2D, *, under: KeyPath | str, header: bytes = b""
    ) -> Bytes2D:
        """`wrap` for many cards: factors (n, 8), the last level below `path`; rows of equal cryptograms come back."""

    def check_values(self, path: KeyPath | str, factors: Bytes2D) -> Bytes2D:
        """The check values (n, 3) of many cards' subkeys."""

    def check_macs(self, path: KeyPath | str, factors: Bytes2D, data: Bytes2D, macs: Bytes2D) -> Yes:
        """Whether each row's MAC (n, 4) over its data, zero IV, is that of the row's subkey."""

    def check_tacs(self, path: KeyPath | str, factors: Bytes2D, data: Bytes2D, tacs: Bytes2D) -> Yes:
        """Whether each row's TAC (n, 4) over its `purchase.tac_message` is that of the row's subkey."""

    def close(self) -> None:
        """Let go of the machine; the vault is of no use afterwards."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def as_path(path: KeyPath | str) -> KeyPath:
    return KeyPath(path) if isinstance(path, str) else path


def parse_label(label: str) -> str:
    """A label as it is, if it is well formed."""
    if not LABEL.fullmatch(label):
        raise BadInput(
            f"密钥标签“{label}”不合规定", remedy="标签用小写字母、数字和 . _ -，以字母或数字开头，最长48个字符"
        )
    return label


def parse_reference(reference: str) -> tuple[str, int | None]:
    """Label and version, None for the newest."""
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise BadInput(f"密钥名“{reference}”不合规定", remedy="写成 标签 或 标签@版本，例如 tac 或 tac@2")
    return match[1], int(match[2]) if match[2] else None


def select(keys: Sequence[KeyInfo], reference: str) -> KeyInfo:
    """The key among `keys` that a reference names; BadInput where there is none."""
    label, version = parse_reference(reference)
    matching = [key for key in keys if key.label == label and version in (None, key.version)]
    if not matching:
        raise BadInput(f"密钥库中没有密钥“{reference}”", remedy="用 samkeeper keys list 查看库中的密钥")
    return max(matching, key=lambda key: key.version)


def next_version(keys: Sequence[KeyInfo], spent: Mapping[str, int], label: str) -> int:
    """One more than any version the label has or, by `spent`, ever had: a version never means two keys."""
    held = (key.version for key in keys if key.label == parse_label(label))
    return 1 + max([spent.get(label, 0), *held])
