"""What a software chip keeps when the power is gone: folders, files, keys with their counters, its stage of life."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from samkeeper.errors import BadInput
from samkeeper.keys import seal
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.secret import Secret

FREE, NEVER = 0x00, 0xFF
HOLDER = 0x7E  # an access byte that asks for the holder's PIN
PROTECTED = 0x80  # an access byte with this bit asks for secure messaging; the rest names the key to prove first


class Life(StrEnum):
    BLANK = "blank"  # only a transport key; the root may be made
    ISSUING = "issuing"  # files and keys are written
    IN_USE = "in_use"
    BLOCKED = "blocked"  # nothing but its answer to reset


class Usage:
    """The low five bits of a key's usage byte; the high three are its levels (STANDARDS of the PSAM trade)."""

    CONTROL, MAINTENANCE, PURCHASE, UNBLOCK, RELOAD, APPLICATION = 0, 1, 2, 3, 4, 5
    MAC, ENCRYPT, BOTH, LOAD, TAC, PIN, EXTERNAL, INTERNAL = 6, 7, 8, 9, 0x0C, 0x0D, 0x0E, 0x0F


@dataclass(slots=True)
class ChipKey:
    """A key in the chip. `version`: for a purchase key its version, for all others its identifier."""

    usage: int
    version: int
    algorithm: Algorithm
    value: Secret
    left: int = 3
    maximum: int = 3

    @property
    def kind(self) -> int:
        return self.usage & 0x1F

    @property
    def levels(self) -> int:
        return self.usage >> 5


@dataclass(slots=True)
class File:
    """A transparent file, or one of records (tag or number → bytes). `read`, `write`: access bytes."""

    fid: int
    read: int
    write: int
    size: int
    content: bytearray = field(default_factory=bytearray)
    records: dict[int, bytes] | None = None

    @property
    def short_id(self) -> int:
        return self.fid & 0x1F


@dataclass(slots=True)
class Folder:
    """MF or DF."""

    fid: int
    name: bytes
    files: dict[int, File] = field(default_factory=dict)
    folders: dict[int, Folder] = field(default_factory=dict)
    keys: list[ChipKey] = field(default_factory=list)
    blocked: bool = False
    purse: dict[str, int] = field(default_factory=dict)

    def all(self) -> Iterator[Folder]:
        """This folder and every one below it."""
        yield self
        for folder in self.folders.values():
            yield from folder.all()

    def key(self, usage: int, version: int) -> ChipKey | None:
        return next((key for key in self.keys if (key.usage, key.version) == (usage, version)), None)

    def of_kind(self, kind: int, version: int | None = None) -> ChipKey | None:
        """The first key of a kind, of a version where one is asked for."""
        return next((key for key in self.keys if key.kind == kind and version in (None, key.version)), None)

    def put(self, key: ChipKey) -> None:
        """Take a key in, in the place of the one it replaces; a folder has one control key."""
        same = [old for old in self.keys if old.usage == key.usage and (old.version == key.version or key.kind == 0)]
        self.keys = [old for old in self.keys if old not in same] + [key]


@dataclass(slots=True)
class Memory:
    """A whole chip. `commands` and `making`: its command family and the one it is personalised by."""

    atr: bytes
    commands: str
    making: str
    transport: ChipKey
    life: Life = Life.BLANK
    root: Folder | None = None


class Image:
    """A chip in a file, sealed under a passphrase; written whole after every command that changed it."""

    def __init__(self, path: Path, passphrase: Secret) -> None:
        self._path = path
        self._seal = seal.Seal(passphrase)
        self._last = b""

    def load(self) -> Memory:
        self._last = self._seal.open(seal.read(self._path), str(self._path))
        try:
            return _memory(json.loads(self._last))
        except (ValueError, KeyError, TypeError):
            raise BadInput("芯片映像读不懂", where=str(self._path), remedy="请从备份恢复") from None

    def save(self, memory: Memory) -> None:
        plain = json.dumps(memory, default=_told).encode()
        if plain != self._last:
            seal.write(self._path, self._seal.close(plain))
            self._last = plain


def _told(value: Any) -> object:
    """What JSON does not know: bytes and secrets in hex, our own structures by their fields."""
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, Secret):
        return value.reveal().hex()
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _memory(row: dict[str, Any]) -> Memory:
    root = _folder(row["root"]) if row["root"] else None
    key = _key(row["transport"])
    return Memory(bytes.fromhex(row["atr"]), row["commands"], row["making"], key, Life(row["life"]), root)


def _folder(row: dict[str, Any]) -> Folder:
    files = {int(fid): _file(file) for fid, file in row["files"].items()}
    folders = {int(fid): _folder(folder) for fid, folder in row["folders"].items()}
    keys = [_key(key) for key in row["keys"]]
    return Folder(row["fid"], bytes.fromhex(row["name"]), files, folders, keys, row["blocked"], row["purse"])


def _file(row: dict[str, Any]) -> File:
    records = row.pop("records")
    content = bytearray.fromhex(row.pop("content"))
    kept = None if records is None else {int(tag): bytes.fromhex(value) for tag, value in records.items()}
    return File(content=content, records=kept, **row)


def _key(row: dict[str, Any]) -> ChipKey:
    algorithm = Algorithm(row.pop("algorithm"))
    return ChipKey(algorithm=algorithm, value=Secret(bytes.fromhex(row.pop("value")), algorithm), **row)
