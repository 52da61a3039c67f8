"""What must be true of the register whatever was done to it, and its tables row by row."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeAlias

from samkeeper.ledger.entry import stamp
from samkeeper.ledger.models import Entry, Head
from samkeeper.lifecycle import UNBORN, Part
from samkeeper.registry.history import holding_at, resolve
from samkeeper.registry.models import FOREVER, Card, CardEvent, CardPeriod
from samkeeper.rules.warrant import _SEAL, Warrant
from tests import office

HELD = ("institution_id", "device_no", "place", "permissions")
GROWING = (CardEvent, CardPeriod, Entry)

Rows: TypeAlias = dict[str, list[dict[str, Any]]]


def leave(state: str, code: str, part: Part | None = None) -> Warrant:
    """A warrant for a move, whether the lifecycle has it or not; `part`: who is to make it."""
    warrant = office.warrant(state, code)
    return replace(warrant, part=part, seal=_SEAL) if part else warrant


def rows() -> Rows:
    """Every row of the register and the ledger, with every column, in order of its key."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in (Card, Head, *GROWING)}


def check_only_grown(before: Rows, after: Rows) -> None:
    """Events, periods and entries that were there are there still, unchanged."""
    for model in GROWING:
        old = before[model.__name__]
        assert after[model.__name__][: len(old)] == old


def check() -> None:
    """Card, newest period and newest event agree; each event stands in the ledger once, with the same facts."""
    events = list(CardEvent.objects.select_related("card").order_by("ledger_seq"))
    periods = list(CardPeriod.objects.select_related("institution").order_by("seq"))
    entries = {entry.seq: entry for entry in Entry.objects.all()}
    assert list(entries) == list(range(1, len(entries) + 1))
    moved = [seq for seq, entry in entries.items() if entry.kind == "card:move"]
    assert moved == [event.ledger_seq for event in events] == [period.seq for period in periods]
    for event, period in zip(events, periods, strict=True):
        _check_entry(event, period, entries[event.ledger_seq])
    for card in Card.objects.all():
        own = [event for event in events if event.card_id == card.pk]
        _check_card(card, own, [period for period in periods if period.card_id == card.pk])


def _check_entry(event: CardEvent, period: CardPeriod, entry: Entry) -> None:
    unit = period.institution.unit_no if period.institution else None
    assert entry.subject == event.card.sam_no
    assert entry.recorded_at == event.recorded_at
    assert entry.body == {
        "actor": event.actor_id,
        "at": stamp(event.at),
        "basis": f"{event.basis_kind}:{event.basis_no}",
        "book": event.book_sha256,
        "clause": event.clause,
        "device": period.device_no,
        "from": event.from_state,
        "happened_at": event.happened_at and stamp(event.happened_at),
        "institution": unit,
        "move": event.move,
        "permissions": period.permissions,
        "reason": event.reason or None,
        "to": event.to_state,
    }


def _check_card(card: Card, events: list[CardEvent], periods: list[CardPeriod]) -> None:
    assert [(period.event_id, period.state, period.valid_from) for period in periods] == [
        (event.pk, event.to_state, event.at) for event in events
    ]
    assert [event.from_state for event in events] == [UNBORN, *(event.to_state for event in events)][:-1]
    newest = periods[-1]
    assert (card.state, card.last_event_id) == (newest.state, newest.event_id)
    assert [getattr(card, name) for name in HELD] == [getattr(newest, name) for name in HELD]
    _check_resolved(periods)


def _check_resolved(periods: list[CardPeriod]) -> None:
    spans = resolve(periods)
    assert all(earlier.valid_until == later.valid_from for earlier, later in pairwise(spans))
    assert (spans[-1].valid_until, spans[-1].period) == (FOREVER, periods[-1])
    assert all(holding_at(periods, span.valid_from) == span.period for span in spans)
