"""Files and folders that are there whole or not at all, whatever stops the program; telling how far long work is."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from samkeeper.errors import BadInput, Fault

Progress: TypeAlias = Callable[[int, int], None]
"""Told, every STEP entries, how many of how many are done."""

STEP = 2_000


def unwatched(done: int, whole: int) -> None:
    """Progress that nobody watches."""


def write_file(file: Path, data: bytes) -> None:
    """Put `data` in `file`, in place of what was there, and make its folder. Fault where the disk fails."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        sync(partial)
        partial.replace(file)
        sync(file.parent)
    except OSError as error:
        raise failed(file, error) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill that gets its name when it is full and on disk, and is gone if anything fails before.

    BadInput where `folder` exists or cannot be; Fault where the disk fails.
    """
    if folder.exists():
        raise BadInput("已经存在", where=str(folder), remedy="请换一个尚不存在的文件夹")
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise BadInput(f"上级文件夹不能写入（{error.strerror}）", where=str(folder.parent)) from None
    try:
        yield partial
        partial.chmod(0o755)
        for file in partial.iterdir():
            sync(file)
        sync(partial)
        partial.rename(folder)
        sync(folder.parent)
    except OSError as error:
        raise failed(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def failed(path: Path, error: OSError) -> Fault:
    return Fault(f"写入 {path} 失败（{error.strerror}），没有留下半份文件。请检查磁盘和权限后重试。")


def sync(path: Path) -> None:
    """Have the system put a file or folder on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
