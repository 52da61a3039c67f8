"""The record as a page: its entries, its newest signed checkpoint, and how anyone can check both."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from samkeeper.errors import NotYours
from samkeeper.ledger.models import Entry
from samkeeper.ledger.queries import newest_checkpoint
from samkeeper.parties.access import acting
from samkeeper.parties.models import Account, Role
from samkeeper.registry.queries import cards_of
from samkeeper.site.readable import facts_of

ROWS_A_PAGE = 50


def entries_of(account: Account) -> QuerySet[Entry]:
    """An auditor sees the whole record, anyone else what concerns their cards."""
    if account.role == Role.AUDITOR:
        return Entry.objects.all()
    return Entry.objects.filter(subject__in=cards_of(account).order_by().values("sam_no"))


def entries(request: HttpRequest) -> HttpResponse:
    """The record, newest first."""
    account = acting(request)
    listed = entries_of(account).order_by("-seq")
    if subject := request.GET.get("subject", ""):
        listed = listed.filter(subject=subject)
    signed = newest_checkpoint()
    return render(
        request,
        "site/record.html",
        {
            "page": Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page")),
            "subject": subject,
            "signed": signed,
            "line": signed.line().decode() if signed else "",
            "whole": account.role == Role.AUDITOR,
        },
    )


def entry(request: HttpRequest, seq: int) -> HttpResponse:
    """One entry: in words, and as the bytes that the tree holds."""
    account = acting(request)
    found = entries_of(account).filter(seq=seq).first()
    if found is None:
        raise NotYours()
    return render(
        request,
        "site/entry.html",
        {
            "entry": found,
            "facts": facts_of(found),
            "line": found.line().decode(),
            "card": cards_of(account).filter(sam_no=found.subject).first(),
        },
    )
