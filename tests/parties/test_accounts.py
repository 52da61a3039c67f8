"""Making accounts: one person, one role, for one body that is registered."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction

from samkeeper.errors import BadInput
from samkeeper.parties.accounts import sign_up
from samkeeper.parties.models import Account, Role
from tests.office import Office, stand_up

pytestmark = pytest.mark.django_db

SECRET = "kahu-2026-only-for-tests"


@pytest.fixture
def office() -> Office:
    return stand_up()


def made(
    username: str = "wangmin", *, name: str = "王敏", role: str = "custodian", body: str = "1101010001"
) -> Account:
    return sign_up(username, name=name, role=role, body=body, password=SECRET)


@pytest.mark.parametrize("role", Role)
def test_each_role_acts_for_its_kind_of_body(office: Office, role: str) -> None:
    bodies = {"custodian": office.unit, **dict.fromkeys(("issuer", "supervisor", "auditor"), office.authority)}
    body = bodies.get(role, office.desk)
    account = made(role=role, body=office.unit.unit_no if body == office.unit else body.name)
    assert account.body == body
    assert authenticate(username="wangmin", password=SECRET) == account


def test_the_password_is_kept_as_a_hash_only(office: Office) -> None:
    assert SECRET not in made().password


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"body": "9999999999"}, "“9999999999”没有登记；请先导入该单位、网点或机构，或核对编码和名称"),
        ({"role": "officer"}, "“1101010001”没有登记"),
        ({"role": "auditor"}, "“1101010001”没有登记"),
        ({"role": "minister", "body": "北京市卡安全服务网点"}, "角色：.*minister.*；请改正后重试"),
        ({"username": ""}, "用户名：.*；请改正后重试"),
        ({"username": "wang min"}, "用户名：.*；请改正后重试"),
        ({"username": "w" * 151}, "用户名：.*150.*；请改正后重试"),
        ({"username": "110101-officer"}, "用户名：已存在一位使用该名字的用户；请改正后重试"),
        ({"name": ""}, "姓名：.*；请改正后重试"),
        ({"name": "王" * 51}, "姓名：.*50.*；请改正后重试"),
    ],
)
def test_what_is_wrong_is_said_and_no_account_made(office: Office, facts: dict[str, str], words: str) -> None:
    before = Account.objects.count()
    with pytest.raises(BadInput, match=words):
        made(**facts)
    assert Account.objects.count() == before


@pytest.mark.parametrize("bodies", [[], ["institution", "desk"], ["desk"], ["authority"]])
def test_the_database_itself_wants_one_body_of_the_right_kind(office: Office, bodies: list[str]) -> None:
    found = {"institution": office.unit, "desk": office.desk, "authority": office.authority}
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(
            username="wangmin", name="王敏", role="custodian", **{body: found[body] for body in bodies}
        )
