"""The development vault: keys in one file, sealed under a passphrase. Real keys belong in a machine.

Whoever holds both the file and the passphrase holds the keys, and while the vault is open they lie in this process's
memory: fit for development, training and tests, and it says so each time it is opened.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from samkeeper.errors import BadInput, Fault
from samkeeper.keys import ecdsa, seal, sm2
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.check_value import check_value
from samkeeper.keys.cipher import decrypt_blocks, encrypt_blocks
from samkeeper.keys.components import KEY_BYTES
from samkeeper.keys.protocol import KeyInfo
from samkeeper.keys.secret import Secret
from samkeeper.keys.signing import PublicKey
from samkeeper.keys.verbs import VaultVerbs

NOTICE = "【注意】文件密钥库仅供开发、培训和测试，不得存放正式密钥；正式密钥须存放在经批准的密码机中。\n"


@dataclass(frozen=True, slots=True)
class Entry:
    info: KeyInfo
    key: Secret


class FileVault(VaultVerbs):
    """Opened by `open_file` or made by `create_file`; every change is on disk before the verb returns."""

    def __init__(self, path: Path, lock: seal.Seal, sealed: bytes) -> None:
        super().__init__()
        self.signature = Algorithm.SM2 if sm2.available() else Algorithm.ECDSA
        self._path = path
        self._seal = lock
        self._sealed = b""
        self._entries: dict[str, Entry] = {}
        self._load(sealed)
        _warn_once()

    def list(self) -> Sequence[KeyInfo]:
        return sorted((entry.info for entry in self._entries.values()), key=lambda info: (info.label, info.version))

    def _make(self, label: str, version: int, algorithm: Algorithm, purpose: Purpose) -> KeyInfo:
        if algorithm.signs:
            if algorithm is Algorithm.SM2:
                sm2.require()
            private, public = (sm2 if algorithm is Algorithm.SM2 else ecdsa).generate()
            info = KeyInfo(label, version, algorithm, purpose, PublicKey.from_der(public).fingerprint)
            return self._add(Entry(info, Secret(private)))
        return self._take(label, version, Secret(os.urandom(KEY_BYTES), algorithm), purpose)

    def _take(self, label: str, version: int, key: Secret, purpose: Purpose) -> KeyInfo:
        algorithm = key.algorithm
        assert algorithm is not None  # noqa: S101  # `_admit` and `_make` give cipher keys
        value = check_value(algorithm, key.reveal()).hex().upper()
        return self._add(Entry(KeyInfo(label, version, algorithm, purpose, value), key))

    def _erase(self, key: KeyInfo) -> None:
        with self._changing():
            del self._entries[key.reference]
            self._spent[key.label] = max(key.version, self._spent.get(key.label, 0))

    def _encrypt(self, key: KeyInfo, blocks: bytes) -> bytes:
        return encrypt_blocks(key.algorithm, self._own(key), blocks)

    def _decrypt(self, key: KeyInfo, blocks: bytes) -> bytes:
        return decrypt_blocks(key.algorithm, self._own(key), blocks)

    def _own(self, key: KeyInfo) -> bytes:
        return self._entries[key.reference].key.reveal()

    def _sign(self, key: KeyInfo, message: bytes) -> bytes:
        if key.algorithm is Algorithm.SM2:
            return sm2.sign(self._own(key), message)
        return ecdsa.sign(self._own(key), message)

    def _public_key(self, key: KeyInfo) -> PublicKey:
        der = (sm2 if key.algorithm is Algorithm.SM2 else ecdsa).public_half(self._own(key))
        return PublicKey.from_der(der)

    def _add(self, entry: Entry) -> KeyInfo:
        with self._changing():
            if entry.info.reference in self._entries:
                raise Fault("密钥库刚被另一个程序改动，密钥没有写入。", retry=True)
            self._entries[entry.info.reference] = entry
        return entry.info

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change the keys as they now are on disk, no other program in between, and write them back."""
        with _locked(self._path.parent):
            sealed = seal.read(self._path)
            if sealed != self._sealed:
                self._load(sealed)
            try:
                yield
                sealed = self._seal.close(_dump(self._entries.values(), self._spent))
                seal.write(self._path, sealed)
            except Exception:
                self._load(self._sealed)  # what is on disk still holds
                raise
            self._sealed = sealed

    def _load(self, sealed: bytes) -> None:
        self._sealed = sealed
        entries, self._spent = _parse(self._seal.open(sealed, str(self._path)), str(self._path))
        self._entries = {entry.info.reference: entry for entry in entries}


def create_file(path: Path, passphrase: Secret) -> FileVault:
    """A new, empty vault; BadInput where the file exists already."""
    if not path.parent.is_dir():
        raise BadInput("文件夹不存在", where=str(path.parent), remedy="请先建立文件夹")
    with _locked(path.parent):
        if path.exists():
            raise BadInput("文件已存在，没有覆盖", where=str(path), remedy="请换一个文件名")
        lock = seal.Seal(passphrase)
        sealed = lock.close(_dump((), {}))
        seal.write(path, sealed)
    return FileVault(path, lock, sealed)


def open_file(path: Path, passphrase: Secret) -> FileVault:
    """An existing vault; BadInput for a wrong passphrase or a damaged file."""
    return FileVault(path, seal.Seal(passphrase), seal.read(path))


@cache
def _warn_once() -> None:
    sys.stderr.write(NOTICE)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder's lock: the file itself is replaced by each change and cannot carry one."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _dump(entries: Iterable[Entry], spent: Mapping[str, int]) -> bytes:
    keys = [asdict(entry.info) | {"key": entry.key.reveal().hex()} for entry in entries]
    return json.dumps({"keys": keys, "spent": spent}).encode()


def _parse(plain: bytes, where: str) -> tuple[list[Entry], dict[str, int]]:
    """The keys, and the newest destroyed version of each label."""
    try:
        document = json.loads(plain)
        return [_entry(row) for row in document["keys"]], dict(document["spent"])
    except (ValueError, KeyError, TypeError):
        raise BadInput("密钥库由其他版本写成，读不懂", where=where, remedy="请用写它的卡护版本打开") from None


def _entry(row: Any) -> Entry:
    key = bytes.fromhex(row.pop("key"))
    algorithm, purpose = Algorithm(row.pop("algorithm")), Purpose(row.pop("purpose"))
    return Entry(
        KeyInfo(algorithm=algorithm, purpose=purpose, **row), Secret(key, None if algorithm.signs else algorithm)
    )
