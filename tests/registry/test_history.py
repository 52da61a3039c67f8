"""What held when, and what was known of it when: assertions laid over each other, to the exact instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samkeeper.registry.history import holding_at, resolve
from samkeeper.registry.models import FOREVER, Card, CardEvent, CardPeriod
from samkeeper.registry.queries import card_as_of
from tests.office import OPENED, add_card, stand_up

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
SECONDS = 40
INSTANT = timedelta(microseconds=1)


def second(number: int) -> datetime:
    return BEGIN + timedelta(seconds=number)


@st.composite
def assertions(draw: st.DrawFn) -> list[CardPeriod]:
    """Open ones as moves make them, and bounded ones that lie over them, as corrections will; in any order."""
    found = []
    for seq in draw(st.lists(st.integers(1, 10_000), max_size=12, unique=True)):
        start = draw(st.integers(0, SECONDS - 1))
        end = draw(st.none() | st.integers(start + 1, SECONDS))
        until = FOREVER if end is None else second(end)
        found.append(CardPeriod(seq=seq, valid_from=second(start), valid_until=until, state=f"state {seq}"))
    return found


def naive(found: Sequence[CardPeriod], moment: datetime) -> CardPeriod | None:
    """The definition itself: of all assertions that cover the moment, the one known last."""
    holding = None
    for one in sorted(found, key=lambda one: one.seq):
        if one.valid_from <= moment and moment < one.valid_until:
            holding = one
    return holding


@given(assertions())
def test_resolve_says_of_every_second_what_the_definition_says(found: list[CardPeriod]) -> None:
    spans = resolve(found)
    for number in range(SECONDS + 2):
        moment = second(number)
        covering = [span.period for span in spans if span.valid_from <= moment < span.valid_until]
        assert covering == [one for one in [naive(found, moment)] if one]


@given(assertions())
def test_resolve_gives_spans_in_order_that_neither_overlap_nor_vanish(found: list[CardPeriod]) -> None:
    spans = resolve(found)
    assert all(span.valid_from < span.valid_until for span in spans)
    assert all(earlier.valid_until <= later.valid_from for earlier, later in pairwise(spans))
    assert all(
        span.period.valid_from <= span.valid_from and span.valid_until <= span.period.valid_until for span in spans
    )


@given(assertions(), st.integers(-1, SECONDS + 1), st.sampled_from([-INSTANT, timedelta(0), INSTANT]))
def test_holding_at_is_the_definition(found: list[CardPeriod], number: int, off: timedelta) -> None:
    moment = second(number) + off
    assert holding_at(found, moment) is naive(found, moment)


@given(assertions(), st.integers(0, 10_001))
def test_what_was_known_at_a_size_does_not_change_when_more_becomes_known(found: list[CardPeriod], size: int) -> None:
    known = [one for one in found if one.seq <= size]
    for number in range(SECONDS + 1):
        holding = naive(known, second(number))
        later = [one for one in found if one.seq > size and one.valid_from <= second(number) < one.valid_until]
        assert holding_at(known, second(number)) is holding
        assert later or holding_at(found, second(number)) is holding


def test_a_correction_in_the_middle_leaves_both_ends() -> None:
    open_end = CardPeriod(seq=1, valid_from=second(0), valid_until=FOREVER, state="in_service")
    bounded = CardPeriod(seq=2, valid_from=second(10), valid_until=second(20), state="suspended")
    assert [(span.valid_from, span.valid_until, span.period) for span in resolve([bounded, open_end])] == [
        (second(0), second(10), open_end),
        (second(10), second(20), bounded),
        (second(20), FOREVER, open_end),
    ]


def test_nothing_asserted_is_nothing_held() -> None:
    assert resolve([]) == []
    assert holding_at([], BEGIN) is None


@pytest.fixture
def card() -> Card:
    """Admitted, issued, bound, suspended and cancelled, a day between each, beginning at OPENED."""
    return add_card(stand_up().unit, "D15600000001", "cancelled")


def day(number: int) -> datetime:
    return OPENED + timedelta(days=number)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (day(0) - INSTANT, None),
        (day(0), "in_stock"),
        (day(1) - INSTANT, "in_stock"),
        (day(1), "issued"),
        (day(2), "in_service"),
        (day(4) - INSTANT, "suspended"),
        (day(4), "cancelled"),
        (day(4) + INSTANT, "cancelled"),
        (FOREVER - INSTANT, "cancelled"),
        (FOREVER, None),
    ],
)
def test_as_of_counts_from_the_very_instant(card: Card, moment: datetime, state: str | None) -> None:
    """Cancellation counts from the desk's act, to the second (北京细则 第八条（三）)."""
    held = card_as_of(card, moment)
    assert (held and held.state) == state


@pytest.mark.django_db
def test_as_known_at_a_position_only_what_stood_there_is_known(card: Card) -> None:
    seqs = list(CardEvent.objects.values_list("ledger_seq", flat=True))
    states = ["in_stock", "issued", "in_service", "suspended", "cancelled"]
    now = day(9)
    assert card_as_of(card, now, known_at=seqs[0] - 1) is None
    for seq, state, until in zip(seqs, states, [*seqs[1:], seqs[-1] + 10], strict=True):
        for known_at in range(seq, until):
            held = card_as_of(card, now, known_at=known_at)
            assert held is not None
            assert (held.state, held.seq) == (state, seq)


@pytest.mark.django_db
def test_a_later_known_bounded_period_answers_only_for_its_time(card: Card) -> None:
    """As a correction will write it: known later to have been out of its terminal on day 2 but for an instant."""
    cancelled = CardPeriod.objects.get(card=card, state="cancelled")
    bounded = CardPeriod(
        card=card, event=cancelled.event, seq=99, state="issued", valid_from=day(2) + INSTANT, valid_until=day(3)
    )
    known = [*card.periods.all(), bounded]
    assert [span.period.state for span in resolve(known)] == [
        "in_stock",
        "issued",
        "in_service",
        "issued",
        "suspended",
        "cancelled",
    ]
    assert [holding_at(known, moment).state for moment in (day(2), day(2) + INSTANT, day(3))] == [  # type: ignore[union-attr]
        "in_service",
        "issued",
        "suspended",
    ]


@pytest.mark.django_db
def test_the_state_of_a_unit_and_place_is_remembered_with_the_moment(card: Card) -> None:
    stock, bound = card_as_of(card, day(0)), card_as_of(card, day(2))
    assert stock is not None and bound is not None
    assert (stock.institution, stock.place) == (None, "")
    assert (bound.institution, bound.device_no, bound.place) == (card.institution, "T-0001", "一层收费处3号窗口")
