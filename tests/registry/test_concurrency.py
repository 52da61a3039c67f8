"""Many desks at once on the same cards: no lost update, one winner of every race, no deadlock, a gapless record."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from samkeeper.errors import Refused
from samkeeper.lifecycle import MOVES, UNBORN, parts
from samkeeper.parties.models import Institution
from samkeeper.registry.models import Card, CardEvent
from samkeeper.registry.moves import enrol, move
from samkeeper.registry.placement import Placement
from tests.office import OPENED, add_card, stand_up
from tests.registry.register import check, leave

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = ("D15600000001", "D15600000002", "D15600000003")
TRIES = 25
DEADLINE = 60  # seconds
LATER = OPENED + timedelta(days=30)


@pytest.fixture
def unit() -> Institution:
    return stand_up().unit


@pytest.fixture
def desks() -> Iterator[ThreadPoolExecutor]:
    """Eight of them on PostgreSQL; four on SQLite, where a writer has the whole file to itself."""
    with ThreadPoolExecutor(8 if connection.vendor == "postgresql" else 4) as pool:
        yield pool


def at_once(desks: ThreadPoolExecutor, act: Callable[[int], object]) -> list[object]:
    """What each desk got when all of them acted in the same instant; a refusal counts as an answer."""
    count = desks._max_workers
    start = Barrier(count)

    def run(desk: int) -> object:
        try:
            start.wait(DEADLINE)
            return act(desk)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    return list(desks.map(run, range(count), timeout=DEADLINE))


def window(unit: Institution, desk: int) -> Placement:
    return Placement(institution=unit, place=f"{desk}号窗口")


def test_random_moves_of_the_same_cards_lose_nothing(unit: Institution, desks: ThreadPoolExecutor) -> None:
    for number in NUMBERS:
        add_card(unit, number, "in_stock")
    before = CardEvent.objects.count()

    def work(desk: int) -> int:
        dice = random.Random(desk)
        return sum(try_something(dice, window(unit, desk)) for _ in range(TRIES))

    made = at_once(desks, work)
    check()
    assert all(isinstance(count, int) for count in made), made
    assert CardEvent.objects.count() - before == sum(count for count in made if isinstance(count, int)) > 0


def try_something(dice: random.Random, to: Placement) -> int:
    """A move that a page would have offered a moment ago; how many were made of it, none where a rival was quicker."""
    card = Card.objects.get(sam_no=dice.choice(NUMBERS))
    offered = [code for code, row in MOVES.items() if card.state in row.sources and code not in ("cancel", "destroy")]
    code = dice.choice(offered or ["recover"])
    try:
        move(card, leave(card.state, code), at=LATER, recorded=LATER, actor=None, to=to)
    except Refused:
        return 0
    return 1


def test_every_race_has_one_winner(unit: Institution, desks: ThreadPoolExecutor) -> None:
    """A whole life, each step of it wanted by every desk at once."""
    card = add_card(unit, NUMBERS[0], "in_stock")
    for code in ("issue", "bind", "suspend", "hand_in", "cancel", "recover", "destroy"):
        state = Card.objects.get(pk=card.pk).state
        warrant = leave(state, code, min(parts(state, MOVES[code])))
        answers = at_once(
            desks,
            lambda desk, warrant=warrant: move(  # type: ignore[misc]
                card, warrant, at=LATER, recorded=LATER, actor=None, to=window(unit, desk)
            ),
        )
        won = [answer for answer in answers if isinstance(answer, CardEvent)]
        assert Counter(getattr(answer, "code", "won") for answer in answers) == {
            "won": 1,
            "illegal-move": len(answers) - 1,
        }
        assert Card.objects.get(pk=card.pk).last_event == won[0]
        check()


def test_a_number_is_enrolled_once(unit: Institution, desks: ThreadPoolExecutor) -> None:
    def take(desk: int) -> CardEvent:
        card = Card(sam_no=NUMBERS[0], serial_no=f"{desk:020}", kind="social")
        return enrol(card, leave(UNBORN, "admit"), at=OPENED, recorded=OPENED, actor=None)

    answers = at_once(desks, take)
    assert Counter(getattr(answer, "code", "won") for answer in answers) == {
        "won": 1,
        "duplicate-number": len(answers) - 1,
    }
    check()


def test_acts_on_several_cards_that_lock_them_by_id_first_never_deadlock(
    unit: Institution, desks: ThreadPoolExecutor
) -> None:
    """Half of the desks move the cards in one order, half in the other."""
    for number in NUMBERS:
        add_card(unit, number, "in_service")

    def work(desk: int) -> None:
        for _ in range(3):
            with transaction.atomic():
                cards = list(Card.objects.select_for_update().order_by("pk"))
                for card in cards if desk % 2 else reversed(cards):
                    move(
                        card, leave("in_service", "rebind"), at=LATER, recorded=LATER, actor=None, to=window(unit, desk)
                    )

    assert at_once(desks, work) == [None] * desks._max_workers
    assert CardEvent.objects.filter(move="rebind").count() == desks._max_workers * 3 * len(NUMBERS)
    assert len(set(Card.objects.values_list("place", flat=True))) == 1
    check()


@pytest.mark.parametrize(("days", "answer"), [(-1, "too-early"), (1, "suspend")])
def test_whoever_waited_sees_what_the_other_wrote(unit: Institution, days: int, answer: str) -> None:
    """The unit that a rival has just given the card is kept, and the moment of that act is not passed over."""
    card = add_card(unit, NUMBERS[0], "in_stock")

    def rival() -> str:
        at = LATER + timedelta(days=days)
        try:
            return move(card, leave("issued", "suspend"), at=at, recorded=LATER, actor=None).move
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            move(card, leave("in_stock", "issue"), at=LATER, recorded=LATER, actor=None, to=window(unit, 1))
            waiting = pool.submit(rival)
            until_one_waits()
        assert waiting.result(DEADLINE) == answer
    assert Card.objects.get(pk=card.pk).institution == unit
    check()


def until_one_waits() -> None:
    """PostgreSQL says when; on SQLite nobody gets as far as reading before the lock, so a moment will do."""
    if connection.vendor == "sqlite":
        time.sleep(0.2)
        return
    deadline = time.monotonic() + DEADLINE
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.01)
    raise AssertionError("nobody waited")
