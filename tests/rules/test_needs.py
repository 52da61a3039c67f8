"""Each need is met by what meets it and by nothing less; what is not known is asked for, never guessed."""

from __future__ import annotations

import pytest

from samkeeper.errors import Refused
from samkeeper.rules.book import library
from samkeeper.rules.conditions import holds
from samkeeper.rules.evidence import Body, Form, Qualification
from samkeeper.rules.facts import Facts, Paper
from samkeeper.rules.needs import AgreementNeed, FormNeed, PersonNeed, ReportNeed, UnitKindNeed, VerdictNeed
from samkeeper.rules.warrant import Basis, BasisKind, missing, outstanding, warrant
from samkeeper.rules.words import Agreement, Role, UnitKind, Verdict, When

CASE = Basis(BasisKind.CASE, "1")


@pytest.mark.parametrize(
    ("agreement", "words"),
    [
        (None, "查询协议状态"),
        (Agreement.NOT_IN_FORCE, "协议处于无效状态，不予申领"),
        (Agreement.UNREACHABLE, "暂时无法查询"),
    ],
)
def test_agreement_that_is_not_known_to_be_in_force_is_refused(agreement: Agreement | None, words: str) -> None:
    """beijing 第九条（二）: invalid → refuse; unreachable → say so, never guess."""
    assert words in AgreementNeed(agreement=Agreement.IN_FORCE).lacks(Facts(agreement=agreement))


def test_agreement_in_force_meets_the_need() -> None:
    assert not AgreementNeed(agreement=Agreement.IN_FORCE).lacks(Facts(agreement=Agreement.IN_FORCE))


@pytest.mark.parametrize("verdict", [None, Verdict.SOUND, Verdict.INCONCLUSIVE])
def test_only_a_faulty_verdict_confirms_damage(verdict: Verdict | None) -> None:
    """beijing 第十条（三）"""
    assert VerdictNeed(verdict=Verdict.FAULTY).lacks(Facts(verdict=verdict))
    assert not VerdictNeed(verdict=Verdict.FAULTY).lacks(Facts(verdict=Verdict.FAULTY))


def test_official_seal_is_a_seal_but_a_seal_is_no_official_seal() -> None:
    """health 第十三条第二款 asks for the 公章."""
    official = Facts(papers=(Paper(form=Form.APPLICATION, official_seal=True),))
    plain = Facts(papers=(Paper(form=Form.APPLICATION, sealed=True),))
    assert not FormNeed(form=Form.APPLICATION, sealed=True).lacks(official)
    assert not FormNeed(form=Form.APPLICATION, sealed=True).lacks(plain)
    assert not FormNeed(form=Form.APPLICATION, official_seal=True).lacks(official)
    assert "没有加盖公章" in FormNeed(form=Form.APPLICATION, official_seal=True).lacks(plain)


def test_latest_paper_of_a_form_counts() -> None:
    first, second = Paper(form=Form.CANCELLATION, copies=1), Paper(form=Form.CANCELLATION, copies=2)
    assert not FormNeed(form=Form.CANCELLATION, copies=2).lacks(Facts(papers=(first, second)))
    assert FormNeed(form=Form.CANCELLATION, copies=2).lacks(Facts(papers=(second, first)))


def test_other_persons_must_be_other() -> None:
    need = PersonNeed(person=Role.CHECKER, other_than=(Role.OFFICER,))
    assert "尚缺" in need.lacks(Facts(persons={Role.OFFICER: ("甲",)}))
    assert "不得与经办人为同一人" in need.lacks(Facts(persons={Role.OFFICER: ("甲",), Role.CHECKER: ("甲",)}))
    assert not need.lacks(Facts(persons={Role.OFFICER: ("甲",), Role.CHECKER: ("乙",)}))


def test_two_witnesses_are_two_persons() -> None:
    need = PersonNeed(person=Role.WITNESS, count=2)
    assert need.lacks(Facts(persons={Role.WITNESS: ("甲", "甲")}))
    assert not need.lacks(Facts(persons={Role.WITNESS: ("甲", "乙")}))


def test_theft_is_reported_to_either_centre_an_incident_to_both_bodies() -> None:
    """health 第十七条第五款; national 第二十六条"""
    either = ReportNeed(report=(Body.CENTRE, Body.MINISTRY_CENTRE), any_one=True)
    both = ReportNeed(report=(Body.SUPERIOR, Body.MINISTRY))
    assert not either.lacks(Facts(reports=frozenset({Body.MINISTRY_CENTRE})))
    assert "或" in either.lacks(Facts())
    assert both.lacks(Facts(reports=frozenset({Body.SUPERIOR}))) == "请立即向人力资源社会保障部报告。"
    assert not both.lacks(Facts(reports=frozenset({Body.SUPERIOR, Body.MINISTRY})))


