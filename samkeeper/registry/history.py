"""Periods are assertions: what held when, and since which ledger position that is known.

Nothing is closed or edited. As known at N, the assertion with the greatest seq ≤ N that covers a moment holds.
`resolve` lays the assertions over each other and gives the non-overlapping view that exports and pages read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar


class Assertion(Protocol):
    """What is needed of a period here: a half-open span and the ledger position that made it known."""

    @property
    def valid_from(self) -> datetime: ...
    @property
    def valid_until(self) -> datetime: ...
    @property
    def seq(self) -> int: ...


A = TypeVar("A", bound=Assertion)


class Span(NamedTuple, Generic[A]):
    """`what` held in [valid_from, valid_until)."""

    valid_from: datetime
    valid_until: datetime
    what: A


def resolve(assertions: Iterable[A]) -> list[Span[A]]:
    """The spans that hold once later assertions are laid over earlier ones, in order of time, neighbours not joined."""
    spans: list[Span[A]] = []
    for new in sorted(assertions, key=lambda assertion: assertion.seq):
        kept = (piece for span in spans for piece in _outside(span, new))
        spans = [*kept, Span(new.valid_from, new.valid_until, new)]
    return sorted(spans, key=lambda span: span.valid_from)


def _outside(span: Span[A], new: A) -> Iterator[Span[A]]:
    """What is left of `span` before and after `new`."""
    if span.valid_from < new.valid_from:
        yield span._replace(valid_until=min(span.valid_until, new.valid_from))
    if new.valid_until < span.valid_until:
        yield span._replace(valid_from=max(span.valid_from, new.valid_until))


def holding_at(assertions: Iterable[A], moment: datetime) -> A | None:
    """The assertion that holds at `moment`, or None where no period covers it."""
    covering = (one for one in assertions if one.valid_from <= moment < one.valid_until)
    return max(covering, key=lambda one: one.seq, default=None)
