"""Files of secrets: sealed under a passphrase, written whole or not at all, readable by their owner only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from samkeeper.errors import BadInput, Fault
from samkeeper.keys.secret import Secret

MAGIC = b"SAMKEEPER-SEALED-1\n"
SALT, NONCE = 16, 12


class Seal:
    """A passphrase made ready to seal and unseal; stretching it is done once a salt."""

    def __init__(self, passphrase: Secret) -> None:
        self._passphrase = passphrase
        self._head = b""
        self._cipher: AESGCM | None = None

    def close(self, plain: bytes) -> bytes:
        """magic ‖ salt ‖ nonce ‖ AES-256-GCM under scrypt(passphrase, salt); the head is authenticated too."""
        nonce = os.urandom(NONCE)
        cipher = self._cipher or self._ready(MAGIC + os.urandom(SALT))
        return self._head + nonce + cipher.encrypt(nonce, plain, self._head)

    def open(self, sealed: bytes, where: str) -> bytes:
        """What `close` took; BadInput for another kind of file, a wrong passphrase or a changed byte."""
        head, rest = sealed[: len(MAGIC) + SALT], sealed[len(MAGIC) + SALT :]
        if not head.startswith(MAGIC) or len(rest) < NONCE:
            raise BadInput("不是卡护的密封文件", where=where, remedy="请核对文件名")
        cipher = self._cipher if self._cipher and head == self._head else self._ready(head)
        try:
            return cipher.decrypt(rest[:NONCE], rest[NONCE:], head)
        except InvalidTag:
            raise BadInput("口令不对，或者文件已被改动", where=where, remedy="请核对口令，必要时从备份恢复") from None

    def _ready(self, head: bytes) -> AESGCM:
        salt = head[len(MAGIC) :]
        key = Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(self._passphrase.reveal())
        self._head, self._cipher = head, AESGCM(key)
        return self._cipher


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput("文件不存在", where=str(path), remedy="请核对文件名") from None
    except OSError as error:
        raise Fault(f"{path}：读不出来（{error.strerror}）。请检查文件权限。") from error


def write(path: Path, content: bytes) -> None:
    """Replace `path` in one step: a temporary file beside it, mode 0600, synced, renamed, the folder synced."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise Fault(f"{path}：写不进去（{error.strerror}）。请检查文件夹、权限和剩余空间。") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
