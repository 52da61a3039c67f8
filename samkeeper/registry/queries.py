"""Questions to the register: whose cards, what held then, what was known then."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from samkeeper.lifecycle import STATES
from samkeeper.parties.models import Account, Institution
from samkeeper.parties.rights import own
from samkeeper.registry.history import holding_at
from samkeeper.registry.models import Card, CardPeriod

# In use or ready for it: what counts against the windows when spares are counted (北京细则 第五条).
USABLE = ("issued", "in_service")


def cards_of(account: Account) -> QuerySet[Card]:
    """The cards an account may see: its units', and the stock of the authority it belongs to."""
    authority = account.authority or (account.desk.authority if account.desk else None)
    stock = Q(institution=None, issuer=authority) if authority else Q(pk__in=[])
    return Card.objects.filter(own(account, "institution__") | stock).select_related("institution", "last_event")


def stock_for(institution: Institution, kind: str) -> QuerySet[Card]:
    """Cards in stock that the unit's authority can issue to it."""
    return Card.objects.filter(state="in_stock", kind=kind, issuer=institution.desk.authority)


def card_as_of(card: Card, moment: datetime, *, known_at: int | None = None) -> CardPeriod | None:
    """What held for `card` at `moment`, as known at ledger position `known_at` (None: now)."""
    known = Q() if known_at is None else Q(seq__lte=known_at)
    return holding_at(card.periods.filter(known).select_related("institution", "event"), moment)


def spares(institution: Institution) -> int:
    """A unit's usable cards above its windows; negative where windows lack a card (北京细则 第五条)."""
    return Card.objects.filter(institution=institution, state__in=USABLE).count() - institution.windows


def spare_cards(institution: Institution) -> QuerySet[Card]:
    """Cards the unit holds and has not installed: any of them can go into service at once."""
    return Card.objects.filter(institution=institution, state="issued")


def counts_by_state(cards: QuerySet[Card]) -> dict[str, int]:
    """How many of `cards` are in each state, in the lifecycle's order; states without cards are left out."""
    found = dict(cards.order_by().values_list("state").annotate(Count("pk")))
    return {state: found[state] for state in STATES if state in found}
