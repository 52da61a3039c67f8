"""Periods are assertions: what held when, and since which ledger position that is known.

Nothing is closed or edited. As known at N, the assertion with the greatest seq ≤ N that covers a moment holds.
`resolve` lays the assertions over each other and gives the non-overlapping view that exports and pages read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from samkeeper.registry.models import CardPeriod


class Span(NamedTuple):
    """`period` is what held in [valid_from, valid_until), which may be less than it asserts."""

    valid_from: datetime
    valid_until: datetime
    period: CardPeriod


def resolve(assertions: Iterable[CardPeriod]) -> list[Span]:
    """The spans that hold once later assertions are laid over earlier ones, in order of time, neighbours not joined."""
    spans: list[Span] = []
    for new in sorted(assertions, key=lambda assertion: assertion.seq):
        kept = [piece for span in spans for piece in _outside(span, new)]
        spans = [*kept, Span(new.valid_from, new.valid_until, new)]
    return sorted(spans, key=lambda span: span.valid_from)


def _outside(span: Span, new: CardPeriod) -> Iterator[Span]:
    """What is left of `span` before and after `new`."""
    if span.valid_from < new.valid_from:
        yield span._replace(valid_until=min(span.valid_until, new.valid_from))
    if new.valid_until < span.valid_until:
        yield span._replace(valid_from=max(span.valid_from, new.valid_until))


def holding_at(assertions: Iterable[CardPeriod], moment: datetime) -> CardPeriod | None:
    """The assertion that holds at `moment`, or None where no period covers it."""
    covering = (one for one in assertions if one.valid_from <= moment < one.valid_until)
    return max(covering, key=lambda one: one.seq, default=None)
