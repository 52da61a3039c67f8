"""Bytes kept by their SHA-256 under `SAMKEEPER_VAR`/papers: the same bytes once, each file whole or not there.

A file is written before the row that names it, so a crash leaves at most a file that nothing names.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

from samkeeper.errors import Fault
from samkeeper.ledger.files import failed, sync


def place(sha256: str) -> Path:
    """Where the bytes of that hash (hex) lie, in one of 256 folders."""
    kept: Path = settings.VAR / "papers" / sha256[:2] / sha256
    return kept


def keep(content: bytes) -> str:
    """Put the bytes on disk unless they are there; their hash in hex. Raises `Fault` where the disk fails."""
    sha256 = hashlib.sha256(content).hexdigest()
    file = place(sha256)
    if not file.exists():
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(file, content)
        except OSError as error:
            raise failed(file, error) from error
    return sha256


def _write(file: Path, content: bytes) -> None:
    """A name of its own for each writer, so that two who bring the same bytes at once do not meet."""
    descriptor, name = tempfile.mkstemp(prefix=".", dir=file.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(file)
        sync(file.parent)
    finally:
        partial.unlink(missing_ok=True)


def read(sha256: str) -> bytes:
    """The bytes of that hash. Raises `Fault` where they are gone or no longer the same."""
    try:
        content = place(sha256).read_bytes()
    except OSError as error:
        raise Fault(f"存档文件 {sha256[:12]} 读不出来（{error.strerror}）；请管理员从备份恢复。") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Fault(f"存档文件 {sha256[:12]} 与登记的摘要不符，已被改动或损坏；请管理员从备份恢复。")
    return content
