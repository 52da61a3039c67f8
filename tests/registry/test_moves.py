"""The one mover: any sequence of moves, legal and illegal, leaves card, history, events and ledger in agreement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from samkeeper.errors import BadInput, Refused
from samkeeper.ledger.models import Entry
from samkeeper.lifecycle import MOVES, STATES, UNBORN, Part, Phase, parts
from samkeeper.parties.models import Account, Institution
from samkeeper.registry.models import ALL_PERMISSIONS, Card, CardEvent
from samkeeper.registry.moves import enrol, move
from samkeeper.registry.placement import Placement
from samkeeper.rules.warrant import Warrant
from tests.office import OPENED, Office, add_card, add_unit, stand_up
from tests.registry.register import check, check_only_grown, leave, rows

pytestmark = pytest.mark.django_db

ENDED = {code for code, state in STATES.items() if state.phase is Phase.END}
NUMBERS = ("D15600000001", "D15600000002", "D15600000003", "D15600000004")
CARDS = st.integers(0, 3)
LATER = st.integers(0, 90_000).map(lambda seconds: timedelta(seconds=seconds))


class Register(RuleBasedStateMachine):
    """Desks that try everything: every move of every part on every card, too early, to nowhere, twice."""

    def __init__(self, officer: Account, units: list[Institution]) -> None:
        super().__init__()
        self.officer, self.units = officer, units
        self.now = OPENED
        self.ended: set[str] = set()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        for number in NUMBERS[:3]:
            self.enrol(number, "admit")
        self.before = rows()

    def teardown(self) -> None:
        """Everything this sequence wrote goes, so that the next begins with an empty register."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @rule(number=st.sampled_from(NUMBERS), code=st.sampled_from(["receive", "admit", "issue", "cancel"]))
    def try_to_enrol(self, number: str, code: str) -> None:
        """A number is taken in once, and only by the two moves that begin a card's life."""
        legal = code in ("receive", "admit") and not Card.objects.filter(sam_no=number).exists()
        self.attempt(legal, lambda: self.enrol(number, code))

    @rule(
        card=CARDS, way=st.integers(0, 5), unit=st.integers(0, 1), device=st.sampled_from(["T-1", "T-2"]), later=LATER
    )
    def live_on(self, card: int, way: int, unit: int, device: str, later: timedelta) -> None:
        """A move that the card's state allows, so that lives get long enough to end."""
        self.now += later
        found = self.card(card)
        ways = [code for code, row in MOVES.items() if found.state in row.sources]
        if ways:
            to = Placement(institution=self.units[unit], device_no=device, permissions=0b101)
            self.attempt(True, lambda: self.move(found, leave(found.state, ways[way % len(ways)]), self.now, to))

    @rule(
        card=CARDS,
        code=st.sampled_from(list(MOVES)),
        part=st.sampled_from([None, *Part]),
        to=st.sampled_from([None, Placement(), Placement(place="1号窗口")]),
        early=st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(days=3)]),
    )
    def try_to_move(self, card: int, code: str, part: Part | None, to: Placement | None, early: timedelta) -> None:
        """Any move of anyone, now or before the card's last change, to somewhere or nowhere."""
        found = self.card(card)
        assert found.last_event is not None
        at = found.last_event.at - early if early else self.now
        warrant = leave(found.state, code, part)
        self.attempt(self.may(found, warrant, at, to), lambda: self.move(found, warrant, at, to))

    def card(self, number: int) -> Card:
        return Card.objects.order_by("pk")[number % Card.objects.count()]

    def enrol(self, number: str, code: str) -> CardEvent:
        card = Card(sam_no=number, kind="social")
        return enrol(card, leave(UNBORN, code), at=self.now, recorded=self.now, actor=self.officer)

    def move(self, card: Card, warrant: Warrant, at: datetime, to: Placement | None) -> CardEvent:
        return move(card, warrant, at=at, recorded=self.now, actor=self.officer, to=to, happened_at=at)

    def may(self, card: Card, warrant: Warrant, at: datetime, to: Placement | None) -> bool:
        """What the table, the warrant's part, the clock and the target say, in the test's own words."""
        row = MOVES[warrant.move]
        somewhere = {
            "issue": to is not None and to.institution is not None,
            "bind": to is not None and to.place != "",
            "rebind": to is not None and to.place != "",
        }
        assert card.last_event is not None
        return (
            card.state in row.sources
            and warrant.part in parts(card.state, row)
            and at >= card.last_event.at
            and somewhere.get(warrant.move, True)
        )

    def attempt(self, legal: bool, act: Callable[[], CardEvent]) -> None:
        """A legal act is the newest event afterwards; an illegal one is refused and has changed nothing at all."""
        if legal:
            assert act() == CardEvent.objects.order_by("ledger_seq").last()
        else:
            with pytest.raises(Refused):
                act()
            assert rows() == self.before

    @invariant()
    def nothing_is_edited_and_all_agree(self) -> None:
        now = rows()
        check_only_grown(self.before, now)
        self.before = now
        check()

    @invariant()
    def a_cancelled_card_never_works_again(self) -> None:
        ended = set(Card.objects.filter(state__in=ENDED).values_list("sam_no", flat=True))
        assert self.ended <= ended
        self.ended = ended


