"""Where results go: a stream, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO

Target = str | PathLike[str] | BinaryIO


@contextmanager
def writing(target: Target) -> Iterator[BinaryIO]:
    """A stream to write to; a path is replaced only after everything is written and on the disk."""
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
    finally:
        partial.unlink(missing_ok=True)
