"""The lost card under two laws: the same code, other steps, other papers."""

from __future__ import annotations

import pytest

from samkeeper.errors import Refused
from samkeeper.lifecycle import Part, Reason
from samkeeper.rules.book import Procedure, library
from samkeeper.rules.evidence import Form
from samkeeper.rules.facts import Facts, Paper
from samkeeper.rules.warrant import Basis, BasisKind, Unmet, Warrant, missing, outstanding, warrant

CASE = Basis(BasisKind.CASE, "2024-0001")
FORM_2 = Paper(form=Form.CANCELLATION, copies=2, signed=True, sealed=True, complete=True)
PLAN = Paper(form=Form.EMERGENCY_PLAN)


def loss(book: str) -> Procedure:
    return library()[book].procedure("loss")


def test_beijing_loss_is_worked_in_the_order_of_the_text() -> None:
    assert [(step.clause.short, step.does) for step in loss("beijing").steps] == [
        ("报失即挂失", "suspend"),
        ("第八条（一）", "bind"),
        ("第八条（二）", None),
        ("第八条（三）", "cancel"),
        ("第二十六条", None),
    ]


def test_jieyang_loss_starts_no_spare_and_asks_for_a_statement() -> None:
    steps = loss("jieyang").steps
    assert [step.does for step in steps] == ["suspend", None, "cancel", None]
    assert steps[1].clause.short == "二、申领发放流程 第四款"
    assert steps[2].part is Part.DESK


def test_same_facts_under_two_books_get_two_answers() -> None:
    facts = Facts(papers=(FORM_2,))
    beijing, jieyang = loss("beijing"), loss("jieyang")
    assert warrant(beijing, beijing.making("cancel"), facts, basis=CASE).move == "cancel"
    with pytest.raises(Unmet, match="丢失情况说明") as refused:
        warrant(jieyang, jieyang.making("cancel"), facts, basis=CASE)
    assert refused.value.clause == "关于加强揭阳市社会保障PSAM卡规范管理的通知 二、申领发放流程 第四款"


def test_cancelling_needs_the_papers_of_the_item_before() -> None:
    procedure = loss("beijing")
    with pytest.raises(Unmet) as refused:
        warrant(procedure, procedure.making("cancel"), Facts(), basis=CASE)
    assert refused.value.clause == "北京市社会保障PSAM卡管理试行办法实施细则 第八条（二）"
    assert refused.value.message == "请提交签字、盖章、填写完整的《北京市社会保障PSAM卡注销表》（表2）一式2份。"


def test_suspending_needs_nothing_at_all() -> None:
    procedure = loss("beijing")
    given = warrant(procedure, procedure.making("suspend"), Facts(), basis=CASE)
    assert given.is_house
    assert str(given.clause).startswith("本系统规则")
    assert given.reason is Reason.LOST


def test_spare_step_does_not_apply_without_a_spare() -> None:
    procedure = loss("beijing")
    spare = procedure.making("bind")
    with pytest.raises(Refused, match="仅单位有备用卡时适用"):
        warrant(procedure, spare, Facts(), basis=CASE)
    assert warrant(procedure, spare, Facts(spare=True), basis=CASE).card == "spare"


def test_incomplete_paper_says_what_it_lacks() -> None:
    paper = Paper(form=Form.CANCELLATION, copies=1, signed=True, complete=True)
    (unmet,) = missing(loss("beijing").step("第八条（二）"), Facts(papers=(paper,)))
    assert "只收到1份" in unmet.message
    assert "没有盖章" in unmet.message
    assert "没有签字" not in unmet.message


def test_loss_opens_the_incident_that_is_reported_upward() -> None:
    for name in ("beijing", "jieyang"):
        assert loss(name).steps[-1].opens == "incident"
        (unmet, *_) = outstanding(library()[name].procedure("incident"), Facts(papers=(PLAN,)))
        assert unmet.message == "请立即向上级人力资源社会保障部门和人力资源社会保障部报告。"
        assert unmet.clause == "“中华人民共和国社会保障卡”管理办法 第二十六条"


def test_health_loss_opens_no_incident_but_puts_the_number_on_the_blacklist() -> None:
    assert [step.clause.short for step in loss("health").steps][-1] == "第十七条第二款"
    assert all(step.opens is None for step in loss("health").steps)


def test_theft_is_worked_as_loss_and_says_that_it_is_a_reading() -> None:
    procedure = library()["beijing"].procedure("theft")
    assert procedure.by_reading
    assert procedure.making("cancel").reason is Reason.STOLEN
    assert procedure.making("cancel").by_reading


def test_second_officer_is_asked_for_where_the_authority_switches_it_on() -> None:
    procedure = library()["beijing"].procedure("loss", {"second_officer_cancel": True})
    facts = Facts(papers=(FORM_2,))
    with pytest.raises(Unmet, match="复核人") as refused:
        warrant(procedure, procedure.making("cancel"), facts, basis=CASE)
    assert refused.value.clause == "本系统规则 注销复核"


def test_warrant_cannot_be_made_by_hand() -> None:
    procedure = loss("beijing")
    given = warrant(procedure, procedure.making("suspend"), Facts(), basis=CASE)
    fields = {name: getattr(given, name) for name in Warrant.__slots__}
    with pytest.raises(TypeError):
        Warrant(**fields, seal=None)