def test_unit_of_unknown_kind_does_not_meet_a_list_of_kinds() -> None:
    need = UnitKindNeed(unit_kind=(UnitKind.COOPERATING_BANK,))
    assert need.lacks(Facts())
    assert need.lacks(Facts(unit_kind=UnitKind.EXTENSION_BODY))
    assert not need.lacks(Facts(unit_kind=UnitKind.COOPERATING_BANK))


@pytest.mark.parametrize("when", [When.OUT_OF_WARRANTY, When.PAST_VALIDITY, When.SELF_BOUGHT, When.DESIGNATED_MEDICAL])
def test_step_applies_while_its_condition_is_not_known(when: When) -> None:
    assert holds(when, Facts())


def test_step_falls_away_when_its_condition_is_known_not_to_hold() -> None:
    """beijing 第十条（四）: nothing is paid inside the warranty; beijing 第九条（二）: only medical institutions."""
    damage, reissue = (library()["beijing"].procedure(case) for case in ("damage", "reissue"))
    fee, agreement = damage.step("第十条（四）"), reissue.step("第九条（二）")
    assert missing(fee, Facts(out_of_warranty=True))
    assert not missing(fee, Facts(out_of_warranty=False))
    assert missing(agreement, Facts(unit_kind=UnitKind.DESIGNATED_MEDICAL))
    assert not missing(agreement, Facts(unit_kind=UnitKind.COOPERATING_BANK))


def test_sound_card_costs_nothing_and_a_faulty_one_is_not_refunded() -> None:
    """beijing 第十条（四） is about cards that are exchanged, beijing 第十二条（三） about those tested sound."""
    fee = library()["beijing"].procedure("damage").step("第十条（四）")
    refund = library()["beijing"].procedure("closure").step("第十二条（三）")
    assert not missing(fee, Facts(verdict=Verdict.SOUND, out_of_warranty=True))
    assert missing(fee, Facts(verdict=Verdict.FAULTY, out_of_warranty=True))
    assert refund.refund == "self_bought"
    assert missing(refund, Facts(self_bought=True))
    assert not missing(refund, Facts(self_bought=True, verdict=Verdict.FAULTY))
    assert not missing(refund, Facts(self_bought=True, verdict=Verdict.SOUND))


def test_psychiatric_card_needs_the_qualification_and_other_cards_do_not() -> None:
    """health 表1"""
    procedure = library()["health"].procedure("application")

    def codes(facts: Facts) -> set[str]:
        return {unmet.code for unmet in outstanding(procedure, facts)}

    assert "need-qualification-psychiatric" in codes(Facts(purpose="psychiatric"))
    assert "need-qualification-psychiatric" not in codes(Facts(purpose="read_only"))
    qualified = Facts(purpose="psychiatric", qualifications=frozenset({Qualification.PSYCHIATRIC}))
    assert "need-qualification-psychiatric" not in codes(qualified)


def test_sound_card_goes_back_and_is_not_cancelled() -> None:
    """beijing 第十条（三）"""
    procedure = library()["beijing"].procedure("damage")
    papers = tuple(
        Paper(form=form, copies=2, signed=True, sealed=True) for form in (Form.APPLICATION, Form.CANCELLATION)
    )
    facts = Facts(papers=papers, card_in_hand=True, checks=frozenset({"manual"}), verdict=Verdict.SOUND)
    assert warrant(procedure, procedure.making("pass_test"), facts, basis=CASE).move == "pass_test"
    with pytest.raises(Refused, match="仅检测确认损坏时适用"):
        warrant(procedure, procedure.making("cancel"), facts, basis=CASE)


def test_inconclusive_test_leads_neither_way() -> None:
    procedure = library()["beijing"].procedure("damage")
    facts = Facts(verdict=Verdict.INCONCLUSIVE)
    with pytest.raises(Refused, match="仅检测无故障时适用"):
        warrant(procedure, procedure.making("pass_test"), facts, basis=CASE)
    assert any("无法判定" in unmet.message for unmet in outstanding(procedure, facts))


def test_step_without_a_move_gives_no_warrant() -> None:
    procedure = library()["beijing"].procedure("loss")
    with pytest.raises(Refused, match="不改变卡的状态"):
        warrant(procedure, procedure.step("第八条（二）"), Facts(), basis=CASE)
