"""Pages of the register: the list of cards, its export, and one card's life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from samkeeper.errors import NotYours
from samkeeper.lifecycle import STATES, Part, allowed, parts
from samkeeper.parties.access import acting
from samkeeper.parties.areas import area_name
from samkeeper.parties.models import Institution, Role
from samkeeper.registry.forms import AsOf
from samkeeper.registry.listing import Asked
from samkeeper.registry.models import Card, CardEvent
from samkeeper.registry.queries import USABLE, card_as_of, cards_of, counts_by_state
from samkeeper.sheets import Column, csv_chunks, moment

ROWS_A_PAGE = 50
REPORTERS = (Role.CUSTODIAN, Role.OFFICER)

COLUMNS = (
    Column("终端机编号", "sam_no"),
    Column("卡面序列号", "serial_no"),
    Column("状态", "state"),
    Column("单位编码", "unit_no"),
    Column("使用单位", "unit"),
    Column("安装应用位置", "place"),
    Column("终端设备号", "device_no"),
    Column("最近变动时间", "at", moment),
)

PART_WORDS = {Part.ISSUER: "发卡机构", Part.DESK: "卡安全服务网点", Part.INSTITUTION: "使用单位"}


def cards(request: HttpRequest) -> HttpResponse:
    """The cards an account may see, filtered, sorted, a page at a time."""
    asked = Asked.of(request.GET)
    own = cards_of(acting(request))
    listed = asked.listed(own)
    page = Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page"))
    counts = counts_by_state(asked.narrow(own))
    return render(
        request,
        "registry/cards.html",
        {
            "page": page,
            "filters": asked,
            "states": [
                (code, state.label, counts.get(code, 0))
                for code, state in STATES.items()
                if code in counts or code == asked.state
            ],
            "areas": _areas(own),
            "unit": Institution.objects.filter(unit_no=asked.unit).first() if asked.unit else None,
        },
    )


def _areas(cards: QuerySet[Card]) -> list[tuple[str, str, int]]:
    """Where the units of `cards` lie, with how many cards; nothing to choose where it is one place only."""
    counted = cards.exclude(institution=None).order_by().values_list("institution__area_code").annotate(Count("id"))
    found = [(code, area_name(code), count) for code, count in sorted(counted)]
    return found if len(found) > 1 else []


def export(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the cards that the list shows under the same filters, in the same order."""
    listed = Asked.of(request.GET).listed(cards_of(acting(request)))
    response = StreamingHttpResponse(csv_chunks(COLUMNS, _rows(listed)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="cards-{timezone.localdate():%Y%m%d}.csv"'
    return response


def _rows(listed: QuerySet[Card]) -> Iterator[dict[str, Any]]:
    for card in listed.iterator(chunk_size=2000):
        unit, last = card.institution, card.last_event
        yield {
            "sam_no": card.sam_no,
            "serial_no": card.serial_no,
            "state": card.standing.label,
            "unit_no": unit.unit_no if unit else "",
            "unit": unit.name if unit else "",
            "place": card.place,
            "device_no": card.device_no,
            "at": last.at if last else None,
        }


def card(request: HttpRequest, sam_no: str) -> HttpResponse:
    """One card: what it is, what may be done with it now, and its whole life; or the same as of another moment."""
    found = cards_of(acting(request)).filter(sam_no=sam_no.upper()).first()
    if found is None:
        raise NotYours()
    form = AsOf(request.GET if request.GET else None)
    moment, known_at = form.asked()
    period = card_as_of(found, moment or timezone.now(), known_at=known_at) if form.on else None
    return render(
        request,
        "registry/card.html",
        {
            "card": found,
            "form": form,
            "period": period,
            "held": period if form.on else found,
            "events": _events(found, known_at),
            "moment": moment,
            "moves": [] if form.on else _moves(found),
            "may_report": acting(request).role in REPORTERS and found.state in USABLE,
        },
    )


def _events(card: Card, known_at: int | None) -> QuerySet[CardEvent]:
    """The card's events, newest first, as far as the record had got."""
    events = card.events.select_related("actor").order_by("-ledger_seq")
    return events if known_at is None else events.filter(ledger_seq__lte=known_at)


def _moves(card: Card) -> list[dict[str, str]]:
    """What the lifecycle allows now, and whose part it is."""
    return [
        {"label": move.label, "by": "、".join(PART_WORDS[part] for part in Part if part in parts(card.state, move))}
        for move in allowed(card.state)
    ]
