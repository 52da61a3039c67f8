"""One box for everything, and the scanner's page."""

from __future__ import annotations

import pytest
from django.test import Client

from samkeeper.registry.models import Card
from samkeeper.site.views.search import scanned
from tests.office import Office, add_card, add_unit, report_lost, stand_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return stand_up()


@pytest.fixture
def card(office: Office) -> Card:
    add_card(office.unit, "D15600000002", place="二层药房")
    return add_card(office.unit, "D15600000001")


@pytest.fixture
def officer(client: Client, office: Office) -> Client:
    client.force_login(office.accounts["officer"])
    return client


@pytest.mark.parametrize("text", ["D15600000001", "d156 0000 0001", "D156-0000-0001", " D15600000001 "])
def test_a_card_number_opens_its_card_however_it_is_typed(officer: Client, card: Card, text: str) -> None:
    assert officer.get("/search/", {"q": text})["Location"] == "/cards/D15600000001/"


def test_a_serial_number_opens_its_card(officer: Client, card: Card) -> None:
    assert officer.get("/search/", {"q": card.serial_no})["Location"] == "/cards/D15600000001/"


def test_the_only_hit_opens_at_once(officer: Client, card: Card) -> None:
    assert officer.get("/search/", {"q": "二层药房"})["Location"] == "/cards/D15600000002/"


def test_a_case_number_opens_its_case(officer: Client, office: Office, card: Card) -> None:
    no = report_lost(card, office.accounts["custodian"])
    assert officer.get("/search/", {"q": no})["Location"] == f"/cases/{no}/"


def test_several_hits_are_listed_by_kind(officer: Client, office: Office, card: Card) -> None:
    add_unit(office.desk, "1101010009", "同仁堂药店")
    page = officer.get("/search/", {"q": "同仁"}).content.decode()
    assert "同仁堂药店" in page
    assert page.count("state-working") == 2


def test_no_hit_says_what_to_do(officer: Client, card: Card) -> None:
    assert "请核对编号" in officer.get("/search/", {"q": "不存在"}).content.decode()


def test_the_box_finds_nothing_of_others(client: Client, card: Card) -> None:
    other = stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    client.force_login(other.accounts["officer"])
    assert "没有找到" in client.get("/search/", {"q": card.sam_no}).content.decode()
    assert "没有找到这张卡" in client.get("/scan/", {"no": card.sam_no}).content.decode()


def test_a_scan_opens_the_card(officer: Client, card: Card) -> None:
    assert officer.get("/scan/", {"no": "d15600000001"})["Location"] == "/cards/D15600000001/"


def test_a_failed_scan_keeps_what_was_typed(officer: Client) -> None:
    page = officer.get("/scan/", {"no": "D1560000000F"}).content.decode()
    assert 'value="D1560000000F"' in page and 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("https://office.example/cards/D15600000001/", "D15600000001"),
        ("9156 0230 1672 9739 2641", "91560230167297392641"),
        ("\r\nd15600000001\n", "D15600000001"),
        ("", ""),
    ],
)
def test_what_a_scanner_types_is_read_as_a_number(typed: str, number: str) -> None:
    assert scanned(typed) == number
