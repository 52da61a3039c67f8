"""北京市社会保障PSAM卡管理试行办法实施细则 第八条: a PSAM card is lost."""

from __future__ import annotations

import pytest

from samkeeper.casework import actions
from samkeeper.casework.models import Stage as CaseStage
from samkeeper.casework.progress import progress
from samkeeper.casework.rows import wanted_papers
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import Case as CaseKind
from tests.paths.told import Told

pytestmark = pytest.mark.django_db

BOOK = "北京市社会保障PSAM卡管理试行办法实施细则"


@pytest.fixture
def reported() -> Told:
    beijing = Told("beijing")
    beijing.open(CaseKind.LOSS, beijing.card, happened_at=beijing.now, spare=beijing.spare)
    return beijing


def test_item_1_the_spare_goes_into_service_at_once_in_the_lost_cards_place(reported: Told) -> None:
    assert (BOOK + " 第八条（一）", "bind") in [(clause, move) for move, clause in reported.moves]
    assert reported.states() == ("suspended", "in_service")
    assert reported.spare.place == "1号窗口"


def test_between_report_and_acceptance_the_card_is_suspended_by_our_own_rule(reported: Told) -> None:
    assert reported.moves[0] == ("suspend", "本系统规则 报失即挂失")
    assert reported.states()[0] == "suspended"
    assert not reported.card.standing.void


def test_item_2_asks_for_form_2_signed_sealed_complete_in_two_copies(reported: Told) -> None:
    (need,) = wanted_papers(progress(reported.case))
    assert (need.form, need.copies, need.signed, need.sealed, need.complete) == (Form.CANCELLATION, 2, True, True, True)
    assert need.title == "《北京市社会保障PSAM卡注销表》（表2）"


def test_item_3_is_refused_before_the_papers_are_there(reported: Told) -> None:
    reported.make("cancel")
    assert reported.states()[0] == "suspended"
    assert "第八条（二）" in reported.refusals[0]
    assert "一式2份" in reported.refusals[0]


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        ({"copies": 1, "signed": True, "sealed": True, "complete": True}, "只收到1份"),
        ({"copies": 2, "signed": False, "sealed": True, "complete": True}, "没有签字"),
        ({"copies": 2, "signed": True, "sealed": False, "complete": True}, "没有盖章"),
        ({"copies": 2, "signed": True, "sealed": True, "complete": False}, "填写不完整"),
    ],
)
def test_item_2_a_faulty_paper_is_named_and_does_not_cancel(
    reported: Told, shown: dict[str, bool | int], missing: str
) -> None:
    paper = actions.Shown(form=Form.CANCELLATION, **shown)
    actions.take_papers(reported.case, [paper], by=reported.officer, at=reported.now)
    reported.make("cancel")
    assert missing in reported.refusals[0]
    assert reported.states()[0] == "suspended"


def test_item_3_the_outlet_cancels_to_the_second_of_its_act(reported: Told) -> None:
    reported.wait(days=1, seconds=7)
    reported.hand_over_papers()
    reported.make("cancel")
    assert reported.moves[-1] == ("cancel", BOOK + " 第八条（三）")
    assert reported.card.events.last().at == reported.now
    assert reported.card.events.last().happened_at < reported.now
    assert reported.states() == ("cancelled", "in_service")


def test_without_a_spare_item_1_does_not_apply() -> None:
    beijing = Told("beijing")
    beijing.open(CaseKind.LOSS, beijing.card, happened_at=beijing.now)
    assert beijing.states() == ("suspended", "issued")
    bind = next(task for task in progress(beijing.case).tasks if task.step.does == "bind")
    assert not bind.applies


def test_the_loss_is_reported_upward_as_an_incident_of_its_own(reported: Told) -> None:
    reported.call_incident()
    incident = reported.case.children.get()
    assert incident.kind == CaseKind.INCIDENT
    assert "第二十六条" in reported.lines[-1].clause


def test_the_case_ends_when_everything_is_done(reported: Told) -> None:
    reported.call_incident()
    reported.hand_over_papers()
    reported.make("cancel")
    reported.case.refresh_from_db()
    assert reported.case.stage == CaseStage.DONE
    assert reported.case.closed_at == reported.now
