"""关于加强揭阳市社会保障PSAM卡规范管理的通知 二、第四款: a PSAM card is lost."""

from __future__ import annotations

import pytest

from samkeeper.casework.progress import progress
from samkeeper.casework.rows import wanted_papers
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import Case as CaseKind
from tests.paths.told import Told

pytestmark = pytest.mark.django_db

CLAUSE = "关于加强揭阳市社会保障PSAM卡规范管理的通知 二、申领发放流程 第四款"


@pytest.fixture
def jieyang() -> Told:
    return Told("jieyang")


def test_the_unit_reports_what_happened_and_needs_no_form_of_beijing(jieyang: Told) -> None:
    jieyang.open(CaseKind.LOSS, jieyang.card, happened_at=jieyang.now)
    assert {need.form for need in wanted_papers(progress(jieyang.case))} >= {Form.LOSS_STATEMENT}
    assert all(need.copies == 1 for need in wanted_papers(progress(jieyang.case)))


def test_what_the_unit_wrote_is_the_statement(jieyang: Told) -> None:
    jieyang.open(CaseKind.LOSS, jieyang.card, happened_at=jieyang.now, statement="在收费窗口遗失。")
    assert Form.LOSS_STATEMENT not in {need.form for need in wanted_papers(progress(jieyang.case))}


def test_the_text_knows_no_spare(jieyang: Told) -> None:
    jieyang.open(CaseKind.LOSS, jieyang.card, happened_at=jieyang.now, spare=jieyang.spare)
    assert jieyang.states() == ("suspended", "issued")


def test_the_bureau_cancels_once_the_papers_are_there(jieyang: Told) -> None:
    jieyang.open(CaseKind.LOSS, jieyang.card, happened_at=jieyang.now)
    jieyang.make("cancel")
    assert CLAUSE in jieyang.refusals[0]
    jieyang.hand_over_papers()
    jieyang.make("cancel")
    assert jieyang.moves[-1] == ("cancel", CLAUSE)
    assert jieyang.states()[0] == "cancelled"
