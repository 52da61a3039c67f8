"""One box for everything: card, serial number, unit, case. A single hit opens at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from samkeeper.casework.models import Case
from samkeeper.casework.queries import cases_of
from samkeeper.errors import NotYours
from samkeeper.parties.access import acting
from samkeeper.parties.models import Account
from samkeeper.registry.listing import matching
from samkeeper.registry.models import Card
from samkeeper.registry.queries import cards_of
from samkeeper.registry.units import institutions_of, named

SHOWN = 20


def search(request: HttpRequest) -> HttpResponse:
    """What an account may see that the text fits; straight there where it is one thing only."""
    text = " ".join(request.GET.get("q", "").split())
    hits = find(acting(request), text) if text else {}
    if only := _single(hits):
        return redirect(only)
    return render(request, "site/search.html", {"asked": text, "hits": hits, "shown": SHOWN})


def scan(request: HttpRequest) -> HttpResponse:
    """扫一扫: a number from a scanner, a camera or a keyboard opens its card."""
    text = scanned(request.GET.get("no", ""))
    card = card_of(acting(request), text) if text else None
    if card:
        return redirect("registry:card", card.sam_no)
    return render(request, "site/scan.html", {"text": text})


def scanned(text: str) -> str:
    """The number in what a scanner typed: a label may hold the card's whole address."""
    return "".join(text.rstrip("/").rpartition("/")[2].replace("-", "").split()).upper()


def card_of(account: Account, number: str) -> Card | None:
    """The card of an account that has this very number, or this number on its face."""
    cards = cards_of(account)
    return cards.filter(sam_no=number).first() or cards.filter(serial_no=number).first()


def find(account: Account, text: str) -> dict[str, list[Any]]:
    """Hits by kind, each at most SHOWN; where a number is named exactly, that alone."""
    if card := card_of(account, scanned(text)):
        return {"cards": [card]}
    return {
        "cards": list(cards_of(account).filter(matching(text))[:SHOWN]),
        "institutions": list(institutions_of(account).filter(named(text))[:SHOWN]),
        "cases": case_of(account, text),
    }


def case_of(account: Account, number: str) -> list[Case]:
    """The case of an account that has this number; none where it has none."""
    try:
        return [cases_of(account).numbered(number)]
    except NotYours:
        return []


def _single(hits: dict[str, list[Any]]) -> str:
    """The address of the only hit, or "" where there are none or several."""
    found = [(kind, hit) for kind, some in hits.items() for hit in some]
    if len(found) != 1:
        return ""
    [(kind, hit)] = found
    return {
        "cards": lambda: reverse("registry:card", args=[hit.sam_no]),
        "institutions": lambda: reverse("registry:institution", args=[hit.unit_no]),
        "cases": lambda: reverse("casework:case", args=[hit.no]),
    }[kind]()
