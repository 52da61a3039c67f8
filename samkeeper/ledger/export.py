"""The ledger as a folder that anyone can verify: entries, tree, signed checkpoints, public keys.

What is written depends on the size alone, so two exports of the same size are the same, byte for byte.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samkeeper.errors import BadInput, Fault
from samkeeper.ledger.models import Checkpoint, Entry
from samkeeper.ledger.verify import CHECKPOINTS, ENTRIES, PUBLIC_KEY, TREE

ROWS = 2_000


def export(folder: Path, size: int) -> None:
    """Write the first `size` entries, for which there is a checkpoint, to the new `folder`: whole or not at all.

    BadInput where the folder exists or cannot be; Fault where the disk fails.
    """
    with whole(folder) as partial:
        with (partial / ENTRIES).open("wb") as lines, (partial / TREE).open("wb") as tree:
            for entry in Entry.objects.filter(seq__lte=size).iterator(ROWS):
                lines.write(entry.line() + b"\n")
                tree.write(entry.nodes)
        rows = list(Checkpoint.objects.filter(size__lte=size))
        (partial / CHECKPOINTS).write_text("".join(row.line + "\n" for row in rows))
        # The newest key first, each once: after a change of key the older checkpoints still need the older one.
        (partial / PUBLIC_KEY).write_text("".join(dict.fromkeys(row.public_key for row in reversed(rows))))


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to fill that gets its name when it is full and on disk, and is gone if anything fails before."""
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
        raise Fault(f"写入 {folder} 失败（{error.strerror}），没有留下任何文件。请检查磁盘后重试。") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sync(path: Path) -> None:
    """Have the system put a file or folder on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
