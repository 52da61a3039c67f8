"""Signed checkpoints: at this moment the ledger had this size and this root.

One canonical JSON object a line. What is signed is its text without `algorithm`, `key` and `signature`, behind a
context line of its own, because the same key signs hotlists and reports too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import orjson

from samkeeper.errors import BadInput
from samkeeper.keys.signing import END, PublicKey
from samkeeper.ledger.entry import canonical, stamp
from samkeeper.ledger.tree import DIGEST

Keys: TypeAlias = Mapping[str, PublicKey]
"""Public keys by fingerprint."""

CONTEXT = b"samkeeper ledger checkpoint 1\n"
KEY = "sign"


class Signer(Protocol):
    """What a checkpoint needs of a vault."""

    def sign(self, reference: str, message: bytes) -> bytes: ...

    def public_key(self, reference: str) -> PublicKey: ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The first `size` entries of the ledger `origin` have the root `root` (32 bytes); the newest is of `epoch`."""

    origin: str
    epoch: int
    size: int
    root: bytes
    time: datetime

    def fields(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "origin": self.origin,
            "root": self.root.hex(),
            "size": self.size,
            "time": stamp(self.time),
        }

    def message(self) -> bytes:
        """The signed bytes."""
        return CONTEXT + canonical(self.fields())


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint with its signature (DER); `key` is the signer's fingerprint, `algorithm` what it signs with."""

    checkpoint: Checkpoint
    algorithm: str
    key: str
    signature: bytes

    def fields(self) -> dict[str, Any]:
        return {
            **self.checkpoint.fields(),
            "algorithm": self.algorithm,
            "key": self.key,
            "signature": self.signature.hex(),
        }

    def line(self) -> bytes:
        return canonical(self.fields())

    def holds(self, keys: Keys) -> bool:
        """Whether one of `keys` made this signature."""
        key = keys.get(self.key)
        return key is not None and key.verify(self.checkpoint.message(), self.signature)


def sign(checkpoint: Checkpoint, vault: Signer) -> tuple[Signed, PublicKey]:
    """The checkpoint under the vault's newest signing key, and that key's public half."""
    key = vault.public_key(KEY)
    signature = vault.sign(KEY, checkpoint.message())
    return Signed(checkpoint, str(key.algorithm), key.fingerprint, signature), key


def parse(line: bytes | str) -> Signed:
    """The checkpoint on a line. ValueError unless the line is exactly the canonical form of one."""
    signed = from_fields(orjson.loads(line))
    if signed.line() != (line.encode() if isinstance(line, str) else line):
        raise ValueError("not in canonical form")
    return signed


def from_fields(fields: Any) -> Signed:
    """A checkpoint from its JSON object. ValueError where it is none."""
    try:
        checkpoint = Checkpoint(
            origin=fields["origin"],
            epoch=fields["epoch"],
            size=fields["size"],
            root=bytes.fromhex(fields["root"]),
            time=datetime.fromisoformat(fields["time"]),
        )
        signed = Signed(checkpoint, fields["algorithm"], fields["key"], bytes.fromhex(fields["signature"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a checkpoint: {error}") from None
    if not (type(checkpoint.size) is type(checkpoint.epoch) is int and checkpoint.size > 0):
        raise ValueError("not a checkpoint: size and epoch count something")
    if len(checkpoint.root) != DIGEST or signed.fields() != fields:
        raise ValueError("not a checkpoint: odd, missing or additional fields")
    return signed


def public_keys(pem: bytes) -> Keys:
    """The public keys of a PEM file: one, or several after a change of key. BadInput where none."""
    end = END.encode()
    blocks = [block + end for block in pem.split(end)[:-1]]
    if not blocks:
        raise BadInput("没有 PEM 公钥", remedy="请提供导出的 PEM 公钥文件")
    return {key.fingerprint: key for key in map(PublicKey.from_pem, blocks)}
