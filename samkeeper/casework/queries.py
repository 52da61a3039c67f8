"""Which cases an account may see, and its worklists: 待办, 已办, 我发起."""

from __future__ import annotations

from django.db.models import Q

from samkeeper.casework.models import Case, CaseQuerySet, Stage
from samkeeper.parties.models import Account
from samkeeper.parties.rights import own


def cases_of(account: Account) -> CaseQuerySet:
    """The cases an account may see."""
    mine = Q(authority=account.authority) if account.authority else own(account, "institution__")
    return Case.objects.filter(mine).select_related("institution", "opened_by")


def waiting(account: Account) -> CaseQuerySet:
    """Open cases, the oldest first: what is to be done comes by age."""
    return cases_of(account).filter(stage=Stage.OPEN).order_by("opened_at", "pk")


def handled(account: Account) -> CaseQuerySet:
    """Cases in which this person acted."""
    return cases_of(account).filter(acts__account=account).exclude(opened_by=account).distinct()


def started(account: Account) -> CaseQuerySet:
    """Cases that this person opened."""
    return cases_of(account).filter(opened_by=account)
