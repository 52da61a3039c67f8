"""The papers of a case come off the printer filled, numbered once accepted, and only for those who may see the case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from samkeeper.casework import actions
from samkeeper.casework.models import Case
from samkeeper.casework.printing import filled, printable
from samkeeper.casework.progress import progress
from samkeeper.papers.facts import Cancellation
from samkeeper.papers.models import IssuedPaper
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import Case as CaseKind
from tests.office import Office, add_card, stand_up

pytestmark = pytest.mark.django_db

# With microseconds, as a real clock has them.
NOW = datetime(2026, 4, 1, 2, 3, 4, 567890, tzinfo=UTC)
GOOD = actions.Shown(form=Form.CANCELLATION, copies=2, signed=True, sealed=True, complete=True)


@pytest.fixture
def office() -> Office:
    return stand_up()


@pytest.fixture
def case(office: Office) -> Case:
    card = add_card(office.unit, "110100000001", place="急诊收费1号窗口")
    request = actions.Request(kind=CaseKind.LOSS, cards=(card,), happened_at=NOW)
    return actions.open_case(request, by=office.accounts["custodian"], at=NOW)


def told(case: Case) -> Cancellation:
    case.refresh_from_db()
    _, facts = filled(progress(case), Form.CANCELLATION)
    assert isinstance(facts, Cancellation)
    return facts


def test_form_is_filled_from_the_register(office: Office, case: Case) -> None:
    assert printable(progress(case)) == [Form.CANCELLATION]
    assert told(case).unit.name == office.unit.name
    assert [(line.number, line.place, line.reason) for line in told(case).cards] == [
        ("110100000001", "急诊收费1号窗口", "lost")
    ]


def test_number_is_given_once_when_the_form_is_accepted(office: Office, case: Case) -> None:
    assert told(case).number == ""
    for _ in range(2):
        actions.take_papers(case, [GOOD], by=office.accounts["officer"], at=NOW)
    assert told(case).number == "110100-表2-2026-000001"


def test_moment_of_the_act_stands_on_the_form(office: Office, case: Case) -> None:
    officer = office.accounts["officer"]
    actions.take_papers(case, [GOOD], by=officer, at=NOW)
    key = next(task.step.key for task in progress(case).tasks if task.step.does == "cancel")
    actions.act(case, key, by=officer, at=NOW)
    assert told(case).cancelled_at == NOW


def test_paper_is_handed_out_as_pdf_and_its_code_answers(office: Office, case: Case) -> None:
    client = Client()
    client.force_login(office.accounts["custodian"])
    answer = client.post(f"/cases/{case.no}/print/cancellation/")
    assert answer.content.startswith(b"%PDF")
    token = IssuedPaper.objects.get().token
    assert "注销表" in Client().get(f"/verify/{token}/").content.decode()


@pytest.mark.parametrize("form", ["application", "nonsense", "undertaking"])
def test_paper_that_the_case_does_not_ask_for_is_not_found(office: Office, case: Case, form: str) -> None:
    client = Client()
    client.force_login(office.accounts["custodian"])
    assert client.post(f"/cases/{case.no}/print/{form}/").status_code == 404
