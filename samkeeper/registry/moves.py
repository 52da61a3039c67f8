"""The only mover: one function changes a card, and only with a warrant.

Ledger entry, event, period and state are written in one transaction. `move` locks the card and the ledger's head
last; an act on several cards locks all of them first, by id, so that two desks never deadlock. Going round this file
is refused by import rules, a lint rule and triggers.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localtime

from samkeeper.errors import Refused
from samkeeper.ledger.append import append, locked_head
from samkeeper.ledger.entry import stamp
from samkeeper.lifecycle import MOVES, parts, target
from samkeeper.parties.models import Account
from samkeeper.registry.models import Card, CardEvent, CardPeriod
from samkeeper.registry.placement import Placement, placed
from samkeeper.rules.warrant import Warrant


@transaction.atomic
def enrol(card: Card, warrant: Warrant, *, at: datetime, recorded: datetime, actor: Account | None) -> CardEvent:
    """Take a new, unsaved card into the register by `receive` or `admit`.

    Raises `Refused` where its number or serial is already there (居民健康卡SAM卡办法 第八条: numbers are unique).
    """
    locked_head()  # of two who enrol the same card at once, the second finds what the first has written
    _reject_known(card)
    card.save(force_insert=True)
    return move(card, warrant, at=at, recorded=recorded, actor=actor)


@transaction.atomic
def move(
    card: Card,
    warrant: Warrant,
    *,
    at: datetime,
    recorded: datetime,
    actor: Account | None,
    to: Placement | None = None,
    happened_at: datetime | None = None,
) -> CardEvent:
    """Make the warranted move, holding from `at` on, and write it into the record.

    `to` is where `issue`, `bind` and `rebind` put the card; `happened_at` is the declared moment (of a loss, say).
    Raises `Refused` where the lifecycle has no such way, the warrant names a part that may not, or `at` precedes the
    card's last change (anything earlier is a correction); `BadInput` where `to` lacks what the move needs.
    """
    # Its unit and last event are read after the lock: joined to it, PostgreSQL has none for a row that a rival changed.
    card = Card.objects.select_for_update().get(pk=card.pk)
    state = _permitted(card, warrant, at)
    held = placed(Placement.of(card), warrant.move, to)
    event = CardEvent(
        card=card,
        move=warrant.move,
        from_state=card.state,
        to_state=state,
        reason=warrant.reason or "",
        at=at,
        happened_at=happened_at,
        actor=actor,
        clause=str(warrant.clause),
        book=warrant.book,
        book_sha256=warrant.sha256,
        basis_kind=warrant.basis.kind,
        basis_no=warrant.basis.number,
    )
    entry = append("card:move", card.sam_no, _facts(event, held), recorded=recorded)
    event.recorded_at, event.ledger_seq = entry.recorded_at, entry.seq
    event.save(force_insert=True)
    CardPeriod.objects.create(card=card, event=event, valid_from=at, state=state, seq=entry.seq, **held.columns())
    Card.objects.filter(pk=card.pk).update(state=state, last_event=event, **held.columns())
    return event


def _reject_known(card: Card) -> None:
    other = Card.objects.filter(Q(sam_no=card.sam_no) | Q(serial_no=card.serial_no or None)).first()
    if other is None:
        return
    if other.sam_no == card.sam_no:
        raise Refused(f"终端机编号 {card.sam_no} 已登记；请核对卡面。", code="duplicate-number")
    raise Refused(f"卡面序列号 {card.serial_no} 已登记在卡 {other.sam_no} 上；请核对卡面。", code="duplicate-serial")


def _permitted(card: Card, warrant: Warrant, at: datetime) -> str:
    """The state that follows, or `Refused`."""
    state = target(card.state, warrant.move)
    kind = MOVES[warrant.move]
    if warrant.part not in parts(card.state, kind):
        raise Refused(f"“{kind.label}”不能由该方办理。", code="wrong-part", clause=str(warrant.clause))
    last = card.last_event
    if last and at < last.at:
        when = f"{localtime(last.at):%Y-%m-%d %H:%M:%S}"
        raise Refused(f"该卡在 {when} 已办理“{last.kind.label}”，不能补记更早的变动；请走更正流程。", code="too-early")
    return state


def _facts(event: CardEvent, held: Placement) -> dict[str, object]:
    """What the ledger keeps of the move: ids, codes and the clause; nothing personal."""
    return {
        "actor": event.actor_id,
        "at": stamp(event.at),
        "basis": f"{event.basis_kind}:{event.basis_no}",
        "book": event.book_sha256,
        "clause": event.clause,
        "device": held.device_no,
        "from": event.from_state,
        "happened_at": stamp(event.happened_at) if event.happened_at else None,
        "institution": held.institution.unit_no if held.institution else None,
        "move": event.move,
        "permissions": held.permissions,
        "reason": event.reason or None,
        "to": event.to_state,
    }
