"""Pages of the register: the list of cards, its export, and one card's life."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from samkeeper.errors import NotYours
from samkeeper.lifecycle import STATES, Part, allowed, parts
from samkeeper.parties.access import acting
from samkeeper.parties.areas import area_name
from samkeeper.parties.models import Role
from samkeeper.registry.forms import AsOf
from samkeeper.registry.listing import COLUMNS, SORTS, USUAL_COLUMNS, Asked
from samkeeper.registry.models import Card, CardEvent
from samkeeper.registry.queries import USABLE, card_as_of, cards_of, counts_by_state
from samkeeper.registry.tables import as_csv, as_workbook
from samkeeper.registry.units import institutions_of

ROWS_A_PAGE = 50
CHOSEN = "card-columns"
REPORTERS = (Role.CUSTODIAN, Role.OFFICER)

PART_WORDS = {Part.ISSUER: "发卡机构", Part.DESK: "卡安全服务网点", Part.INSTITUTION: "使用单位"}


def cards(request: HttpRequest) -> HttpResponse:
    """The cards an account may see, filtered, sorted, a page at a time, in the columns that were chosen."""
    asked, account = Asked.of(request.GET), acting(request)
    own = cards_of(account)
    counts = counts_by_state(asked.narrow(own))
    shown = request.session.get(CHOSEN, USUAL_COLUMNS)
    return render(
        request,
        "registry/cards.html",
        {
            "page": Paginator(asked.listed(own), ROWS_A_PAGE).get_page(request.GET.get("page")),
            "filters": asked,
            "states": [
                (code, state.label, counts.get(code, 0))
                for code, state in STATES.items()
                if code in counts or code == asked.state
            ],
            "areas": _areas(own),
            "unit": institutions_of(account).filter(unit_no=asked.unit).first(),
            "columns": [(key, label, key in SORTS) for key, label in COLUMNS.items() if key in shown],
            "choosable": [(key, label, key in shown) for key, label in COLUMNS.items()],
        },
    )


def _areas(cards: QuerySet[Card]) -> list[tuple[str, str, int]]:
    """Where the units of `cards` lie, with how many cards; nothing to choose where it is one place only."""
    counted = cards.exclude(institution=None).order_by().values_list("institution__area_code").annotate(Count("id"))
    found = [(code, area_name(code), count) for code, count in sorted(counted)]
    return found if len(found) > 1 else []


@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep which columns the list shows, and go back to the same list."""
    request.session[CHOSEN] = [key for key in COLUMNS if key in request.POST.getlist("column")]
    return redirect(f"{reverse('registry:cards')}?{QueryDict(request.POST.get('query', '')).urlencode()}")


def export(request: HttpRequest, form: str) -> StreamingHttpResponse | FileResponse:
    """Exactly the cards that the list shows under the same filters, in the same order, as CSV or as a workbook."""
    asked, account, now = Asked.of(request.GET), acting(request), timezone.localtime()
    listed = asked.listed(cards_of(account))
    name = f"cards-{now:%Y%m%d-%H%M%S}.{form}"
    if form == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(as_csv(listed), content_type="text/csv; charset=utf-8", headers=headers)
    about = {**asked.words(), "导出人": account.name, "导出时间": f"{now:%Y-%m-%d %H:%M:%S}"}
    return FileResponse(as_workbook(listed, about), as_attachment=True, filename=name)


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
