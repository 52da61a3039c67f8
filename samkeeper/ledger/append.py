"""The only way into the record: entries in the caller's own transaction, one after the other, without a gap.

Lock order of the house: cards by id, the ledger's head last. Whoever appends holds the head until the transaction
ends, so append at the end of an act, and everything of one act at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.transaction import TransactionManagementError

from samkeeper.ledger import tree
from samkeeper.ledger.models import Entry, Head


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be recorded: `kind` as source:subject:action, `subject` an id, `body` of ids, codes and clauses.

    No personal data, names or numbers of persons: put a commitment there (`commitments.commit`).
    """

    kind: str
    subject: str
    body: Mapping[str, object]


def append(kind: str, subject: str, body: Mapping[str, object], *, recorded: datetime) -> Entry:
    """Record one fact; see `append_all`."""
    return append_all([Fact(kind, subject, body)], recorded=recorded)[0]


def append_all(facts: Sequence[Fact], *, recorded: datetime) -> list[Entry]:
    """Record facts in order, in the caller's transaction; the entries, with `seq` and the moment they were given.

    The record's clock never runs backwards: a writer who had to wait for another is lifted to the newest entry's
    moment, so take `recorded_at` from what is returned. TransactionManagementError outside a transaction,
    ValueError for a fact that has no canonical form; both are bugs of the caller.
    """
    head = locked_head()
    return extend(head, facts, recorded=recorded)


def locked_head() -> Head:
    """The head, held until the transaction ends (SQLite: the transaction itself began IMMEDIATE)."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("the ledger takes entries only inside a transaction")
    for head in Head.objects.select_for_update():  # there is one row: a filter would only cost time under the lock
        return head
    # First entry ever; of two writers who both come here one makes the row and the other waits for it.
    Head.objects.bulk_create([Head(pk=Head.ONLY, origin=secrets.token_hex(16))], ignore_conflicts=True)
    return Head.objects.select_for_update().get(pk=Head.ONLY)


def extend(head: Head, facts: Sequence[Fact], *, recorded: datetime) -> list[Entry]:
    """Write `facts` behind a locked head and move it on."""
    if not facts:
        return []
    moment = max(recorded, head.recorded_at or recorded)
    frontier = head.frontier()
    entries = [_entry(fact, frontier, head.epoch, moment) for fact in facts]
    Entry.objects.bulk_create(entries)
    head.size, head.peaks, head.recorded_at = frontier.size, frontier.to_bytes(), moment
    head.save(force_update=True)
    return entries


def _entry(fact: Fact, frontier: tree.Frontier, epoch: int, moment: datetime) -> Entry:
    seq = frontier.size + 1
    body = dict(fact.body)
    entry = Entry(seq=seq, kind=fact.kind, subject=fact.subject, recorded_at=moment, epoch=epoch, body=body)
    entry.nodes = b"".join(frontier.append(tree.leaf_hash(entry.line())))
    return entry
