"""Each party sees its own and nothing else; what is forbidden answers as what is not there (办法 第十五条)."""

from __future__ import annotations

import pytest

from samkeeper.parties.models import Account, Authority, Desk, Institution, Role, System, Tier
from samkeeper.parties.rights import own
from samkeeper.registry.models import Card
from samkeeper.registry.queries import cards_of
from tests.office import Office, add_card, add_unit, stand_up

pytestmark = pytest.mark.django_db

DESK_ROLES = ("officer", "checker", "approver", "keeper")
AUTHORITY_ROLES = ("issuer", "supervisor", "auditor")
ROLES = ("custodian", *DESK_ROLES, *AUTHORITY_ROLES)

BEIJING = {
    "custodian": ["1101010001"],
    **{role: ["1101010001", "1101010002"] for role in DESK_ROLES},
    **{role: ["1101010001", "1101010002", "1101080001"] for role in AUTHORITY_ROLES},
}


@pytest.fixture
def beijing() -> Office:
    """Two units at one desk, a third at another desk of the same bureau."""
    office = stand_up()
    add_unit(office.desk, "1101010002", "东城区永安堂大药房")
    haidian = Desk.objects.create(name="海淀卡安全服务网点", authority=office.authority, area_code="110108")
    add_unit(haidian, "1101080001", "海淀医院")
    for place, unit in enumerate(Institution.objects.all()):
        add_card(unit, f"D1560000000{place}")
    return office


@pytest.fixture
def jieyang() -> Office:
    office = stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    add_card(office.unit, "D15700000001")
    return office


def person(office: Office, role: str) -> Account:
    """Somebody of that role at the office's unit, desk or authority."""
    body: dict[str, object] = {"authority": office.authority} if role in AUTHORITY_ROLES else {"desk": office.desk}
    if role == "custodian":
        body = {"institution": office.unit}
    return Account.objects.create(username=f"{office.unit.unit_no} {role}", name="某人", role=role, **body)


def seen(account: Account) -> tuple[list[str], list[str]]:
    """The units, and the units of the cards, that an account sees."""
    units = Institution.objects.filter(own(account)).values_list("unit_no", flat=True)
    cards = cards_of(account).order_by("institution__unit_no").values_list("institution__unit_no", flat=True)
    return list(units), list(cards)


def test_every_role_is_tried() -> None:
    assert set(ROLES) == set(Role)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_own_units_and_their_cards(beijing: Office, jieyang: Office, role: str) -> None:
    assert seen(person(beijing, role)) == (BEIJING[role], BEIJING[role])


@pytest.mark.parametrize("role", ROLES)
def test_the_other_city_sees_nothing_of_it(beijing: Office, jieyang: Office, role: str) -> None:
    assert seen(person(jieyang, role)) == (["4452020001"], ["4452020001"])


@pytest.mark.parametrize("role", ROLES)
def test_forbidden_and_unknown_are_the_same_to_a_query(beijing: Office, jieyang: Office, role: str) -> None:
    mine = cards_of(person(beijing, role))
    foreign, unknown = (mine.filter(sam_no=number).first() for number in ("D15700000001", "D15700000009"))
    assert Card.objects.filter(sam_no="D15700000001").exists()
    assert foreign is unknown is None


def test_an_account_without_a_role_sees_nothing(beijing: Office) -> None:
    nobody = Account.objects.create(username="root", name="维护人员", is_superuser=True)
    assert seen(nobody) == ([], [])


def test_an_authority_that_serves_no_unit_sees_none(beijing: Office) -> None:
    other = Authority.objects.create(name="另一个局", tier=Tier.CITY, system=System.HEALTH, area_code="110000")
    auditor = Account.objects.create(username="other", name="审计", role="auditor", authority=other)
    assert seen(auditor) == ([], [])


def test_a_unit_that_moves_to_another_desk_takes_its_cards_along(beijing: Office) -> None:
    unit = Institution.objects.get(unit_no="1101010002")
    unit.desk = Institution.objects.get(unit_no="1101080001").desk
    unit.save()
    assert seen(beijing.accounts["officer"]) == (["1101010001"], ["1101010001"])


@pytest.mark.parametrize("role", ROLES)
def test_cards_in_stock_are_seen_by_those_who_issue_them(beijing: Office, jieyang: Office, role: str) -> None:
    """Desks and authority, not the units; another city's never."""
    card = add_card(beijing.unit, "D15600000009", "in_stock")
    Card.objects.filter(pk=card.pk).update(issuer=beijing.authority)
    mine = cards_of(person(beijing, role)).filter(state="in_stock").values_list("sam_no", flat=True)
    assert list(mine) == ([] if role == "custodian" else ["D15600000009"])
    assert not cards_of(person(jieyang, role)).filter(state="in_stock").exists()
