"""The only mover: one function changes a card, and only with a warrant.

Ledger entry, event, period and state are written in one transaction. Cards are locked by id and the ledger's head
last, so that two desks never deadlock. Going round this file is refused by import rules, a lint rule and triggers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from samkeeper.errors import BadInput, Refused
from samkeeper.ledger.append import append
from samkeeper.lifecycle import MOVES, parts, target
from samkeeper.parties.models import Account, Institution
from samkeeper.registry.models import Card, CardEvent, CardPeriod
from samkeeper.rules.warrant import Warrant


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Whose a card is, where it sits, what it may do (`permissions`: bit mask by kind of business, -1 = all)."""

    institution: Institution | None = None
    device_no: str = ""
    place: str = ""
    permissions: int = -1


# Moves after which the card is in no terminal, and those after which it is no unit's.
_OUT_OF_THE_TERMINAL = frozenset({"unbind", "resume", "hand_in", "pass_test", "take_back"})
_OUT_OF_THE_UNIT = frozenset({"take_back"})


@transaction.atomic
def enrol(card: Card, warrant: Warrant, *, at: datetime, recorded: datetime, actor: Account | None) -> CardEvent:
    """Take a new, unsaved card into the register by `receive` or `admit`.

    Raises `Refused` where its number or serial is already there (居民健康卡SAM卡办法 第八条: numbers are unique).
    """
    same = Q(sam_no=card.sam_no) | Q(serial_no=card.serial_no or None)
    if other := Card.objects.filter(same).first():
        raise Refused(
            f"终端机编号 {card.sam_no} 或卡面序列号已登记（见 {other.sam_no}）；请核对卡面。", code="duplicate"
        )
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
    card = Card.objects.select_for_update(of=("self",)).select_related("institution", "last_event").get(pk=card.pk)
    state = _permitted(card, warrant, at)
    held = _placed(card, warrant.move, to)
    entry = append("card:move", card.sam_no, _entry(card, warrant, state, held, at), recorded=recorded)
    event = CardEvent.objects.create(
        card=card,
        move=warrant.move,
        from_state=card.state,
        to_state=state,
        reason=warrant.reason or "",
        at=at,
        happened_at=happened_at,
        recorded_at=entry.recorded_at,
        actor=actor,
        clause=str(warrant.clause),
        book=warrant.book,
        book_sha256=warrant.sha256,
        basis_kind=warrant.basis.kind,
        basis_no=warrant.basis.number,
        ledger_seq=entry.seq,
    )
    CardPeriod.objects.create(card=card, event=event, valid_from=at, state=state, seq=entry.seq, **_columns(held))
    Card.objects.filter(pk=card.pk).update(state=state, last_event=event, **_columns(held))
    return event


def _permitted(card: Card, warrant: Warrant, at: datetime) -> str:
    """The state that follows, or `Refused`."""
    state = target(card.state, warrant.move)
    kind = MOVES[warrant.move]
    if warrant.part not in parts(card.state, kind):
        raise Refused(f"“{kind.label}”不能由该方办理。", code="wrong-part", clause=str(warrant.clause))
    last = card.last_event
    if last and at < last.at:
        raise Refused(
            f"该卡在 {last.at:%Y-%m-%d %H:%M:%S} 已办理“{last.kind.label}”，不能补记更早的变动；请走更正流程。",
            code="too-early",
        )
    return state


def _placed(card: Card, code: str, to: Placement | None) -> Placement:
    """What the period asserts: the card's placement, changed as the move says."""
    held = Placement(
        institution=card.institution, device_no=card.device_no, place=card.place, permissions=card.permissions
    )
    if code in _OUT_OF_THE_TERMINAL:
        held = replace(held, device_no="", place="")
    if code in _OUT_OF_THE_UNIT:
        held = replace(held, institution=None)
    if code == "issue":
        if to is None or to.institution is None:
            raise BadInput("没有写明发给哪个使用单位", where="发放", remedy="请选择使用单位")
        held = to
    if code in ("bind", "rebind"):
        if to is None or not (to.place or to.device_no):
            raise BadInput("没有写明安装应用位置", where=MOVES[code].label, remedy="请填写位置或终端设备号")
        held = replace(held, device_no=to.device_no, place=to.place)
    return held


def _columns(held: Placement) -> dict[str, object]:
    return {name: getattr(held, name) for name in Placement.__dataclass_fields__}


def _entry(card: Card, warrant: Warrant, state: str, held: Placement, at: datetime) -> dict[str, object]:
    """What the ledger keeps of the move: ids, codes and the clause; nothing personal."""
    return {
        "at": at.isoformat(),
        "basis": f"{warrant.basis.kind}:{warrant.basis.number}",
        "book": warrant.sha256,
        "clause": str(warrant.clause),
        "device": held.device_no,
        "from": card.state,
        "institution": held.institution.unit_no if held.institution else None,
        "move": warrant.move,
        "permissions": held.permissions,
        "reason": warrant.reason,
        "to": state,
    }
