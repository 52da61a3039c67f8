"""Which rows an account may see: each party its own (社会保障卡管理办法 第十五条; 揭阳通知 一)."""

from __future__ import annotations

from django.db.models import Q

from samkeeper.parties.models import Account, Role

DESK_ROLES = (Role.OFFICER, Role.CHECKER, Role.APPROVER, Role.KEEPER)
AUTHORITY_ROLES = (Role.ISSUER, Role.SUPERVISOR, Role.AUDITOR)


def own(account: Account, path: str = "") -> Q:
    """A filter for rows that belong to an institution at `path` ("" for Institution itself, "institution__" …).

    A custodian sees the unit's own, a desk those of the units it serves, an auditor those under the authority.
    """
    if account.role == Role.CUSTODIAN:
        return Q(**{f"{path}id" if path else "id": account.institution_id})
    if account.role in DESK_ROLES:
        return Q(**{f"{path}desk": account.desk_id})
    if account.role in AUTHORITY_ROLES:
        return Q(**{f"{path}desk__authority": account.authority_id})
    return Q(pk__in=[])
