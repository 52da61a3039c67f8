"""Where results go: a stream, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from samkeeper.errors import Fault

Target = str | PathLike[str] | BinaryIO


@contextmanager
def writing(target: Target) -> Iterator[BinaryIO]:
    """A stream to write to; a path is replaced only after everything is written and on the disk.

    Fault where that fails: no such folder, no permission, disk full; then nothing has changed.
    """
    if not isinstance(target, str | PathLike):
        yield target
        return
    path = Path(target)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        raise Fault(
            f"写入 {path} 失败（{error.strerror}），没有留下半份文件。请检查文件夹、权限和磁盘后重试。"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
