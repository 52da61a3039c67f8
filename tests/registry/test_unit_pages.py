"""The list of using units and one unit's page."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.office import Office, add_card, add_unit, stand_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    office = stand_up()
    add_unit(office.desk, "1101010002", "东城区永安堂大药房", windows=1, kind="designated_pharmacy")
    return office


@pytest.fixture
def officer(client: Client, office: Office) -> Client:
    client.force_login(office.accounts["officer"])
    return client


def listed(response: object) -> list[str]:
    return [unit.unit_no for unit in response.context["page"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["1101010001", "1101010002"]),
        ({"q": "永安堂"}, ["1101010002"]),
        ({"q": "崇文门"}, ["1101010001", "1101010002"]),
        ({"kind": "designated_pharmacy"}, ["1101010002"]),
        ({"q": "没有这家"}, []),
    ],
)
def test_units_are_found(officer: Client, query: dict[str, str], found: list[str]) -> None:
    assert listed(officer.get("/institutions/", query)) == found


def test_spares_are_usable_cards_above_the_windows(officer: Client, office: Office) -> None:
    for place, state in enumerate(["in_service", "in_service", "issued", "suspended", "cancelled"]):
        add_card(office.unit, f"D1560000{place:04X}", state)
    response = officer.get("/institutions/1101010001/")
    unit = response.context["unit"]
    assert (unit.usable, unit.windows, unit.spare) == (3, 2, 1)
    assert response.context["states"] == {"issued": 1, "in_service": 2, "suspended": 1, "cancelled": 1}


def test_a_window_without_a_card_is_told(officer: Client) -> None:
    assert "缺 1" in officer.get("/institutions/1101010002/").content.decode()


def test_the_custodian_is_named_with_a_masked_number(officer: Client) -> None:
    page = officer.get("/institutions/1101010001/").content.decode()
    assert "王保管" in page and "138****1234" in page and "13800001234" not in page


def test_a_custodian_is_led_to_the_one_unit(client: Client, office: Office) -> None:
    client.force_login(office.accounts["custodian"])
    assert client.get("/institutions/")["Location"] == "/institutions/1101010001/"
    assert client.get("/institutions/1101010002/").status_code == 404


@pytest.mark.parametrize("role", ["officer", "checker", "auditor"])
def test_nobody_sees_the_units_of_others(client: Client, office: Office, role: str) -> None:
    stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    client.force_login(office.accounts[role])
    assert listed(client.get("/institutions/")) == ["1101010001", "1101010002"]
    assert client.get("/institutions/4452020001/").status_code == 404
