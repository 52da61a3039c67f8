"""What an outsider does with an export or a proof: no database, no Django, one pass, constant memory.

Every line is parsed, counted and hashed into the tree; the tree is held against the stored one, which tells *where*
they part, and against the signed roots, which tell *that* they do even where both files were rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from samkeeper.errors import BadInput, Refused
from samkeeper.ledger import checkpoint, entry, proof
from samkeeper.ledger.checkpoint import Keys, Signed, public_keys
from samkeeper.ledger.files import STEP, Progress, unwatched
from samkeeper.ledger.tree import Frontier, leaf_hash

ENTRIES, TREE, CHECKPOINTS, PUBLIC_KEY = "entries.jsonl", "tree", "checkpoints.jsonl", "public-key.pem"
REMEDY = "请重新导出，或向导出单位索取完整的一份"


class Misfit(Refused):
    """Something inside does not fit; `seq` is the first entry from which that is known."""

    def __init__(self, message: str, seq: int | None = None) -> None:
        super().__init__(message, code="ledger-misfit")
        self.seq = seq


@dataclass(frozen=True, slots=True)
class Fork:
    """A restored copy that was behind what had been published: `kept` entries, then a new epoch."""

    kept: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was verified: the newest checkpoint, how many there are, and the forks the ledger admits."""

    newest: Signed
    checkpoints: int
    forks: Sequence[Fork]


def read_keys(file: Path) -> Keys:
    """The public keys by which signatures are judged; BadInput where the file holds none."""
    try:
        return public_keys(file.read_bytes())
    except OSError as error:
        raise BadInput(f"公钥文件读不出来（{error.strerror}）", where=str(file)) from None


def verify_proof(file: Path, keys: Keys) -> str:
    """What the proof shows. Misfit where it does not hold; BadInput for a missing, cut or damaged file."""
    try:
        found = proof.read(file.read_bytes())
    except OSError as error:
        raise BadInput(f"证明文件读不出来（{error.strerror}）", where=str(file)) from None
    except ValueError:
        raise BadInput("不是完整的证明文件", where=str(file), remedy="请重新出具证明") from None
    if fault := found.fault(keys):
        raise Misfit(fault)
    return found.claim()


def verify_export(folder: Path, keys: Keys, progress: Progress = unwatched) -> Report:
    """Check a whole export. Misfit names the first entry that does not fit; BadInput where a file is missing."""
    missing = [name for name in (ENTRIES, TREE, CHECKPOINTS) if not (folder / name).is_file()]
    if missing:
        raise BadInput(f"缺少文件 {'、'.join(missing)}", where=str(folder), remedy=REMEDY)
    try:
        signed = _checkpoints(folder / CHECKPOINTS, keys)
        with (folder / ENTRIES).open("rb") as entries, (folder / TREE).open("rb") as tree:
            forks = _Walk(signed, tree).over(entries, progress)
    except OSError as error:
        raise BadInput(f"读取失败（{error.strerror}）", where=str(folder), remedy=REMEDY) from None
    return Report(signed[-1], len(signed), forks)


def read_checkpoint(file: Path, keys: Keys) -> Signed:
    """A single checkpoint kept elsewhere. Misfit where none of `keys` signed it; BadInput where it is none."""
    try:
        signed = checkpoint.parse(file.read_bytes().rstrip())
    except (OSError, ValueError):
        raise BadInput("不是检查点", where=str(file), remedy="请给出 checkpoints.jsonl 中的一行") from None
    if not signed.holds(keys):
        raise Misfit(proof.unsigned(signed))
    return signed


def _checkpoints(file: Path, keys: Keys) -> list[Signed]:
    """All checkpoints, each signed by one of `keys`, of one ledger, growing."""
    found: list[Signed] = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            signed = checkpoint.parse(line)
        except ValueError:
            raise Misfit(f"{CHECKPOINTS} 第 {number} 行不是检查点") from None
        if not signed.holds(keys):
            raise Misfit(proof.unsigned(signed))
        if found and not _follows(found[-1].checkpoint, signed.checkpoint):
            raise Misfit(f"{CHECKPOINTS} 第 {number} 行与上一行不相接：账本标识不同，或者没有增长")
        found.append(signed)
    if not found:
        raise Misfit(f"{CHECKPOINTS} 中没有检查点，条目没有签名可以核对", seq=1)
    return found


