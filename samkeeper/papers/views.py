"""The page behind a paper's code, and files handed out so that no browser runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from samkeeper.errors import NotYours
from samkeeper.papers import store
from samkeeper.papers.models import Attachment, IssuedPaper
from samkeeper.papers.queries import answer
from samkeeper.parties.models import Account

Kept = TypeVar("Kept", Attachment, IssuedPaper)


@login_not_required
@never_cache
@require_safe
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """What a paper is, for whoever holds it; every token that is none of ours gets the same answer."""
    found = answer(token)
    response = render(request, "papers/verify.html", {"answer": found}, status=200 if found else 404)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def hand_out(kept: Kept, account: Account, *, may: Callable[[Account, Kept], bool]) -> HttpResponse:
    """A kept file as a download. `may`: the caller's own rule of whose it is. Raises `NotYours` where it says no.

    A browser is told to save it, not to guess at its kind, and to run nothing of it if it shows it all the same.
    """
    if not may(account, kept):
        raise NotYours
    response = HttpResponse(store.read(kept.sha256), content_type=kept.media_type)
    response["Content-Disposition"] = content_disposition_header(True, kept.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
