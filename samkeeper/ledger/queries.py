"""Reading the record: hashes of its tree, roots of earlier sizes, where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from samkeeper.errors import Refused
from samkeeper.ledger import checkpoint, tree
from samkeeper.ledger.checkpoint import Signed
from samkeeper.ledger.models import Checkpoint, Entry, Head
from samkeeper.ledger.proof import Consistency, Inclusion


@dataclass(frozen=True, slots=True)
class Status:
    """Where the ledger stands; `sealed` is its newest checkpoint, None before the first."""

    origin: str
    epoch: int
    size: int
    root: bytes
    recorded_at: datetime
    sealed: Signed | None


def status() -> Status:
    """The head and the newest checkpoint; Refused (code `ledger-empty`) before the first entry."""
    head = Head.objects.filter(size__gt=0).first()
    if head is None or head.recorded_at is None:
        raise Refused("账本还没有条目。", code="ledger-empty")
    root = head.frontier().root()
    return Status(head.origin, head.epoch, head.size, root, head.recorded_at, newest_checkpoint())


def newest_checkpoint() -> Signed | None:
    row = Checkpoint.objects.last()
    return checkpoint.parse(row.line) if row else None


def checkpoint_at(size: int) -> Signed:
    """The checkpoint of exactly `size` entries; Refused, with its neighbours, where there is none."""
    if row := Checkpoint.objects.filter(size=size).first():
        return checkpoint.parse(row.line)
    below = Checkpoint.objects.filter(size__lt=size).last()
    above = Checkpoint.objects.filter(size__gt=size).first()
    near = "、".join(str(row.size) for row in (below, above) if row) or "无"
    raise Refused(f"账本长度 {size} 处没有签名检查点；最近的检查点：{near}。", code="no-checkpoint")


def root_at(size: int) -> bytes:
    """The root that the ledger had at `size` (at least 1, at most the present size)."""
    return range_hashes([(0, size)])[0]


def prove_inclusion(seq: int, signed: Signed) -> Inclusion:
    """The proof that entry `seq` stands under `signed`; Refused for an entry that it does not cover."""
    size = signed.checkpoint.size
    entry = Entry.objects.filter(seq=seq, seq__lte=size).first()
    if entry is None:
        raise Refused(f"检查点 {size} 之内没有第 {seq} 条；请核对条目编号。", code="no-entry")
    return Inclusion(entry.value()._asdict(), signed, range_hashes(tree.inclusion_path(seq - 1, size)))


def prove_consistency(old: Signed, new: Signed) -> Consistency:
    """The proof that the ledger at `new` begins with what it had at `old`; Refused where `old` is the newer."""
    sizes = old.checkpoint.size, new.checkpoint.size
    if sizes[0] > sizes[1]:
        raise Refused(f"检查点 {sizes[0]} 晚于检查点 {sizes[1]}，无从证明前者是后者的开头。", code="no-proof")
    return Consistency(old, new, range_hashes(tree.consistency_path(*sizes)))


def range_hashes(ranges: Sequence[tree.Range]) -> list[bytes]:
    """The hash of each range of leaves, folded up from stored nodes: one query, O(log² n) rows."""
    covers = [list(tree.cover(*one)) for one in ranges]
    hashes = _nodes(node for cover in covers for node in cover)
    return [tree.fold([hashes[node] for node in cover]) for cover in covers]


def _nodes(wanted: Iterable[tree.Node]) -> dict[tree.Node, bytes]:
    """Each node's hash, from the entry that completed it."""
    by_entry: dict[int, list[tree.Node]] = {}
    for level, index in wanted:
        by_entry.setdefault((index + 1) << level, []).append((level, index))
    rows = dict(Entry.objects.filter(seq__in=by_entry).values_list("seq", "nodes"))
    return {
        node: bytes(rows[seq])[node[0] * tree.DIGEST : (node[0] + 1) * tree.DIGEST]
        for seq, nodes in by_entry.items()
        for node in nodes
    }
