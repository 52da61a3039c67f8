"""The list of cards, its export, and one card's page."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from samkeeper.lifecycle import STATES, allowed
from samkeeper.registry.models import Card
from tests.office import OPENED, WAYS, Office, add_card, add_unit, stand_up

pytestmark = pytest.mark.django_db

HELD = [state for state in WAYS if "issue" in WAYS[state].split()]


@pytest.fixture
def office() -> Office:
    return stand_up()


@pytest.fixture
def officer(client: Client, office: Office) -> Client:
    client.force_login(office.accounts["officer"])
    return client


@pytest.fixture
def cards(office: Office) -> list[Card]:
    """One card in each state that an institution's card can be in, the second of another unit."""
    other = add_unit(office.desk, "1101010002", "东城区永安堂大药房", kind="designated_pharmacy")
    return [
        add_card(other if place == 1 else office.unit, f"D1560000{place:04X}", state, place=f"{place}号窗口")
        for place, state in enumerate(HELD)
    ]


def listed(response: object) -> list[str]:
    return [card.sam_no for card in response.context["page"]]  # type: ignore[attr-defined]


def test_the_list_counts_every_state(officer: Client, cards: list[Card]) -> None:
    response = officer.get("/cards/")
    assert response.context["states"] == [(state, STATES[state].label, 1) for state in STATES if state in HELD]
    assert f"共 <strong>{len(HELD)}</strong> 张" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"state": "cancelled"}, [HELD.index("cancelled")]),
        ({"unit": "1101010002"}, [1]),
        ({"q": "0000 0002"}, [2]),
        ({"q": "永安堂"}, [1]),
        ({"q": "2号窗口"}, [2]),
        ({"area": "110101", "state": "issued"}, [HELD.index("issued")]),
        ({"area": "999999"}, []),
        ({"state": "nonsense"}, list(range(len(HELD)))),
    ],
)
def test_filters_narrow_the_list(officer: Client, cards: list[Card], query: dict[str, str], places: list[int]) -> None:
    assert listed(officer.get("/cards/", query)) == [cards[place].sam_no for place in places]


def test_a_chip_that_leaves_nothing_stays_on(officer: Client, cards: list[Card]) -> None:
    response = officer.get("/cards/", {"state": "cancelled", "unit": "1101010002"})
    assert ("cancelled", "已注销", 0) in response.context["states"]
    assert "没有符合条件的卡" in response.content.decode()


@pytest.mark.parametrize(("sort", "first"), [("no", 0), ("-no", len(HELD) - 1), ("nonsense", 0)])
def test_the_list_is_sorted(officer: Client, cards: list[Card], sort: str, first: int) -> None:
    assert listed(officer.get("/cards/", {"sort": sort}))[0] == cards[first].sam_no


def test_an_empty_register_says_how_the_first_card_comes(officer: Client) -> None:
    assert "这里还没有卡" in officer.get("/cards/").content.decode()


def test_the_export_holds_exactly_what_is_filtered(officer: Client, cards: list[Card]) -> None:
    query = {"unit": "1101010001", "sort": "-no"}
    body = b"".join(officer.get("/cards/export.csv", query).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [row["终端机编号"] for row in rows] == listed(officer.get("/cards/", query))
    assert {row["使用单位"] for row in rows} == {"北京同仁医院"}
    assert {row["状态"] for row in rows} == {card.standing.label for card in cards} - {cards[1].standing.label}


def test_the_workbook_says_what_was_asked_for(officer: Client, cards: list[Card]) -> None:
    response = officer.get("/cards/export.xlsx", {"state": "cancelled", "unit": "1101010001"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response)))
    cover = dict(row[:2] for row in book.get_sheet_by_name("说明").to_python())
    assert (cover["状态"], cover["单位编码"], cover["导出人"], cover["行数"]) == (
        "已注销",
        "1101010001",
        "李经办人",
        "1",
    )
    head, row = book.get_sheet_by_name("数据").to_python()
    assert dict(zip(head, row, strict=True))["终端机编号"] == cards[HELD.index("cancelled")].sam_no


def test_the_chosen_columns_are_kept(officer: Client, cards: list[Card]) -> None:
    back = officer.post("/cards/columns/", {"column": ["serial", "nonsense"], "query": "state=issued&sort=-no"})
    assert back["Location"] == "/cards/?state=issued&sort=-no"
    assert officer.get("/cards/").context["columns"] == [("serial", "卡面序列号", False)]


