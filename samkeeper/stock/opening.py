"""Opening inventory: cards already in the field are taken in their present state from a bureau's list.

No text speaks of it; the house rule 期初建账 gives the warrants, and the list is their basis. The register knows of
such a card from the moment of the list on and of nothing before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from django.utils import timezone

from samkeeper.errors import Refused
from samkeeper.parties.imports import Intake
from samkeeper.parties.models import Authority, Institution
from samkeeper.registry.models import Card
from samkeeper.registry.moves import enrol, move
from samkeeper.registry.placement import Placement
from samkeeper.rules.book import chosen
from samkeeper.rules.evidence import Form
from samkeeper.rules.facts import Facts, Paper
from samkeeper.rules.procedures import Procedure
from samkeeper.rules.warrant import Basis, BasisKind, warrant
from samkeeper.rules.words import CardKind
from samkeeper.sheets import Column, Layout, Problem, Row, choice, date_, sam_no, serial_no, text, unit_no

# The states a list may name, in its words.
LISTED = {"在用": "in_service", "未装": "issued", "在库": "in_stock"}

# What a card in that state cannot have yet.
NOT_YET = {"in_stock": ("unit_no", "device_no", "place", "issued_on"), "issued": ("device_no", "place")}

CARDS = Layout(
    "PSAM卡",
    (
        Column("终端机编号", "sam_no", sam_no, True, ("PSAM卡编号", "SAM卡编号"), example="110100000001"),
        Column("卡面序列号", "serial_no", serial_no, aliases=("序列号",), example="11010120230100000001"),
        Column("卡种", "kind", choice({kind.label: kind.value for kind in CardKind}), required=True),
        Column("单位编码", "unit_no", unit_no, aliases=("单位医保编码",), example="01010001", help="已发放的卡必填。"),
        Column("管理机构", "authority", text(100), help="在库的卡必填。"),
        Column("状态", "state", choice(LISTED), required=True, example="在用"),
        Column("终端设备号", "device_no", text(40), example="POS110101000001"),
        Column("安装应用位置", "place", text(100), aliases=("使用地点", "安装位置"), example="门诊收费1号窗口"),
        Column("用途", "purpose", text(50), example="用于医院结算"),
        Column("发放日期", "issued_on", date_, example="2024-08-16"),
        Column("质保期至", "warranty_until", date_, example="2027-05-01"),
    ),
    unique=("sam_no", "serial_no"),
)

# What an opening list shows: the list itself, signed and sealed by the bureau that brings it.
SIGNED_LIST = Facts(papers=(Paper(form=Form.OPENING_LIST, signed=True, sealed=True, complete=True),))

# The moves that bring a card to each state the list may name.
WAYS = {"in_stock": ("admit",), "issued": ("admit", "issue"), "in_service": ("admit", "issue", "bind")}


@dataclass(frozen=True)
class Inventory:
    """One list being taken: its number in the record and the moment from which it holds."""

    number: str
    at: datetime

    @property
    def basis(self) -> Basis:
        return Basis(BasisKind.ORDER, self.number)


@dataclass(frozen=True)
class Owner:
    """Whose a listed card is: a unit's, or still the authority's stock."""

    authority: Authority
    unit: Institution | None = None

    @property
    def area_code(self) -> str:
        return self.unit.area_code if self.unit else self.authority.area_code


def take_cards(rows: Sequence[Row], at: datetime) -> Iterator[Problem]:
    """Register the cards of a list in their present state; yields what is wrong with a row."""
    units = {unit.unit_no: unit for unit in Institution.objects.select_related("desk__authority")}
    authorities = {authority.name: authority for authority in Authority.objects.all()}
    inventory = Inventory(f"期初清单{timezone.localtime(at):%Y%m%d%H%M%S}", at)
    for row in rows:
        unit, authority = units.get(row["unit_no"]), authorities.get(row["authority"])
        stocked = row["state"] == "in_stock"
        if stocked and authority is None:
            yield row.problem(
                "authority", "在库的卡没有写明已登记的管理机构", "请填写管理机构名称，或先导入“管理机构”表"
            )
        elif not stocked and unit is None:
            yield row.problem("unit_no", "使用单位没有登记", "请先导入“使用单位”表，或核对单位编码")
        elif problem := _implausible(row, at):
            yield problem
        elif stocked and authority:
            yield from _taken(row, Owner(authority), inventory)
        elif unit:
            yield from _taken(row, Owner(unit.desk.authority, unit), inventory)


def _implausible(row: Row, at: datetime) -> Problem | None:
    if early := next((key for key in NOT_YET.get(row["state"], ()) if row[key]), None):
        return row.problem(early, f"{row.texts['state']}的卡还没有这一项", "请清空，或改正状态")
    if row["state"] == "in_service" and not (row["place"] or row["device_no"]):
        return row.problem("place", "在用的卡没有写明位置", "请填写安装应用位置或终端设备号")
    if row["issued_on"] and row["issued_on"] > timezone.localtime(at).date():
        return row.problem("issued_on", "发放日期在今天之后", "请核对后改正")
    return None


def _taken(row: Row, owner: Owner, inventory: Inventory) -> Iterator[Problem]:
    try:
        _take(row, owner, inventory)
    except Refused as error:
        yield row.problem("serial_no" if error.code == "duplicate-serial" else "sam_no", error.message)


def _take(row: Row, owner: Owner, inventory: Inventory) -> None:
    card = Card(
        sam_no=row["sam_no"],
        serial_no=row["serial_no"] or "",
        kind=row["kind"],
        purpose=row["purpose"] or "",
        warranty_until=row["warranty_until"],
    )
    to = Placement(institution=owner.unit, device_no=row["device_no"] or "", place=row["place"] or "")
    register(card, row["state"], to, owner, inventory, issued_on=row["issued_on"])


def register(
    card: Card, state: str, to: Placement, owner: Owner, inventory: Inventory, *, issued_on: date | None = None
) -> None:
    """Bring a new card to the state that the list names, each move with its warrant (house rule 期初建账).

    `issued_on`: the day that the list declares; it stands beside the issue and does not date it back.
    """
    card.issuer = owner.authority
    declared = timezone.make_aware(datetime.combine(issued_on, time())) if issued_on else None
    procedure = _opening(card.kind, owner.area_code, timezone.localtime(inventory.at).date())
    for code in WAYS[state]:
        leave = warrant(procedure, procedure.making(code), SIGNED_LIST, basis=inventory.basis)
        if code == "admit":
            enrol(card, leave, at=inventory.at, recorded=inventory.at, actor=None)
        else:
            then = declared if code == "issue" else None
            move(card, leave, at=inventory.at, recorded=inventory.at, actor=None, to=to, happened_at=then)


@lru_cache(maxsize=256)
def _opening(kind: str, area_code: str, day: date) -> Procedure:
    """Bureaus list thousands of cards of few places: the procedure is put together once for each."""
    return chosen(kind, area_code, day).procedure("opening")


INTAKE = Intake("cards", CARDS, take_cards)
