"""The opening inventory: cards in the field enter in their present state, by warranted moves, none dated back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from samkeeper.ledger.models import Entry
from samkeeper.registry.models import ALL_PERMISSIONS, Card, CardEvent
from samkeeper.registry.queries import card_as_of
from samkeeper.rules.book import library
from samkeeper.stock.imports import take
from tests.registry.register import check
from tests.stock.lists import AUTHORITY, CARD, DESK, NOON, UNIT, another_card, write

pytestmark = pytest.mark.django_db

# 24:00 in Beijing has come, in Greenwich not yet.
NIGHT = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for row in (AUTHORITY, DESK, UNIT):
        take(write(tmp_path, [row]), at=NOON).require()
    return tmp_path


def opened(folder: Path, at: datetime = NOON, **changes: str) -> Card:
    """The one card of a list."""
    take(write(folder, [{**CARD, **changes}]), at=at).require()
    return Card.objects.get()


def moves(card: Card) -> list[str]:
    return list(card.events.order_by("ledger_seq").values_list("move", flat=True))


def test_a_card_in_service_is_admitted_issued_and_installed(folder: Path) -> None:
    card = opened(folder)
    assert moves(card) == ["admit", "issue", "bind"]
    assert (card.state, card.device_no, card.place) == ("in_service", "POS110101000001", "门诊收费1号窗口")
    assert (card.kind, card.serial_no, card.purpose) == ("social", "11010120230100000001", "用于医院结算")
    assert (card.warranty_until, card.permissions) == (date(2027, 5, 1), ALL_PERMISSIONS)
    check()


def test_a_card_not_yet_installed_is_admitted_and_issued(folder: Path) -> None:
    card = opened(folder, 状态="未装", 终端设备号="", 安装应用位置="")
    assert moves(card) == ["admit", "issue"]
    assert (card.state, card.institution is not None, card.place) == ("issued", True, "")
    check()


def test_a_card_in_stock_is_admitted_to_its_authority(folder: Path) -> None:
    unissued = {"单位编码": "", "终端设备号": "", "安装应用位置": "", "发放日期": ""}
    card = opened(folder, 状态="在库", 管理机构=AUTHORITY["机构名称"], **unissued)
    assert moves(card) == ["admit"]
    assert card.issuer is not None
    assert (card.state, card.institution, card.issuer.name) == ("in_stock", None, AUTHORITY["机构名称"])
    check()


def test_nothing_is_known_of_a_card_before_the_list(folder: Path) -> None:
    card = opened(folder)
    assert card_as_of(card, NOON - timedelta(microseconds=1)) is None
    held = card_as_of(card, NOON)
    assert held is not None
    assert held.state == "in_service"
    assert card_as_of(card, NOON, known_at=CardEvent.objects.earliest("ledger_seq").ledger_seq - 1) is None


def test_the_house_rule_gives_the_warrant_and_the_list_is_its_basis(folder: Path) -> None:
    card = opened(folder, at=NIGHT)
    for event in card.events.all():
        assert event.clause.startswith("本系统规则")
        assert "期初建账" in event.clause
        assert (event.basis_kind, event.basis_no) == ("order", "期初清单20260303003000")
        assert (event.at, event.recorded_at, event.actor) == (NIGHT, NIGHT, None)
        assert Entry.objects.get(seq=event.ledger_seq).body["basis"] == "order:期初清单20260303003000"


def test_the_declared_day_of_issue_is_kept_beside_the_issue(folder: Path) -> None:
    """It does not date the issue back: `happened_at` is what the list declares, midnight in Beijing."""
    card = opened(folder, 发放日期="2024-08-16")
    declared = {event.move: event.happened_at for event in card.events.all()}
    assert declared == {"admit": None, "issue": datetime(2024, 8, 15, 16, tzinfo=UTC), "bind": None}


def test_a_card_issued_today_in_beijing_is_taken(folder: Path) -> None:
    card = opened(folder, at=NIGHT, 发放日期="2026-03-03")
    assert card.events.get(move="issue").happened_at == datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("area", "kind", "book"),
    [
        ("110101", "社会保障PSAM卡", "beijing"),
        ("445202", "社会保障PSAM卡", "jieyang"),
        ("110101", "居民健康卡SAM卡", "health"),
    ],
)
def test_the_book_is_that_of_the_kind_and_place(tmp_path: Path, area: str, kind: str, book: str) -> None:
    for row in (AUTHORITY, DESK, {**UNIT, "行政区划代码": area}):
        take(write(tmp_path, [row]), at=NOON).require()
    card = opened(tmp_path, 卡种=kind)
    assert {(event.book, event.book_sha256) for event in card.events.all()} == {(book, library()[book].sha256)}


def test_cards_without_serials_are_taken_side_by_side(folder: Path) -> None:
    take(write(folder, [another_card(number, 卡面序列号="") for number in range(3)]), at=NOON).require()
    assert Card.objects.filter(serial_no="").count() == 3


def test_numbers_are_taken_as_written_on_the_card(folder: Path) -> None:
    """Full-width, spaced and small letters are one number."""
    card = opened(folder, 终端机编号="１１０1 0000 00ab", 卡面序列号="1101 0120 2301 0000 00ff")
    assert (card.sam_no, card.serial_no) == ("1101000000AB", "110101202301000000FF")
