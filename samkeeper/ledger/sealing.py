"""Checkpoints: signing the head, publishing the signed root, and finding out that a restored copy has fallen behind.

The newest checkpoint also lies in a file outside the database, one for each ledger (`published/ORIGIN.json` of the
office's folder). A database restored from a backup keeps its origin, so the file tells on it: entries that were
published and are gone are admitted by a fork entry, and what follows is a new epoch.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from samkeeper.errors import Fault, Refused
from samkeeper.ledger import checkpoint, models, queries, triggers
from samkeeper.ledger.append import Fact, extend, locked_head
from samkeeper.ledger.checkpoint import Signed, Signer
from samkeeper.ledger.entry import FORK
from samkeeper.ledger.files import write_file


def seal(vault: Signer, *, at: datetime) -> Signed:
    """The signed checkpoint of the ledger as it stands, made unless it is there already; published either way.

    Signs outside any transaction, since a vault may be a machine far away. Compares with what was published first:
    two signed roots of one size would be worth less than none. Refused while the ledger is empty.
    """
    check_published(at=at)
    stands = queries.status()
    if stands.sealed is None or stands.sealed.checkpoint.size < stands.size:
        time = max(at, stands.recorded_at)
        point = checkpoint.Checkpoint(stands.origin, stands.epoch, stands.size, stands.root, time)
        signed, key = checkpoint.sign(point, vault)
        row = {"line": signed.line().decode(), "public_key": key.to_pem()}
        models.Checkpoint.objects.get_or_create(size=stands.size, defaults=row)
    newest = queries.checkpoint_at(stands.size)
    publish(newest)
    return newest


def published_file(origin: str) -> Path:
    """Where the newest published checkpoint of a ledger lies."""
    return Path(settings.VAR) / "published" / f"{origin}.json"


def publish(signed: Signed) -> None:
    """Put the checkpoint where a restored database finds it; never over the same or a newer one."""
    before, point = published(signed.checkpoint.origin), signed.checkpoint
    if before and (before.checkpoint.epoch, before.checkpoint.size) >= (point.epoch, point.size):
        return
    write_file(published_file(point.origin), signed.line() + b"\n")


def published(origin: str) -> Signed | None:
    """The newest published checkpoint of a ledger; Fault where its file is damaged."""
    file = published_file(origin)
    if not file.exists():
        return None
    try:
        return checkpoint.parse(file.read_bytes().rstrip(b"\n"))
    except ValueError:
        raise Fault(f"已公布检查点的文件 {file} 已损坏；请从上级单位或最近一次导出中取回同一检查点。") from None


def start(*, at: datetime) -> models.Entry | None:
    """What the office does when it starts, before anyone writes.

    Fault where a trigger is missing (a migration was killed); the fork entry where one had to be written.
    """
    if lost := triggers.missing(connection, triggers.house()):
        names = "、".join(sorted(lost))
        raise Fault(f"数据库缺少保护触发器 {names}；请先运行 samkeeper manage migrate。")
    return check_published(at=at)


def check_published(*, at: datetime) -> models.Entry | None:
    """Compare the database with what was published; the fork entry that had to be written, None where all is well."""
    head = models.Head.objects.first()
    found = published(head.origin) if head else None
    return admit_fork(found, at=at) if found else None


def admit_fork(known: Signed, *, at: datetime) -> models.Entry | None:
    """Begin a new epoch unless the ledger holds what `known` signs or has admitted the loss before.

    Refused where `known` is of another ledger.
    """
    with transaction.atomic():
        head, point = locked_head(), known.checkpoint
        if head.origin != point.origin:
            raise Refused(f"该检查点属于另一本账（{point.origin}），本账是 {head.origin}。", code="other-ledger")
        if head.size >= point.size and queries.root_at(point.size) == point.root:
            return None
        loss = {name: point.fields()[name] for name in ("epoch", "root", "size", "time")}
        if any(fork.body["published"] == loss for fork in models.Entry.objects.filter(kind=FORK)):
            return None
        head.epoch += 1
        body = {"kept": head.size, "published": loss}
        return extend(head, [Fact(FORK, str(head.epoch), body)], recorded=at)[0]
