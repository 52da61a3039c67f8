"""Who acts in a request."""

from __future__ import annotations

from django.http import HttpRequest

from samkeeper.parties.models import Account


def acting(request: HttpRequest) -> Account:
    """The account that signed in. Every page but a few asks for a sign-in first, so there is one."""
    if not isinstance(request.user, Account):
        raise TypeError("a page without a sign-in asked who acts")
    return request.user
