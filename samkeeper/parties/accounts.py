"""Making accounts: one person, one role, for one body."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from samkeeper.errors import BadInput
from samkeeper.parties.models import Account, Authority, Desk, Institution, Role
from samkeeper.parties.rights import AUTHORITY_ROLES


@transaction.atomic
def sign_up(username: str, *, name: str, role: str, body: str, password: str) -> Account:
    """Make an account. `body`: the unit's number, or the name of the desk or authority that the role belongs to.

    Raises `BadInput` for a body that is not registered, a user name that is taken or odd, a name that is too long.
    """
    account = Account(username=username, name=name, role=role)
    if role == Role.CUSTODIAN:
        account.institution = Institution.objects.filter(unit_no=body).first()
    elif role in AUTHORITY_ROLES:
        account.authority = Authority.objects.filter(name=body).first()
    else:
        account.desk = Desk.objects.filter(name=body).first()
    if account.body is None:
        raise BadInput(f"“{body}”没有登记", remedy="请先导入该单位、网点或机构，或核对编码和名称")
    account.set_password(password)
    _check(account)
    account.save()
    return account


def _check(account: Account) -> None:
    try:
        account.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        where = getattr(account._meta.get_field(field), "verbose_name", field)
        raise BadInput(messages[0].rstrip("。"), where=str(where), remedy="请改正后重试") from None
