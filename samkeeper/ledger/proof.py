"""Proofs as files: that an entry stands under a signed root, that a ledger begins with one signed before.

A proof is one canonical JSON object: `proof` ("inclusion" or "consistency"), what it speaks of, and `path`, the
hashes of RFC 9162 §2.1.3 or §2.1.4 in hex.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from samkeeper.ledger import checkpoint, tree
from samkeeper.ledger.checkpoint import Keys, Signed
from samkeeper.ledger.entry import canonical, parse


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The entry (its JSON object) is one of those under the root of `signed`."""

    entry: Mapping[str, Any]
    signed: Signed
    path: Sequence[bytes]

    def to_bytes(self) -> bytes:
        fields = {"proof": "inclusion", "entry": self.entry, "checkpoint": self.signed.fields()}
        return _written(fields, self.path)

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Inclusion:
        return cls(fields["entry"], checkpoint.from_fields(fields["checkpoint"]), _path(fields))

    def fault(self, keys: Keys) -> str | None:
        """What does not fit, None where all does."""
        if not self.signed.holds(keys):
            return unsigned(self.signed)
        try:
            line = canonical(self.entry)
            seq = parse(line).seq
        except ValueError:
            return "证明中的条目不合账本格式"
        point = self.signed.checkpoint
        if not tree.verify_inclusion(tree.leaf_hash(line), seq - 1, point.size, self.path, point.root):
            return f"第 {seq} 条不在检查点 {point.size} 的签名根之下"
        return None

    def claim(self) -> str:
        """What the proof shows, once it holds."""
        point = self.signed.checkpoint
        return f"第 {self.entry['seq']} 条（{self.entry['kind']}）在检查点 {point.size} 之内，根 {point.root.hex()}"


@dataclass(frozen=True, slots=True)
class Consistency:
    """The ledger at `new` begins with the very entries it had at `old`."""

    old: Signed
    new: Signed
    path: Sequence[bytes]

    def to_bytes(self) -> bytes:
        return _written({"proof": "consistency", "old": self.old.fields(), "new": self.new.fields()}, self.path)

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Consistency:
        old, new = checkpoint.from_fields(fields["old"]), checkpoint.from_fields(fields["new"])
        return cls(old, new, _path(fields))

    def fault(self, keys: Keys) -> str | None:
        """What does not fit, None where all does."""
        for signed in (self.old, self.new):
            if not signed.holds(keys):
                return unsigned(signed)
        old, new = self.old.checkpoint, self.new.checkpoint
        if old.origin != new.origin:
            return "两个检查点不是同一本账"
        if not tree.verify_consistency(old.size, new.size, old.root, new.root, self.path):
            return f"检查点 {new.size} 的账本不以检查点 {old.size} 的全部条目开头"
        return None

    def claim(self) -> str:
        """What the proof shows, once it holds."""
        return f"检查点 {self.new.checkpoint.size} 的账本原样保留了检查点 {self.old.checkpoint.size} 的全部条目"


def read(data: bytes) -> Inclusion | Consistency:
    """The proof in a file. ValueError where it is none: cut, damaged, something else."""
    kinds: dict[str, type[Inclusion | Consistency]] = {"inclusion": Inclusion, "consistency": Consistency}
    try:
        fields = orjson.loads(data)
        return kinds[fields["proof"]].read(fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a proof: {error!r}") from None


def unsigned(signed: Signed) -> str:
    """How a checkpoint is named whose signature none of the keys confirms."""
    return f"检查点 {signed.checkpoint.size} 的签名与所给公钥不符（签名钥指纹 {signed.key}）"


def _written(fields: Mapping[str, Any], path: Sequence[bytes]) -> bytes:
    return canonical({**fields, "path": [step.hex() for step in path]}) + b"\n"


def _path(fields: Mapping[str, Any]) -> list[bytes]:
    return [bytes.fromhex(step) for step in fields["path"]]
