"""Load the sample lists once: two cities, their units and cards, people, and a loss under each law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from samkeeper.casework.actions import Request, open_case
from samkeeper.parties.accounts import sign_up
from samkeeper.parties.models import Account, Institution, Role
from samkeeper.registry.models import Card
from samkeeper.registry.queries import spare_cards
from samkeeper.rules.words import Case as CaseKind
from samkeeper.stock.imports import take

DATA = Path(__file__).parent / "data"
PASSWORD = "samkeeper-demo"  # noqa: S105 (printed for everyone to see; the demo listens on loopback only)

BEIJING_UNIT, JIEYANG_UNIT = "01010001", "H44520200001"
BEIJING_DESK, JIEYANG_DESK = "东城卡安全服务网点（示例）", "揭阳市社会保障卡管理窗口（示例）"
BEIJING, JIEYANG = "北京市社会保障卡密钥管理单位（示例）", "揭阳市人力资源和社会保障局（示例）"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone to sign in as; `body` names the unit, desk or authority."""

    username: str
    name: str
    role: Role
    body: str


PEOPLE = (
    Person("bj-custodian", "北京·医院保管人", Role.CUSTODIAN, BEIJING_UNIT),
    Person("bj-officer", "北京·网点经办人", Role.OFFICER, BEIJING_DESK),
    Person("bj-checker", "北京·网点复核人", Role.CHECKER, BEIJING_DESK),
    Person("bj-approver", "北京·网点管理人员", Role.APPROVER, BEIJING_DESK),
    Person("bj-keeper", "北京·网点保管人员", Role.KEEPER, BEIJING_DESK),
    Person("bj-issuer", "北京·发卡管理员", Role.ISSUER, BEIJING),
    Person("bj-auditor", "北京·审计员", Role.AUDITOR, BEIJING),
    Person("jy-custodian", "揭阳·医院保管人", Role.CUSTODIAN, JIEYANG_UNIT),
    Person("jy-officer", "揭阳·市局经办人", Role.OFFICER, JIEYANG_DESK),
    Person("jy-checker", "揭阳·市局复核人", Role.CHECKER, JIEYANG_DESK),
    Person("jy-approver", "揭阳·市局管理人员", Role.APPROVER, JIEYANG_DESK),
    Person("jy-keeper", "揭阳·市局保管人员", Role.KEEPER, JIEYANG_DESK),
    Person("jy-issuer", "揭阳·发卡管理员", Role.ISSUER, JIEYANG),
    Person("jy-auditor", "揭阳·审计员", Role.AUDITOR, JIEYANG),
)


def is_loaded() -> bool:
    """Whether the sample data are there already, or the database holds anything else."""
    return Institution.objects.exists()


@transaction.atomic
def load(at: datetime) -> None:
    """Take the lists, make the accounts, and let two units report a loss an hour ago. Whole or not at all."""
    opened = at - timedelta(days=30)
    for file in sorted(DATA.glob("*.csv")):
        take(file, at=opened).require()
    for person in PEOPLE:
        sign_up(person.username, name=person.name, role=person.role, body=person.body, password=PASSWORD)
    for username, place in (("bj-custodian", "药房1号窗口"), ("jy-custodian", "急诊收费1号窗口")):
        _report(Account.objects.get(username=username), place, at - timedelta(hours=1))


def _report(custodian: Account, place: str, at: datetime) -> None:
    unit = custodian.institution
    assert unit is not None  # noqa: S101 (a custodian has one)
    card = Card.objects.get(institution=unit, place=place)
    asked = Request(
        kind=CaseKind.LOSS,
        cards=(card,),
        happened_at=at - timedelta(hours=2),
        statement="交班清点时发现读卡器内的卡不见了，已查看窗口和抽屉，没有找到。",
        spare=spare_cards(unit).first(),
    )
    open_case(asked, by=custodian, at=at)