def test_the_unit_of_others_is_not_named(officer: Client, cards: list[Card]) -> None:
    stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    assert "揭阳市人民医院" not in officer.get("/cards/?unit=4452020001").content.decode()


def test_a_long_list_is_shown_by_pages(officer: Client, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samkeeper.registry.views.ROWS_A_PAGE", 2)
    for place in range(5):
        add_card(office.unit, f"D1560000{place:04X}", "issued")
    pages = [officer.get("/cards/", {"page": number, "state": "issued"}) for number in (1, 2, 3)]
    assert [no for page in pages for no in listed(page)] == [f"D1560000{place:04X}" for place in range(5)]
    assert "?page=3&amp;state=issued" in pages[1].content.decode()


@pytest.mark.parametrize("role", ["custodian", "officer", "checker", "auditor"])
def test_nobody_sees_the_cards_of_others(client: Client, office: Office, role: str) -> None:
    other = stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    add_card(other.unit, "D15700000001")
    add_card(office.unit, "D15600000001")
    client.force_login(office.accounts[role])
    assert listed(client.get("/cards/")) == ["D15600000001"]
    assert b"D15700000001" not in b"".join(client.get("/cards/export.csv"))
    unknown, foreign = (client.get(f"/cards/{no}/") for no in ("D15700000009", "D15700000001"))
    assert (unknown.status_code, foreign.status_code) == (404, 404)
    assert unknown.content.replace(b"09/", b"01/") == foreign.content


@pytest.mark.parametrize("state", HELD)
def test_a_card_shows_what_may_be_done_now(officer: Client, office: Office, state: str) -> None:
    add_card(office.unit, "D15600000001", state)
    response = officer.get("/cards/D15600000001/")
    assert [move["label"] for move in response.context["moves"]] == [move.label for move in allowed(state)]
    assert ("/report/D15600000001/" in response.content.decode()) is (state in ("issued", "in_service"))


def test_the_time_line_tells_each_event_with_its_clause_and_position(officer: Client, office: Office) -> None:
    card = add_card(office.unit, "D15600000001", "cancelled", actor=office.accounts["officer"])
    page = officer.get("/cards/D15600000001/").content.decode()
    for event in card.events.all():
        assert f'href="/ledger/{event.ledger_seq}/"' in page
    assert page.count('href="/rules/beijing/#') == card.events.count()
    assert page.index(">注销<") < page.index(">发放<")
    assert "李经办人" in page and "原因：丢失" in page and "申报的发生时间" in page


def test_a_card_can_be_seen_as_of_a_moment(officer: Client, office: Office) -> None:
    add_card(office.unit, "D15600000001", "suspended")
    moment = (OPENED + timedelta(days=2, hours=9)).strftime("%Y-%m-%dT%H:%M:%S")
    response = officer.get("/cards/D15600000001/", {"at": moment})
    assert response.context["held"].state == "in_service"
    assert "此后" in response.content.decode()
    assert response.context["moves"] == []


def test_a_card_can_be_seen_as_known_at_a_ledger_position(officer: Client, office: Office) -> None:
    card = add_card(office.unit, "D15600000001", "suspended")
    second = card.events.all()[1]
    response = officer.get("/cards/D15600000001/", {"known_at": second.ledger_seq})
    assert response.context["held"].state == "issued"
    assert [event.ledger_seq for event in response.context["events"]] == [second.ledger_seq, second.ledger_seq - 1]


def test_before_its_first_record_a_card_was_nothing(officer: Client, office: Office) -> None:
    add_card(office.unit, "D15600000001")
    page = officer.get("/cards/D15600000001/", {"at": "2020-01-01T00:00:00"}).content.decode()
    assert "那时还没有这张卡的记录" in page


def test_a_moment_that_cannot_be_read_is_told_at_the_field(officer: Client, office: Office) -> None:
    add_card(office.unit, "D15600000001")
    page = officer.get("/cards/D15600000001/", {"at": "yesterday", "known_at": "0"}).content.decode()
    assert 'id="id_at_error"' in page and 'href="#id_known_at"' in page
    assert 'value="yesterday"' in page
