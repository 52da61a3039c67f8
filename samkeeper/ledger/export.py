"""The ledger as a folder that anyone can verify: entries, tree, signed checkpoints, public keys.

What is written depends on the size alone, so two exports of the same size are the same, byte for byte.
"""

from __future__ import annotations

from pathlib import Path

from samkeeper.ledger.files import STEP, Progress, new_folder, unwatched
from samkeeper.ledger.models import Checkpoint, Entry
from samkeeper.ledger.verify import CHECKPOINTS, ENTRIES, PUBLIC_KEY, TREE


def export(folder: Path, size: int, progress: Progress = unwatched) -> None:
    """Write the first `size` entries, for which there is a checkpoint, to the new `folder`: whole or not at all.

    BadInput where the folder exists or cannot be; Fault where the disk fails.
    """
    with new_folder(folder) as partial:
        with (partial / ENTRIES).open("wb") as lines, (partial / TREE).open("wb") as tree:
            for entry in Entry.objects.filter(seq__lte=size).iterator(STEP):
                lines.write(entry.line() + b"\n")
                tree.write(entry.nodes)
                if entry.seq % STEP == 0:
                    progress(entry.seq, size)
        rows = list(Checkpoint.objects.filter(size__lte=size))
        (partial / CHECKPOINTS).write_text("".join(row.line + "\n" for row in rows))
        # The newest key first, each once: after a change of key the older checkpoints still need the older one.
        (partial / PUBLIC_KEY).write_text("".join(dict.fromkeys(row.public_key for row in reversed(rows))))
