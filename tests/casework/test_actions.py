"""A case: whose it is, who may act, what is refused, and that it ends under the text it began with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from samkeeper.casework import actions, texts
from samkeeper.casework.models import Case, KeptBook
from samkeeper.casework.progress import progress
from samkeeper.casework.queries import cases_of, handled, started, waiting
from samkeeper.errors import BadInput, NotYours, Refused
from samkeeper.ledger.models import Entry
from samkeeper.registry.models import Card
from samkeeper.rules.book import library
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import Case as CaseKind
from samkeeper.rules.words import Role
from tests.office import OPENED, Office, add_card, add_unit, stand_up

pytestmark = pytest.mark.django_db

NOW = OPENED + timedelta(days=30)
GOOD = actions.Shown(form=Form.CANCELLATION, copies=2, signed=True, sealed=True, complete=True)


@pytest.fixture
def office() -> Office:
    return stand_up()


@pytest.fixture
def card(office: Office) -> Card:
    return add_card(office.unit, "110100000001")


def report(office: Office, card: Card, at: datetime = NOW, **facts: Any) -> Case:
    request = actions.Request(kind=CaseKind.LOSS, cards=(card,), **facts)
    return actions.open_case(request, by=office.accounts["custodian"], at=at)


def cancel_key(case: Case) -> str:
    return next(task.step.key for task in progress(case).tasks if task.step.does == "cancel")


def test_case_is_numbered_by_year_and_found_by_it(office: Office, card: Card) -> None:
    case = report(office, card)
    assert case.no == f"2026-{case.pk:06d}"
    assert cases_of(office.accounts["officer"]).numbered(case.no) == case


@pytest.mark.parametrize("no", ["2025-000001", "x", "2026-", "2026-９", "2026-000001-1", ""])
def test_wrong_number_finds_nothing(office: Office, card: Card, no: str) -> None:
    report(office, card)
    with pytest.raises(NotYours):
        cases_of(office.accounts["officer"]).numbered(no)


def test_another_units_card_cannot_be_reported(office: Office) -> None:
    other = add_card(add_unit(office.desk, "1101010002", "另一家医院"), "110100000002")
    with pytest.raises(NotYours):
        report(office, other)
    other.refresh_from_db()
    assert other.state == "in_service"


def test_second_report_of_the_same_card_names_the_first_case(office: Office, card: Card) -> None:
    first = report(office, card)
    with pytest.raises(Refused, match=first.no):
        report(office, card)


def test_loss_in_the_future_is_refused_and_nothing_is_taken(office: Office, card: Card) -> None:
    before = Entry.objects.count()
    with pytest.raises(BadInput):
        report(office, card, happened_at=NOW + timedelta(minutes=1))
    assert (Case.objects.count(), Entry.objects.count()) == (0, before)


def test_card_in_service_elsewhere_is_no_spare(office: Office, card: Card) -> None:
    busy = add_card(office.unit, "110100000003")
    with pytest.raises(BadInput, match="备用卡"):
        report(office, card, spare=busy)
    assert not Case.objects.exists()


def test_uninstalled_card_needs_no_spare(office: Office) -> None:
    lost, spare = (add_card(office.unit, f"11010000001{n}", "issued") for n in (1, 2))
    with pytest.raises(BadInput, match="没有装机"):
        report(office, lost, spare=spare)


def test_custodian_neither_takes_papers_nor_cancels(office: Office, card: Card) -> None:
    case, custodian = report(office, card), office.accounts["custodian"]
    with pytest.raises(Refused):
        actions.take_papers(case, [GOOD], by=custodian, at=NOW)
    with pytest.raises(Refused):
        actions.act(case, cancel_key(case), by=custodian, at=NOW)
    with pytest.raises(Refused):
        actions.sign(case, Role.CHECKER, by=custodian, at=NOW)


def test_desk_of_another_city_does_not_see_the_case(office: Office, card: Card) -> None:
    case = report(office, card)
    elsewhere = stand_up("揭阳市", "445202", unit="揭阳医院").accounts["officer"]
    with pytest.raises(NotYours):
        actions.take_papers(case, [GOOD], by=elsewhere, at=NOW)


def test_stale_page_is_refused_and_says_so(office: Office, card: Card) -> None:
    case = report(office, card)
    seen = actions.version(case)
    actions.take_papers(case, [GOOD], by=office.accounts["officer"], at=NOW, seen=seen)
    with pytest.raises(Refused, match="变动") as refusal:
        actions.act(case, cancel_key(case), by=office.accounts["officer"], at=NOW, seen=seen)
    assert refusal.value.code == "stale"


def test_step_is_done_once(office: Office, card: Card) -> None:
    case, officer = report(office, card), office.accounts["officer"]
    actions.take_papers(case, [GOOD], by=officer, at=NOW)
    actions.act(case, cancel_key(case), by=officer, at=NOW)
    with pytest.raises(Refused, match="办理") as refusal:
        actions.act(case, cancel_key(case), by=officer, at=NOW)
    assert refusal.value.code == "done"


def test_unknown_showing_is_refused(office: Office, card: Card) -> None:
    case = report(office, card)
    with pytest.raises(BadInput):
        actions.show(case, "report", "nobody", by=office.accounts["officer"], at=NOW)


class TestSecondOfficer:
    """House rule 注销复核, where the authority switches it on."""

    @pytest.fixture
    def case(self, office: Office, card: Card) -> Case:
        office.authority.house_settings = {"second_officer_cancel": True}
        office.authority.save()
        case = report(office, card)
        actions.take_papers(case, [GOOD], by=office.accounts["officer"], at=NOW)
        return case

    def test_cancelling_waits_for_the_checker(self, office: Office, case: Case) -> None:
        with pytest.raises(Refused, match="复核") as refusal:
            actions.act(case, cancel_key(case), by=office.accounts["officer"], at=NOW)
        assert refusal.value.clause == "本系统规则 注销复核"

    def test_checker_opens_the_way(self, office: Office, case: Case) -> None:
        actions.sign(case, Role.CHECKER, by=office.accounts["checker"], at=NOW)
        actions.act(case, cancel_key(case), by=office.accounts["officer"], at=NOW)
        assert case.card().state == "cancelled"

    def test_setting_changed_meanwhile_does_not_reach_an_open_case(self, office: Office, case: Case) -> None:
        office.authority.house_settings = {}
        office.authority.save()
        with pytest.raises(Refused, match="复核"):
            actions.act(case, cancel_key(case), by=office.accounts["officer"], at=NOW)


class TestTexts:
    """A case ends under the words it began with."""

    def test_every_text_of_the_chain_is_kept_once(self, office: Office, card: Card) -> None:
        report(office, card)
        report(office, add_card(office.unit, "110100000004"))
        assert {kept.sha256 for kept in KeptBook.objects.all()} == {
            text.sha256 for text in library()["beijing"].chain()
        }

    def test_changed_library_does_not_change_an_open_case(
        self, office: Office, card: Card, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = report(office, card)
        began_with = [task.step.text for task in progress(case).tasks]
        monkeypatch.setattr(texts, "library", lambda: {})
        assert [task.step.text for task in progress(case).tasks] == began_with
        assert texts.book_of(case).sha256 == library()["beijing"].sha256


def test_worklists_show_each_what_is_theirs(office: Office, card: Card) -> None:
    case = report(office, card)
    custodian, officer = office.accounts["custodian"], office.accounts["officer"]
    actions.take_papers(case, [GOOD], by=officer, at=NOW)
    actions.act(case, cancel_key(case), by=officer, at=NOW)
    assert list(started(custodian)) == [case]
    assert list(waiting(officer)) == [case]
    assert list(handled(officer)) == [case]
    assert list(started(officer)) == []


def test_statement_stays_out_of_the_record(office: Office, card: Card) -> None:
    report(office, card, statement="王小明在三楼遗失")
    assert not [entry for entry in Entry.objects.all() if "王小明" in str(entry.body)]
    opened = Entry.objects.get(kind="case:open")
    assert opened.body["statement"] == Case.objects.get().statement_commitment


def test_found_card_ends_the_report_and_is_resumed_by_two(office: Office, card: Card) -> None:
    lost = report(office, card)
    asked = actions.Request(kind=CaseKind.FOUND, cards=(card,), place="1号窗口")
    found = actions.open_case(asked, by=office.accounts["custodian"], at=NOW)
    lost.refresh_from_db()
    assert lost.stage == "withdrawn"
    officer = office.accounts["officer"]
    resume = next(task.step.key for task in progress(found).tasks if task.step.does == "resume")
    with pytest.raises(Refused):
        actions.act(found, resume, by=officer, at=NOW)
    for need, word in (("card_in_hand", "true"), ("record", "found_report")):
        actions.show(found, need, word, by=officer, at=NOW)
    actions.sign(found, Role.CHECKER, by=office.accounts["checker"], at=NOW)
    actions.act(found, resume, by=officer, at=NOW)
    card.refresh_from_db()
    assert card.state == "issued"
