"""Pages of the using units: who they are and how their cards stand."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from samkeeper.errors import NotYours
from samkeeper.parties.access import acting
from samkeeper.parties.areas import area_name
from samkeeper.parties.models import Account, Institution, Role
from samkeeper.parties.rights import own
from samkeeper.registry.models import Card
from samkeeper.registry.queries import USABLE, counts_by_state
from samkeeper.rules.words import UnitKind

ROWS_A_PAGE = 50


def institutions_of(account: Account) -> QuerySet[Institution]:
    """The units an account may see."""
    return Institution.objects.filter(own(account)).select_related("desk__authority")


def with_spares(units: QuerySet[Institution]) -> QuerySet[Institution]:
    """Each with `usable`, its usable cards, and `spare`, how many of them are above its windows (北京细则 第五条)."""
    usable = Card.objects.filter(institution=OuterRef("pk"), state__in=USABLE).order_by().values("institution")
    counted = Coalesce(Subquery(usable.annotate(count=Count("id")).values("count")), 0)
    return units.annotate(usable=counted).annotate(spare=F("usable") - F("windows"))


def institutions(request: HttpRequest) -> HttpResponse:
    """The units an account may see; a custodian is led straight to the one that is theirs."""
    account = acting(request)
    if account.role == Role.CUSTODIAN and account.institution:
        return redirect("registry:institution", account.institution.unit_no)
    text, kind = " ".join(request.GET.get("q", "").split()), request.GET.get("kind", "")
    found = institutions_of(account).filter(named(text))
    kinds = found.order_by().values_list("kind").annotate(Count("id"))
    listed = with_spares(found.filter(kind=kind) if kind else found)
    return render(
        request,
        "registry/institutions.html",
        {
            "page": Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page")),
            "text": text,
            "kind": kind,
            "kinds": [(code, UnitKind(code).label, count) for code, count in sorted(kinds)],
        },
    )


def named(text: str) -> Q:
    """Units whose name, number or address contains `text`."""
    return Q(name__contains=text) | Q(unit_no__contains=text.upper()) | Q(address__contains=text)


def institution(request: HttpRequest, unit_no: str) -> HttpResponse:
    """One unit: who it is, who keeps its cards, and how its cards stand."""
    unit = with_spares(institutions_of(acting(request))).filter(unit_no=unit_no).first()
    if unit is None:
        raise NotYours()
    return render(
        request,
        "registry/institution.html",
        {
            "unit": unit,
            "area": area_name(unit.area_code),
            "custodian": unit.custodians.filter(until=None).first(),
            "states": counts_by_state(Card.objects.filter(institution=unit)),
        },
    )
