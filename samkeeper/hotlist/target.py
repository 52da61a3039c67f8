"""Files read whole, and lists written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from samkeeper.errors import BadInput


def load(path: Path) -> bytes:
    """The file's bytes. BadInput where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"无法读取（{error.strerror}）", where=str(path), remedy="请检查文件名和权限") from None


def save(path: Path, data: bytes) -> None:
    """Write to a temporary name beside `path`, sync, rename. BadInput where the place cannot be written."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.absolute().parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise BadInput(
            f"无法写入（{error.strerror}）", where=str(path), remedy="请检查文件夹、权限和磁盘空间"
        ) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
