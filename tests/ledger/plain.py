"""Ledgers written as exports without a database, for those who only verify."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from samkeeper.ledger import checkpoint
from samkeeper.ledger.checkpoint import Signed, Signer
from samkeeper.ledger.entry import FORK, Entry, stamp
from samkeeper.ledger.tree import Frontier, leaf_hash

START = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)


def moment(seq: int) -> datetime:
    return START + timedelta(seconds=seq)


def entry(seq: int, *, epoch: int = 0, kind: str = "card:move") -> Entry:
    body = {"published": {}} if kind == FORK else {"clause": "第八条（三）", "from": "issued", "to": "in_service"}
    return Entry(body, epoch, kind, stamp(moment(seq)), seq, f"card{seq % 7}")


def entries(count: int, *, forks: Sequence[int] = ()) -> list[Entry]:
    """Entries 1 … `count`; those whose numbers are among `forks` begin a new epoch."""
    epochs = [sum(fork <= seq for fork in forks) for seq in range(1, count + 1)]
    kinds = [FORK if seq in forks else "card:move" for seq in range(1, count + 1)]
    return [entry(seq, epoch=epoch, kind=kind) for seq, (epoch, kind) in enumerate(zip(epochs, kinds, strict=True), 1)]


def write(folder: Path, lines: Sequence[Entry], seals: Sequence[int], vault: Signer) -> list[Signed]:
    """An export of `lines` with a checkpoint at each size of `seals`."""
    folder.mkdir()
    frontier, nodes, signed = Frontier(), bytearray(), []
    for seq, line in enumerate(lines, 1):
        nodes += b"".join(frontier.append(leaf_hash(line.line())))
        if seq in seals:
            point = checkpoint.Checkpoint("test", line.epoch, seq, frontier.root(), moment(line.seq))
            signed.append(checkpoint.sign(point, vault)[0])
    (folder / "entries.jsonl").write_bytes(b"".join(line.line() + b"\n" for line in lines))
    (folder / "tree").write_bytes(nodes)
    (folder / "checkpoints.jsonl").write_bytes(b"".join(one.line() + b"\n" for one in signed))
    (folder / "public-key.pem").write_text(vault.public_key("sign").to_pem())
    return signed
