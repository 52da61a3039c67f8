"""A small office for tests of pages: a bureau with its desk, units, people of every role, and cards in any state.

Cards are moved by the one mover. Their warrants are made here and not by a procedure, because pages are to be seen with
cards in states that no single book leads to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.test import Client

from samkeeper.lifecycle import MOVES, UNBORN, Part, Reason, parts
from samkeeper.parties.models import Account, Authority, Custodian, Desk, Institution, Role, System, Tier
from samkeeper.registry.models import Card
from samkeeper.registry.moves import enrol, move
from samkeeper.registry.placement import Placement
from samkeeper.rules.clause import HOUSE_TITLE, Clause
from samkeeper.rules.warrant import _SEAL, Basis, BasisKind, Warrant
from samkeeper.rules.words import CardRole, Case

OPENED = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
PASSWORD = "kahu-2026-only-for-tests"
BEIJING = "北京市社会保障PSAM卡管理试行办法实施细则"

# The moves that lead a new card to each state.
WAYS = {
    "blank": "receive",
    "initialized": "receive initialize",
    "personalized": "receive initialize personalize",
    "in_stock": "admit",
    "issued": "admit issue",
    "in_service": "admit issue bind",
    "suspended": "admit issue bind suspend",
    "handed_in": "admit issue bind hand_in",
    "cancelled": "admit issue bind suspend cancel",
    "returned": "admit issue bind hand_in cancel recover",
    "destroyed": "admit issue bind hand_in cancel recover destroy",
}


@dataclass(frozen=True)
class Office:
    """One bureau with its desk, a unit, and a person of each role."""

    authority: Authority
    desk: Desk
    unit: Institution
    accounts: dict[str, Account]


def stand_up(name: str = "北京市", area: str = "110101", *, unit: str = "北京同仁医院") -> Office:
    """An office with its people; usernames begin with the area's code, so that several can stand side by side."""
    authority = Authority.objects.create(
        name=f"{name}人力资源和社会保障局", tier=Tier.CITY, system=System.SOCIAL, area_code=f"{area[:4]}00"
    )
    desk = Desk.objects.create(name=f"{name}卡安全服务网点", authority=authority, area_code=area, phone="010-65551234")
    first = add_unit(desk, f"{area}0001", unit)
    bodies = {
        Role.CUSTODIAN: {"institution": first},
        Role.OFFICER: {"desk": desk},
        Role.CHECKER: {"desk": desk},
        Role.AUDITOR: {"authority": authority},
    }
    accounts = {
        role.value: Account.objects.create_user(
            f"{area}-{role.value}", password=PASSWORD, name=f"{'王李张赵'[place]}{role.label}", role=role, **body
        )
        for place, (role, body) in enumerate(bodies.items())
    }
    return Office(authority, desk, first, accounts)


def add_unit(desk: Desk, unit_no: str, name: str, *, windows: int = 2, kind: str = "designated_medical") -> Institution:
    """A unit with its custodian."""
    unit = Institution.objects.create(
        unit_no=unit_no,
        name=name,
        kind=kind,
        area_code=desk.area_code,
        address="崇文门内大街8号",
        phone="010-58269911",
        desk=desk,
        windows=windows,
    )
    Custodian.objects.create(institution=unit, name="王保管", phone="13800001234", since=OPENED)
    return unit


def add_card(
    unit: Institution,
    sam_no: str,
    state: str = "in_service",
    *,
    at: datetime = OPENED,
    actor: Account | None = None,
    place: str = "一层收费处3号窗口",
    ours: bool = False,
) -> Card:
    """A card of `unit` led to `state`, a day between moves; `ours`: under the house rule instead of Beijing's."""
    card = Card(
        sam_no=sam_no,
        serial_no=f"9156{int(sam_no, 16):016}",
        kind=System.SOCIAL,
        purpose="门诊结算",
        warranty_until=date(2028, 3, 1),
    )
    for code in WAYS[state].split():
        leave = warrant(card.state, code, ours=ours)
        if card.pk is None:
            enrol(card, leave, at=at, recorded=at, actor=actor)
        else:
            where = Placement(institution=unit, device_no="" if code == "issue" else "T-0001", place=place)
            move(card, leave, at=at, recorded=at, actor=actor, to=where, happened_at=at if leave.reason else None)
        card.refresh_from_db()
        at += timedelta(days=1)
    return card


def report_lost(card: Card, by: Account) -> str:
    """Report a card lost on the page, as its custodian does; the case's number."""
    client = Client()
    client.force_login(by)
    told = {"happened_at": "2026-06-01T18:30", "statement": "交班时发现不见了，窗口和抽屉都找过。", "send": "1"}
    sent = client.post(f"/report/{card.sam_no}/", told)
    assert sent.status_code == 302, sent.content.decode()
    return sent["Location"].split("/")[2]


def warrant(state: str, code: str, *, ours: bool = False) -> Warrant:
    """Leave for a move, as 第八条（三） would give it."""
    part = Part.ISSUER if state == UNBORN else min(parts(state, MOVES[code]))
    return Warrant(
        clause=Clause(HOUSE_TITLE, "报失即挂失") if ours else Clause(BEIJING, "第八条", "（三）"),
        book="beijing",
        sha256="0" * 64,
        case=Case.LOSS,
        step="8.3",
        move=code,
        card=CardRole.SUBJECT,
        part=part,
        reason=Reason.LOST if code in ("suspend", "cancel") else None,
        basis=Basis(BasisKind.CASE, "2026-000001"),
        is_house=ours,
        seal=_SEAL,
    )