def _follows(old: checkpoint.Checkpoint, new: checkpoint.Checkpoint) -> bool:
    return old.origin == new.origin and old.size < new.size and old.epoch <= new.epoch


class _Walk:
    """One pass over the entries: what has been seen so far, and what must come next."""

    def __init__(self, signed: Sequence[Signed], tree: BinaryIO) -> None:
        self.end = signed[-1].checkpoint.size
        self.ahead = iter([one.checkpoint for one in signed])
        self.next = next(self.ahead)
        self.tree = tree
        self.frontier = Frontier()
        self.sealed = 0
        self.epoch = 0
        self.recorded = ""
        self.forks: list[Fork] = []

    def over(self, entries: BinaryIO, progress: Progress) -> list[Fork]:
        for seq, line in enumerate(_lines(entries), 1):
            self.take(seq, line)
            if seq % STEP == 0:
                progress(seq, self.end)
        if self.frontier.size < self.end:
            missing = self.frontier.size + 1
            raise Misfit(f"缺少第 {missing} 条：检查点签了 {self.end} 条，文件只有 {missing - 1} 条", missing)
        if self.tree.read(1):
            raise Misfit(f"{TREE} 文件比条目多出内容", self.end + 1)
        return self.forks

    def take(self, seq: int, line: bytes) -> None:
        """The line that should be entry `seq`."""
        if seq > self.end:
            raise Misfit(f"第 {seq} 条多出：检查点只签了 {self.end} 条", seq)
        try:
            found = entry.parse(line)
        except ValueError:
            raise Misfit(f"第 {seq} 条读不懂：{ENTRIES} 第 {seq} 行不是规范写法的账本条目", seq) from None
        if found.seq != seq:
            raise Misfit(f"第 {seq} 条不在应有的位置：该行写的是第 {found.seq} 条（缺行、多行或次序被改动）", seq)
        nodes = b"".join(self.frontier.append(leaf_hash(line)))
        if self.tree.read(len(nodes)) != nodes:
            raise Misfit(f"第 {seq} 条与 {TREE} 文件中的散列不符", seq)
        self.order(found)
        if seq == self.next.size:
            self.seal(found)

    def order(self, found: entry.Entry) -> None:
        """The clock never runs backwards, and a new epoch begins with a fork entry only."""
        if found.recorded_at < self.recorded:
            raise Misfit(f"第 {found.seq} 条的记录时间早于上一条", found.seq)
        forked = found.kind == entry.FORK
        if found.epoch != self.epoch + forked:
            raise Misfit(f"第 {found.seq} 条的纪元应为 {self.epoch + forked}，写的是 {found.epoch}", found.seq)
        if forked:
            self.forks.append(Fork(found.seq - 1, found.epoch))
        self.recorded, self.epoch = found.recorded_at, found.epoch

    def seal(self, newest: entry.Entry) -> None:
        """The entries since the last checkpoint stand under a signature now, or one of them was changed."""
        if self.frontier.root() != self.next.root:
            span = f"第 {self.sealed + 1} 至 {newest.seq} 条"
            raise Misfit(f"{span}中有改动：算出的根与检查点 {newest.seq} 的签名根不符", self.sealed + 1)
        if self.next.epoch != newest.epoch or entry.stamp(self.next.time) < newest.recorded_at:
            raise Misfit(f"检查点 {newest.seq} 的纪元或时间与第 {newest.seq} 条不符", newest.seq)
        self.sealed = newest.seq
        self.next = next(self.ahead, self.next)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their newline; one that is cut or far too long comes as it is and will not parse."""
    while line := file.readline(entry.MAX_LINE + 2):
        yield line[:-1] if line.endswith(b"\n") else line + b"\xff"