def test_any_sequence_of_moves_leaves_the_register_in_agreement(office: Office) -> None:
    units = [office.unit, add_unit(office.desk, "1101010002", "东城区永安堂大药房")]
    limits = settings(
        max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(lambda: Register(office.accounts["officer"], units), settings=limits)


@pytest.fixture
def office() -> Office:
    return stand_up()


@pytest.fixture
def unit(office: Office) -> Institution:
    return office.unit


WINDOW = Placement(device_no="T-1", place="1号窗口")


def go(card: Card, code: str, *, at: datetime = OPENED + timedelta(days=30), to: Placement | None = None) -> Card:
    """The card after one more move."""
    card.refresh_from_db()
    move(card, leave(card.state, code), at=at, recorded=at, actor=None, to=to)
    card.refresh_from_db()
    return card


def test_issue_gives_a_card_its_unit_place_and_permissions(unit: Institution) -> None:
    card = go(add_card(unit, NUMBERS[0], "in_stock"), "issue", to=Placement(institution=unit, permissions=0b11))
    assert (card.state, card.institution, card.permissions) == ("issued", unit, 0b11)


def test_bind_keeps_the_unit_whatever_the_placement_says(office: Office, unit: Institution) -> None:
    other = add_unit(office.desk, "1101010002", "东城区永安堂大药房")
    card = add_card(unit, NUMBERS[0], "issued")
    card = go(card, "bind", to=Placement(institution=other, device_no="T-9", permissions=0))
    assert (card.institution, card.device_no, card.permissions) == (unit, "T-9", ALL_PERMISSIONS)


@pytest.mark.parametrize("code", ["unbind", "hand_in"])
def test_a_card_out_of_its_terminal_has_no_place(unit: Institution, code: str) -> None:
    card = go(add_card(unit, NUMBERS[0], "in_service"), code)
    assert (card.institution, card.device_no, card.place) == (unit, "", "")


def test_a_suspended_card_keeps_the_place_it_was_lost_from(unit: Institution) -> None:
    card = add_card(unit, NUMBERS[0], "in_service")
    was = card.device_no, card.place
    card = go(card, "suspend")
    assert (card.device_no, card.place) == was != ("", "")


def test_a_card_back_in_stock_is_no_units(unit: Institution) -> None:
    card = go(add_card(unit, NUMBERS[0], "issued"), "take_back")
    assert (card.institution, card.device_no, card.place) == (None, "", "")


@pytest.mark.parametrize(
    ("state", "code", "to", "words"),
    [
        ("in_stock", "issue", None, "没有写明发给哪个使用单位；请选择使用单位"),
        ("in_stock", "issue", WINDOW, "没有写明发给哪个使用单位；请选择使用单位"),
        ("issued", "bind", None, "装机/启用：没有写明安装应用位置；请填写位置或终端设备号"),
        ("in_service", "rebind", Placement(), "变更使用位置：没有写明安装应用位置"),
    ],
)
def test_a_move_to_nowhere_is_bad_input(
    unit: Institution, state: str, code: str, to: Placement | None, words: str
) -> None:
    card = add_card(unit, NUMBERS[0], state)
    before = rows()
    with pytest.raises(BadInput, match=words):
        go(card, code, to=to)
    assert rows() == before


def test_a_move_by_the_wrong_part_names_the_clause(unit: Institution) -> None:
    card = add_card(unit, NUMBERS[0], "in_service")
    with pytest.raises(Refused, match="“注销”不能由该方办理") as refusal:
        move(card, leave("in_service", "cancel", Part.ISSUER), at=OPENED, recorded=OPENED, actor=None)
    assert (refusal.value.code, "第八条（三）" in str(refusal.value.clause)) == ("wrong-part", True)


def test_a_move_before_the_last_one_says_when_that_was_in_beijing_time(unit: Institution) -> None:
    card = add_card(unit, NUMBERS[0], "issued", at=OPENED)
    with pytest.raises(Refused, match="该卡在 2026-03-03 09:30:00 已办理“发放”，不能补记更早的变动") as refusal:
        go(card, "suspend", at=OPENED + timedelta(hours=23, minutes=59, seconds=59))
    assert refusal.value.code == "too-early"


def test_two_moves_may_hold_from_the_same_instant(unit: Institution) -> None:
    card = go(add_card(unit, NUMBERS[0], "in_service"), "suspend")
    card = go(card, "cancel")
    check()
    assert card.state == "cancelled"


@pytest.mark.parametrize(
    ("number", "serial", "words"),
    [
        (NUMBERS[0], "91560000000000000009", f"终端机编号 {NUMBERS[0]} 已登记"),
        (NUMBERS[1], f"9156{int(NUMBERS[0], 16):016}", f"已登记在卡 {NUMBERS[0]} 上"),
    ],
)
def test_a_number_or_serial_is_taken_in_once(unit: Institution, number: str, serial: str, words: str) -> None:
    """居民健康卡SAM卡办法 第八条."""
    add_card(unit, NUMBERS[0], "destroyed")
    before = rows()
    twin = Card(sam_no=number, serial_no=serial, kind="social")
    with pytest.raises(Refused, match=words):
        enrol(twin, leave(UNBORN, "admit"), at=OPENED, recorded=OPENED, actor=None)
    assert rows() == before


def test_cards_without_a_serial_stand_side_by_side() -> None:
    for number in NUMBERS:
        card = Card(sam_no=number, kind="social")
        enrol(card, leave(UNBORN, "admit"), at=OPENED, recorded=OPENED, actor=None)
    check()


def test_the_record_keeps_its_own_clock(unit: Institution) -> None:
    """`at` is when it holds; `recorded_at` is the ledger's and never runs backwards."""
    card = add_card(unit, NUMBERS[0], "issued", at=OPENED)
    newest = Entry.objects.latest("seq").recorded_at
    at = OPENED + timedelta(days=2)
    event = move(card, leave("issued", "suspend"), at=at, recorded=newest - timedelta(days=1), actor=None)
    assert (event.at, event.recorded_at) == (at, newest)
