"""A vault over a GM/T 0018 machine: SM4 keys made in it, an SM2 pair at a number in it.

The standard's machine keeps key pairs and key-encryption keys by number and forgets every other key at the end of a
session. So the vault keeps an index file of labels beside it, each with its key as only the machine can open it:
under its key-encryption key, or, where it came in components, encrypted to its public key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from ctypes import c_void_p
from dataclasses import asdict, dataclass, replace
from typing import Any

from cryptography.hazmat import asn1

from samkeeper.errors import BadInput, Fault
from samkeeper.keys import seal, sm2
from samkeeper.keys.addresses import MachineAddress
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.protocol import KeyInfo
from samkeeper.keys.sdf import Machine, envelope
from samkeeper.keys.secret import Secret
from samkeeper.keys.signing import PublicKey
from samkeeper.keys.verbs import VaultVerbs

UNDER_KEK, IN_ENVELOPE, IN_MACHINE = "kek", "envelope", "machine"
CHUNK = 1 << 14  # bytes a call; machines bound their buffers


@asn1.sequence
class Encrypted:
    """What `sm2.encrypt` gives: GM/T 0009's SM2Cipher."""

    x: int
    y: int
    digest: bytes
    cipher: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of the index: how it is kept, and what only the machine can open."""

    info: KeyInfo
    kept: str
    content: bytes


class SdfVault(VaultVerbs):
    """Opened by `open_machine`; one session, closed with the vault."""

    signature = Algorithm.SM2

    def __init__(self, address: MachineAddress, password: Secret) -> None:
        super().__init__()
        self._address = address
        self._machine = Machine(address.library)
        self._machine.unlock(address.pair, password)
        self._handles: dict[str, c_void_p] = {}
        entries, self._spent = _read(address)
        self._entries = {entry.info.reference: entry for entry in entries}

    def list(self) -> Sequence[KeyInfo]:
        return sorted((entry.info for entry in self._entries.values()), key=lambda info: (info.label, info.version))

    def close(self) -> None:
        self._machine.close()

    def _make(self, label: str, version: int, algorithm: Algorithm, purpose: Purpose) -> KeyInfo:
        if algorithm is Algorithm.SM2:
            return self._enrol(label, version)
        _need_sm4(algorithm)
        content = self._machine.generate(self._address.kek)
        return self._add(KeyInfo(label, version, algorithm, purpose, ""), UNDER_KEK, content)

    def _enrol(self, label: str, version: int) -> KeyInfo:
        """Give the machine's own signing pair a label; the pair itself is its administrator's work."""
        if any(entry.kept == IN_MACHINE for entry in self._entries.values()):
            raise Fault("地址所指的签名密钥对已经登记。新的密钥对由密码机管理员生成，并在地址中写明 pair。")
        fingerprint = self._own_point().fingerprint
        info = KeyInfo(label, version, Algorithm.SM2, Purpose.SIGN, fingerprint)
        return self._add(info, IN_MACHINE, self._address.pair.to_bytes(4, "big"))

    def _take(self, label: str, version: int, key: Secret, purpose: Purpose) -> KeyInfo:
        _need_sm4(key.algorithm)
        public = sm2.SPKI_HEAD + self._machine.encryption_point(self._address.pair)
        parts = asn1.decode_der(Encrypted, sm2.encrypt(public, key.reveal()))
        content = envelope(parts.x, parts.y, parts.digest, parts.cipher)
        return self._add(KeyInfo(label, version, Algorithm.SM4, purpose, ""), IN_ENVELOPE, content)

    def _erase(self, key: KeyInfo) -> None:
        del self._entries[key.reference]
        self._spent[key.label] = max(key.version, self._spent.get(key.label, 0))
        self._write()

    def _encrypt(self, key: KeyInfo, blocks: bytes) -> bytes:
        parts = (blocks[start : start + CHUNK] for start in range(0, len(blocks), CHUNK))
        return b"".join(self._machine.encrypt(self._handle(key.reference), part) for part in parts)

    def _decrypt(self, key: KeyInfo, blocks: bytes) -> bytes:
        return self._machine.decrypt(self._handle(key.reference), blocks)

    def _sign(self, key: KeyInfo, message: bytes) -> bytes:
        digest = sm2.message_digest(self._own_point().point, message)
        return sm2.encode_signature(*self._machine.sign(self._address.pair, digest))

    def _public_key(self, key: KeyInfo) -> PublicKey:
        return self._own_point()

    def _own_point(self) -> PublicKey:
        return PublicKey(Algorithm.SM2, self._machine.signing_point(self._address.pair))

    def _handle(self, reference: str) -> c_void_p:
        if reference not in self._handles:
            entry = self._entries[reference]
            if entry.kept == UNDER_KEK:
                self._handles[reference] = self._machine.load(self._address.kek, entry.content)
            else:
                self._handles[reference] = self._machine.load_envelope(self._address.pair, entry.content)
        return self._handles[reference]

    def _add(self, info: KeyInfo, kept: str, content: bytes) -> KeyInfo:
        self._entries[info.reference] = Entry(info, kept, content)
        if kept != IN_MACHINE:
            info = replace(info, check_value=self._encrypt(info, bytes(16))[:3].hex().upper())
            self._entries[info.reference] = Entry(info, kept, content)
        self._write()
        return info

    def _write(self) -> None:
        rows = [asdict(entry) | {"content": entry.content.hex()} for entry in self._entries.values()]
        seal.write(self._address.index, json.dumps({"keys": rows, "spent": self._spent}, indent=1).encode())


def open_machine(uri: str, password: Secret) -> SdfVault:
    """The vault whose index file and machine an `sdf:` address names."""
    address = MachineAddress.parse(uri)
    seal.read(address.index)  # an index that is not there is told before the machine is asked
    return SdfVault(address, password)


def create_on_machine(uri: str, password: Secret) -> SdfVault:
    """The same, with a new index file."""
    address = MachineAddress.parse(uri)
    if address.index.exists():
        raise BadInput("索引文件已存在，没有覆盖", where=str(address.index), remedy="请换一个文件名")
    seal.write(address.index, b'{"keys": [], "spent": {}}')
    return SdfVault(address, password)


def _read(address: MachineAddress) -> tuple[Sequence[Entry], dict[str, int]]:
    """The keys, and the newest destroyed version of each label."""
    try:
        document = json.loads(seal.read(address.index))
        return [_entry(row) for row in document["keys"]], dict(document["spent"])
    except (ValueError, KeyError, TypeError):
        raise BadInput("索引文件已损坏", where=str(address.index), remedy="请从备份恢复") from None


def _entry(row: Any) -> Entry:
    info = row["info"]
    names = Algorithm(info.pop("algorithm")), Purpose(info.pop("purpose"))
    return Entry(KeyInfo(algorithm=names[0], purpose=names[1], **info), row["kept"], bytes.fromhex(row["content"]))


def _need_sm4(algorithm: Algorithm | None) -> None:
    if algorithm is not Algorithm.SM4:
        raise Fault(f"该设备不支持 {algorithm}。GM/T 0018 密码机用 SM4 和 SM2。")
